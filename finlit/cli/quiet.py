"""Keep other people's libraries quiet: called before anything imports Rasa or TensorFlow."""

from __future__ import annotations

import logging
import os
import warnings

from finlit import masked_logs


def silence(level: int = logging.ERROR) -> None:
    """Set log levels before Rasa formats debug messages that nobody reads, mask the rest; switch telemetry off."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("SQLALCHEMY_SILENCE_UBER_WARNING", "1")
    os.environ["RASA_TELEMETRY_ENABLED"] = "false"
    os.environ.setdefault("LOG_LEVEL", logging.getLevelName(level))
    warnings.filterwarnings("ignore")
    logging.captureWarnings(True)  # Rasa and TensorFlow reset the filter; the log level holds
    logging.getLogger().setLevel(level)
    for name in ("rasa", "tensorflow", "matplotlib", "sanic", "apscheduler"):
        logging.getLogger(name).setLevel(level)
    masked_logs.install(level)
