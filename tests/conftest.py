import os
from datetime import datetime
from zoneinfo import ZoneInfo

import hypothesis
import pytest

from finlit import settings as finlit_settings
from tests.postgresql import empty_postgresql, found

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))

# a case that waits for a busy machine's processor is no failure
hypothesis.settings.register_profile("unhurried", deadline=None)
hypothesis.settings.load_profile("unhurried")
# ``make properties``: as many cases as the goal asks for, whatever they take
hypothesis.settings.register_profile(
    "full", max_examples=10_000, deadline=None, suppress_health_check=list(hypothesis.HealthCheck)
)


def pytest_generate_tests(metafunc):
    """A test marked ``both_engines`` runs on SQLite and on PostgreSQL."""
    if "database_url" in metafunc.fixturenames and metafunc.definition.get_closest_marker("both_engines"):
        metafunc.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture(scope="session")
def postgresql():
    """The address of a throw-away PostgreSQL server (scripts/with-postgres starts it)."""
    return found(os.environ.get("FINLIT_TEST_POSTGRES"))


@pytest.fixture
def database_url(request, tmp_path):
    """The address of an empty database of the test's own; SQLite unless the test asks for both engines."""
    if getattr(request, "param", "sqlite") == "sqlite":
        yield f"sqlite:///{tmp_path / 'finlit.db'}"
        return
    with empty_postgresql(request.getfixturevalue("postgresql")) as url:
        yield url


@pytest.fixture
def settings(database_url, monkeypatch):
    """The process's settings with a database of their own, at ten o'clock on 2026-11-23."""
    monkeypatch.setenv("FINLIT_ENV", "test")
    monkeypatch.setenv("FINLIT_NOW", f"{NOW:%Y-%m-%dT%H:%M}")
    monkeypatch.setenv("DATABASE_URL", database_url)
    finlit_settings.load.cache_clear()
    yield finlit_settings.load()
    from finlit.db import engine

    engine.dispose(database_url)
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
