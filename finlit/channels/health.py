"""``/health``: the process lives. ``/ready``: it can answer, with its model and its databases."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from sanic import Sanic
from sanic.request import Request
from sanic.response import HTTPResponse, json
from sqlalchemy import select

from finlit import settings
from finlit.channels.refusals import NEVER_STORED
from finlit.db import engine, tables

logger = logging.getLogger(__name__)
LONGEST_LOOK = 2.0  # seconds for each database


def _look_at_database() -> None:
    with engine.sessions(settings.load().database_url)() as session:
        session.execute(select(tables.WebMessage.id).limit(1)).first()


async def _works(check: Callable[[], Any], what: str) -> bool:
    try:
        await asyncio.wait_for(check(), LONGEST_LOOK)
    except Exception as error:  # noqa: BLE001 - whatever it is, the answer is "not ready"; the log says why
        logger.warning("not ready: %s: %s", what, type(error).__name__)
        return False
    return True


async def health(request: Request) -> HTTPResponse:
    """Say that the process lives."""
    return json({"alive": True}, headers=NEVER_STORED)


async def state(app: Sanic) -> dict[str, bool]:
    """Return whether the model is loaded and both stores answer."""
    agent: Any = getattr(app.ctx, "agent", None)
    model = agent is not None and agent.is_ready()
    return {
        "model": model,
        "database": await _works(lambda: asyncio.to_thread(_look_at_database), "the database"),
        "conversations": model
        and await _works(lambda: agent.tracker_store.retrieve("web-readiness"), "the conversations"),
    }


async def ready(request: Request) -> HTTPResponse:
    """Say whether this process can answer; 503 when not."""
    found = await state(request.app)
    is_ready = all(found.values())
    return json({"ready": is_ready, **found}, 200 if is_ready else 503, headers=NEVER_STORED)


def install(app: Sanic) -> None:
    """Register both routes on ``app``."""
    app.add_route(health, "/health", methods=["GET"], name="finlit_health")
    app.add_route(ready, "/ready", methods=["GET"], name="finlit_ready")
