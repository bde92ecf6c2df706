"""The world of one conversation: a database of its own with the demo customers, and a clock that the test moves."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from finlit import settings
from finlit.db import demo, engine, tables

SEED = 1  # the same draw each time, so that a failure can be repeated


def _url(path: Path) -> str:
    return f"sqlite:///{path}"


class World:
    """A clock and a database; ``now_and_here`` puts both in force."""

    def __init__(self, database: Path, now: datetime) -> None:
        self._database = database
        self._now = now

    @contextmanager
    def now_and_here(self) -> Iterator[settings.Settings]:
        """Let everything inside the block see this clock and this database."""
        with settings.overridden(database_url=_url(self._database), fixed_now=self._now, random_seed=SEED) as current:
            yield current

    def wait(self, passed: timedelta) -> None:
        """Move the clock."""
        self._now += passed


class Worlds:
    """Makes worlds: seeds a database once for each moment and copies the file for each conversation."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="finlit-conversations-"))
        self._seeded: dict[datetime, Path] = {}
        self._count = 0

    def close(self) -> None:
        """Remove every database."""
        shutil.rmtree(self._folder, ignore_errors=True)

    @contextmanager
    def world(self, now: datetime) -> Iterator[World]:
        """Yield a new world at ``now``; its database is gone afterwards."""
        self._count += 1
        path = self._folder / f"{self._count}.db"
        shutil.copyfile(self._template(now), path)
        try:
            yield World(path, now)
        finally:
            engine.dispose(_url(path))
            for left in self._folder.glob(f"{path.name}*"):
                left.unlink()

    def _template(self, now: datetime) -> Path:
        if now not in self._seeded:
            path = self._folder / f"seeded-{now:%Y%m%d%H%M}.db"
            with World(path, now).now_and_here() as current:
                tables.Base.metadata.create_all(engine.engine_for(current.database_url))
                demo.seed(current)
                engine.dispose(current.database_url)  # the last connection writes everything into the one file
            self._seeded[now] = path
        return self._seeded[now]
