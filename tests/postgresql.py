"""PostgreSQL for tests: the shared server, or one of a test file's own to be stopped and killed."""

import os
import shlex
import signal
import subprocess
import uuid
from contextlib import contextmanager

import pytest
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from finlit.settings import PROJECT_ROOT

on_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)  # nothing to show on SQLite
_TELL = 'printf "server|%s|%s\n" "${FINLIT_TEST_POSTGRES:-}" "${FINLIT_TEST_POSTGRES_CTL:-}"; exec sleep infinity'


def found(url):
    """Give ``url`` back; without one the test is skipped by name, in CI it fails."""
    if not url:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(
            "no PostgreSQL here: run under scripts/with-postgres"
        )
    return url


@contextmanager
def empty_postgresql(server_url):
    """Give the address of a database of one's own on the server; it is dropped afterwards."""
    name = f"test_{uuid.uuid4().hex}"
    server = create_engine(server_url, isolation_level="AUTOCOMMIT", future=True, poolclass=NullPool)
    with server.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE template0")
    yield f"{server_url.rpartition('/')[0]}/{name}"
    with server.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    server.dispose()


class Server:
    """A throw-away server that a test may stop."""

    def __init__(self, url, control):
        self.url, self.control = found(url), shlex.split(control)

    def stop(self):
        subprocess.run([*self.control, "stop", "-m", "fast"], check=True, cwd="/")

    def kill(self):
        """End it without a goodbye: connections break in the middle."""
        subprocess.run([*self.control, "stop", "-m", "immediate"], check=True, cwd="/")

    def start(self):
        subprocess.run([*self.control, "start"], check=True, cwd="/", stdout=subprocess.DEVNULL)

    def start_unless_it_runs(self):
        if subprocess.run([*self.control, "status"], capture_output=True, cwd="/").returncode:
            self.start()


@contextmanager
def own_server():
    """Start a server beside the shared one; it is removed afterwards."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("FINLIT_TEST_POSTGRES")}
    script = [PROJECT_ROOT / "scripts" / "with-postgres", "bash", "-c", _TELL]
    process = subprocess.Popen(script, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        said = next((line for line in process.stdout if line.startswith("server|")), "server||")
        yield Server(*said.strip().split("|")[1:])
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)
