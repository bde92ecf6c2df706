"""One turn's time with Rasa's SQL tracker store and with ours, on SQLite and (under scripts/with-postgres) PostgreSQL.

``scripts/with-postgres .venv/bin/python -m benchmarks.tracker_store``: the real model and actions in one process,
the same conversation again and again, one store after the other in each round; medians of all rounds, in milliseconds.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import tempfile
import time
import uuid
from collections.abc import Iterator
from typing import Any

from sqlalchemy.engine import make_url

from finlit.cli.quiet import silence

LINES = ("怎么还款", "逾期会上征信吗", "罚息怎么算", "能提前还清吗", "你好")
TURNS, ROUNDS = 40, 3


def stores(folder: str, postgresql: str | None) -> Iterator[tuple[str, Any]]:
    """Yield (name, store) for what is compared."""
    from rasa.core.tracker_store import SQLTrackerStore

    from finlit.dialogue.tracker_store import ConversationStore

    yield "SQLite，原版", SQLTrackerStore(db=f"{folder}/stock.db")
    yield "SQLite，我们的", ConversationStore(url=f"sqlite:///{folder}/ours.db")
    if postgresql:
        at = make_url(postgresql)
        stock = SQLTrackerStore(
            dialect="postgresql", host=at.host, port=at.port, db=at.database, username=at.username, password=at.password
        )
        yield "PostgreSQL，原版", stock
        yield "PostgreSQL，我们的", ConversationStore(url=postgresql)


async def measure(assistant: Any, store: Any) -> list[float]:
    """Return the milliseconds of each turn of one conversation."""
    store.domain = assistant.agent.domain
    assistant.agent.tracker_store = assistant.agent.processor.tracker_store = store
    sender, times = f"web-{uuid.uuid4().hex}", []
    for number in range(TURNS):
        began = time.perf_counter()
        await assistant.turn(LINES[number % len(LINES)], sender)
        times.append(1000 * (time.perf_counter() - began))
    return times


def main() -> None:
    """Measure and print a table."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    silence()
    from finlit import settings
    from finlit.db import engine, tables
    from finlit.dialogue.in_process import Assistant

    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/finlit.db"
        with settings.overridden(database_url=url):
            tables.Base.metadata.create_all(engine.engine_for(url))
            assistant = Assistant()
            memory = assistant.agent.tracker_store
            compared = [("内存", memory), *stores(folder, os.environ.get("FINLIT_TEST_POSTGRES"))]
            found: dict[str, list[list[float]]] = {name: [] for name, _ in compared}
            for _ in range(ROUNDS):
                for name, store in compared:
                    found[name].append(asyncio.run(measure(assistant, store)))
    print("| 对话库 | 前十轮中位数（毫秒） | 最后十轮中位数（毫秒） |\n| --- | --- | --- |")
    for name, rounds in found.items():
        first, last = ([t for times in rounds for t in times[part]] for part in (slice(10), slice(-10, None)))
        print(f"| {name} | {statistics.median(first):.1f} | {statistics.median(last):.1f} |")


if __name__ == "__main__":
    main()
