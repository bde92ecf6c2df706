from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from finlit import settings as finlit_settings

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.fixture
def settings(tmp_path, monkeypatch):
    """The process's settings with a database of their own, at ten o'clock on 2026-11-23."""
    monkeypatch.setenv("FINLIT_ENV", "test")
    monkeypatch.setenv("FINLIT_NOW", f"{NOW:%Y-%m-%dT%H:%M}")
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'finlit.db'}")
    finlit_settings.load.cache_clear()
    yield finlit_settings.load()
    finlit_settings.load.cache_clear()


@pytest.fixture
def session(settings):
    """A session on a database with the demo customers in it."""
    from finlit.db import demo, engine, tables

    target = engine.engine_for(settings.database_url)
    tables.Base.metadata.create_all(target)
    demo.seed(settings)
    with engine.sessions(settings.database_url)() as opened:
        yield opened
    target.dispose()
