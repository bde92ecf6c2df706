"""Rasa with the project's channels and actions: ``python -m finlit.serving.rasa_server``."""

from __future__ import annotations

import os
import sys

from finlit import service_logs, settings
from finlit.cli.quiet import silence
from finlit.serving import lifeline


def main() -> None:
    """Serve the model in use, and each that follows it, until stopped. Rasa's own HTTP API stays off: it believes any sender."""
    lifeline.watch(sys.argv)
    silence()
    current = settings.load()
    service_logs.begin("assistant", current)
    os.chdir(current.root)
    # A sentence's scores are too small a product to share: a second BLAS thread only spins, and waits for its turn.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    import rasa.core.run
    from rasa.core.utils import AvailableEndpoints

    from finlit.channels import wechat
    from finlit.dialogue.actions_here import ActionsHere, load_actions
    from finlit.dialogue.in_process import latest_model
    from finlit.dialogue.tracker_store import ConversationStore
    from finlit.serving import model_watch

    print(wechat.status(current), flush=True)
    endpoints = AvailableEndpoints.read_endpoints("endpoints.yml")
    endpoints.action = ActionsHere(load_actions())
    endpoints.tracker_store = ConversationStore()  # by its path Rasa would take its memory when the import fails
    rasa.core.run.serve_application(
        model_path=latest_model(current.models_dir),
        endpoints=endpoints,
        credentials="credentials.yml",
        interface=current.host,
        port=current.port,
        enable_api=False,
        server_listeners=[(model_watch.start, "after_server_start"), (model_watch.stop, "before_server_stop")],
    )


if __name__ == "__main__":
    main()
