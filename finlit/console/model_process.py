"""A model in a process of its own: ``python -m finlit.console.model_process`` in a checkout.

Reads one JSON request a line from standard input and writes one JSON answer a line. It ends when its
standard input does, so a console that is killed leaves nothing behind. The checkout's own code,
content and models are used: the working directory comes first on the import path.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from finlit import settings
from finlit.cli.quiet import silence

RANKING = 5


class Model:
    """The checkout's model, loaded when first needed and again when another one is in use."""

    def __init__(self) -> None:
        self._assistant: Any = None
        self._loaded = ""
        self._has_customers = False

    def _ready(self) -> Any:
        from finlit.dialogue.in_process import Assistant, latest_model

        path = latest_model(settings.load().models_dir)
        if path != self._loaded:
            self._assistant, self._loaded = Assistant(path), path
        return self._assistant

    def parse(self, text: str) -> dict[str, Any]:
        """Return what a fresh conversation would understand."""
        data = asyncio.run(self._ready().parse(text))
        ranking = [[entry["name"], entry["confidence"]] for entry in data.get("intent_ranking") or ()]
        return {"intent": data["intent"]["name"], "ranking": ranking[:RANKING],
                "decision": data.get("decision") or {}, "model": Path(self._loaded).name}  # fmt: skip

    def turn(self, text: str, sender: str, channel: str) -> dict[str, Any]:
        """Play one turn; adds the ranking, the entities and the actions that ran."""
        from rasa.shared.core.events import ActionExecuted, UserUttered

        if not self._has_customers:
            _put_demo_customers_in()
            self._has_customers = True
        assistant = self._ready()
        started = time.perf_counter()
        turn = asyncio.run(assistant.turn(text, sender, channel))
        turn["milliseconds"] = round(1000 * (time.perf_counter() - started), 1)
        tracker = asyncio.run(assistant.agent.tracker_store.get_or_create_tracker(sender))
        data = tracker.latest_message.parse_data if tracker.latest_message else {}
        turn["ranking"] = [[e["name"], e["confidence"]] for e in data.get("intent_ranking") or ()][:RANKING]
        turn["entities"] = [[e.get("entity"), str(e.get("value"))] for e in data.get("entities") or ()]
        actions: list[str] = []
        for event in reversed(tracker.events):
            if isinstance(event, UserUttered):
                break
            if isinstance(event, ActionExecuted) and event.action_name not in ("action_listen", None):
                actions.insert(0, str(event.action_name))
        return {**turn, "actions": actions, "model": Path(self._loaded).name}

    def train(self) -> dict[str, Any]:
        """Train the checkout when its inputs changed."""
        from finlit import training

        started = time.perf_counter()
        trained = training.train(settings.load())
        return {"model": trained.model, "is_new": trained.is_new, "seconds": round(time.perf_counter() - started, 1)}

    def evaluate(self, file: str, rows: str) -> dict[str, Any]:
        """Play a measuring set and write its rows."""
        from finlit.cli.evaluate import measure, read_rows
        from finlit.evaluation.compare import write_rows

        write_rows(Path(rows), asyncio.run(measure(self._ready(), read_rows(Path(file)))))
        return {"model": Path(self._loaded).name}


def _put_demo_customers_in() -> None:
    """Make the database for trying, with the demo customers around today. Raises NotADemoDatabase."""
    from finlit.db import demo, engine, schema

    current = settings.load()
    schema.migrate(engine.engine_for(current.database_url))
    demo.seed(current)


def _answer(model: Model, request: dict[str, Any]) -> dict[str, Any]:
    commands: dict[str, Callable[..., dict[str, Any]]] = {
        "parse": model.parse, "turn": model.turn, "train": model.train, "evaluate": model.evaluate,
    }  # fmt: skip
    try:
        return {"result": commands[request.pop("do")](**request)}
    except Exception as fault:  # noqa: BLE001 - whatever it was, the console shows one line and goes on
        return {"fault": str(fault) or type(fault).__name__}


def main() -> None:
    """Answer requests until standard input ends."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever libraries print must not mix with the answers
    silence()
    model = Model()
    for line in sys.stdin:
        answers.write(json.dumps(_answer(model, json.loads(line)), ensure_ascii=False) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
