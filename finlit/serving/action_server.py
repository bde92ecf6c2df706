"""The custom actions behind HTTP, on this machine only: ``python -m finlit.serving.action_server``."""

from __future__ import annotations

from rasa_sdk.endpoint import create_app

from finlit import settings
from finlit.cli.quiet import silence


def main() -> None:
    """Serve the actions until stopped; stock rasa_sdk would listen on every address."""
    silence()
    current = settings.load()
    app = create_app("actions")
    app.run(host="127.0.0.1", port=current.action_port, access_log=False, motd=False, debug=False)


if __name__ == "__main__":
    main()
