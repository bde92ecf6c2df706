"""What a process lacks, told to the supervisor that started it (``finlit.serving.child`` reads it)."""

from __future__ import annotations

import asyncio
import json
import os
from asyncio import AbstractEventLoop

from sanic import Sanic

from finlit.channels import health

LOOK_EVERY = 0.3  # seconds


class Report:
    """Writes to ``pipe`` what the process lacks, whenever that changes, until it is nothing."""

    def __init__(self, pipe: int) -> None:
        self._pipe = pipe

    async def start(self, app: Sanic, loop: AbstractEventLoop) -> None:
        """Begin; a listener of ``after_server_start``."""
        app.add_task(self._tell(app))

    async def _tell(self, app: Sanic) -> None:
        told: dict[str, bool] = {}
        while not told or not all(told.values()):
            found = await health.state(app)
            if found != told:
                told = found
                os.write(self._pipe, json.dumps(found).encode() + b"\n")
            await asyncio.sleep(LOOK_EVERY)
