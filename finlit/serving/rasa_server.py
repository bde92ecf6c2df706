"""One process of the assistant, Rasa with the project's channels and actions; ``finlit.serving.supervisor`` starts it."""

from __future__ import annotations

import os
import socket
import sys
from functools import partial
from typing import TYPE_CHECKING

from finlit import service_logs, settings
from finlit.cli.quiet import silence
from finlit.serving import lifeline

if TYPE_CHECKING:
    from sanic import Sanic

SWITCH_EVERY = 0.0005  # seconds; see ``main``
IDLE_FOR = 15  # seconds that a connection is kept for its next request; Sanic looks every 7.5 s, so up to 22.5
BACKLOG = 512  # connections that wait to be taken: a burst of customers is kept waiting, not refused


def main(listening: int, report: int) -> None:
    """Serve the model in use, and each that follows it, until stopped; both are descriptors that we inherited."""
    lifeline.watch(sys.argv)
    silence()
    current = settings.load()
    service_logs.begin("assistant", current)
    os.chdir(current.root)
    # A sentence's scores are too small a product to share: a second BLAS thread only spins, and waits for its turn.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # A thread that holds SQLite's write lock must not wait 5 ms for the interpreter at each of its steps: all write then.
    sys.setswitchinterval(SWITCH_EVERY)
    application(report).run(sock=socket.socket(fileno=listening), backlog=BACKLOG, motd=False, access_log=False)


def application(report: int) -> Sanic:
    """Return what Rasa's own ``serve_application`` runs, without its HTTP API, which believes any sender."""
    from rasa.core import run
    from rasa.core.utils import AvailableEndpoints

    from finlit.dialogue.actions_here import ActionsHere, load_actions
    from finlit.dialogue.in_process import latest_model
    from finlit.dialogue.tracker_store import ConversationStore
    from finlit.serving import model_watch
    from finlit.serving.readiness import Report

    endpoints = AvailableEndpoints.read_endpoints("endpoints.yml")
    endpoints.action = ActionsHere(load_actions())
    endpoints.tracker_store = ConversationStore()  # by its path Rasa would take its memory when the import fails
    channels = run.create_http_input_channels(None, "credentials.yml")
    model = latest_model(settings.load().models_dir)
    listeners = [
        (partial(run.load_agent_on_start, model, endpoints, None), "before_server_start"),
        (model_watch.start, "after_server_start"),
        (Report(report).start, "after_server_start"),
        (model_watch.stop, "before_server_stop"),
        (run.close_resources, "after_server_stop"),
    ]
    return run.configure_app(
        channels,
        enable_api=False,
        endpoints=endpoints,
        server_listeners=listeners,
        keep_alive_timeout=IDLE_FOR,  # here only: Rasa writes its own 120 over what a channel sets
    )


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
