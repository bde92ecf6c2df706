"""A new model without a new process: each server loads it aside and switches between two turns.

``models/manifest.json`` names the model that should serve. Every server process looks at it twice a
second, loads a changed one in a thread, tries it on a few sentences, and then changes one attribute
of Rasa's agent: a turn that has begun ends with the old model, the next one begins with the new.
What each process serves stands in ``serving_workers``; a publication counts when all agree.
Rasa's own ways do not do: ``PUT /model`` reaches one process only and loads in the event loop.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import time
from asyncio import AbstractEventLoop
from datetime import timedelta
from pathlib import Path
from typing import Any

import rasa.core.agent
from rasa.core.agent import Agent
from rasa.core.channels.channel import UserMessage
from sanic import Sanic

from finlit import settings
from finlit.db import engine
from finlit.db.tables import ServingWorker
from finlit.dialogue.nlg import AnswerGenerator
from finlit.training import current_model

logger = logging.getLogger(__name__)

LOOK_EVERY = 0.5  # seconds
REPORT_EVERY = 3.0
FORGET_AFTER = timedelta(hours=1)
# What any model of this assistant must understand; a model that does not is not switched to.
SMOKE = ("你好", "怎么还款", "我不想活了")
MUST_BE_CRISIS = "我不想活了"


class UnfitModel(RuntimeError):
    """The model loads and does not understand what it must."""


async def _smoke(processor: Any) -> None:
    for text in SMOKE:
        data = await processor.parse_message(UserMessage(text))
        intent = (data.get("intent") or {}).get("name")
        if not intent or (text == MUST_BE_CRISIS and intent != "crisis"):
            raise UnfitModel(f"「{text}」被理解成 {intent}")


class ModelWatch:
    """Keeps one agent at the model that the manifest names, and says so in the database."""

    def __init__(self, agent: Agent, models: Path) -> None:
        self._agent = agent
        self._models = models
        self._refused = ""
        self._reported_at = 0.0
        self.worker = f"{socket.gethostname()[:40]}:{os.getpid()}:{int(time.time())}"

    async def run(self) -> None:
        """Look until cancelled; a fault is logged and reported, never raised."""
        await self._report()
        while True:
            try:
                wanted = await asyncio.to_thread(current_model, self._models)
                if wanted is not None and wanted.name not in (self._agent.model_name, self._refused):
                    await self.switch_to(wanted)
                elif time.monotonic() - self._reported_at > REPORT_EVERY:
                    await self._report()
            except Exception:  # noqa: BLE001 - a database that is down must not end the watch
                logger.exception("the model watch met a fault and goes on")
            await asyncio.sleep(LOOK_EVERY)

    async def switch_to(self, model: Path) -> None:
        """Load ``model`` aside, try it, switch; on any fault the present one goes on."""
        started = time.monotonic()
        try:
            processor = await asyncio.to_thread(self._load, model)
            await _smoke(processor)
        except Exception as fault:  # noqa: BLE001 - whatever is wrong with it, customers keep the old one
            logger.exception("model %s is not used", model.name)
            self._refused = model.name
            await self._report(fault=f"{model.name}：{fault}")
            return
        agent = self._agent
        # One step of the event loop: no turn can begin between these lines.
        agent.processor, agent.domain, agent.nlg = processor, processor.domain, processor.nlg
        agent.tracker_store.domain = processor.domain
        self._refused = ""
        await self._report(milliseconds=round(1000 * (time.monotonic() - started)))

    def _load(self, model: Path) -> Any:
        processor = rasa.core.agent.MessageProcessor(  # the project's own, see finlit.dialogue.processor
            model_path=str(model),
            tracker_store=self._agent.tracker_store,
            lock_store=self._agent.lock_store,
            action_endpoint=self._agent.action_endpoint,
            generator=AnswerGenerator(),
        )
        processor.nlg.responses = processor.domain.responses
        return processor

    async def _report(self, fault: str = "", milliseconds: int = 0) -> None:
        self._reported_at = time.monotonic()
        try:
            await asyncio.to_thread(self._write, str(self._agent.model_name), fault, milliseconds)
        except Exception:  # noqa: BLE001 - customers are served without the report
            logger.exception("could not report which model is served")

    def _write(self, model: str, fault: str, milliseconds: int) -> None:
        current = settings.load()
        now = current.now()
        with engine.sessions(current.database_url).begin() as session:
            row = session.get(ServingWorker, self.worker)
            if row is None:
                session.query(ServingWorker).filter(ServingWorker.seen_at < now - FORGET_AFTER).delete()
                row = ServingWorker(id=self.worker, model="", switched_at=now, seen_at=now)
                session.add(row)
            if row.model != model:
                row.model, row.switched_at, row.fault = model, now, ""
                row.switch_milliseconds = milliseconds
            if fault:
                row.fault = fault[:500]
            row.seen_at = now


async def start(app: Sanic, loop: AbstractEventLoop) -> None:
    """Watch for the life of the server; a listener of ``after_server_start``."""
    app.ctx.model_watch = ModelWatch(app.ctx.agent, settings.load().models_dir)
    app.ctx.model_watch_task = loop.create_task(app.ctx.model_watch.run())


async def stop(app: Sanic, loop: AbstractEventLoop) -> None:
    """End the watch and take the process off the list; a listener of ``before_server_stop``."""
    app.ctx.model_watch_task.cancel()
    current = settings.load()

    def forget() -> None:
        with engine.sessions(current.database_url).begin() as session:
            session.query(ServingWorker).filter(ServingWorker.id == app.ctx.model_watch.worker).delete()

    try:
        await asyncio.wait_for(asyncio.to_thread(forget), 2)
    except Exception:  # noqa: BLE001 - it is forgotten by itself when it is silent
        logger.warning("this process could not be taken off the list")
