"""Trying the draft: one question to the draft and to the published model, side by side."""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from flask import Blueprint, render_template, request

from finlit import training
from finlit.console.app import console, draft, editor, needs, note
from finlit.console.models import Busy, ModelFailed, seed_model

pages = Blueprint("trying", __name__)
LONGEST = 500
PATIENCE = 20.0  # seconds until a model that is at work is told to be busy


@pages.get("/try")
@needs("editor")
def show() -> Any:
    """Show the two chats."""
    seed_model(draft(), console().settings)
    inputs = training.inputs_hash(draft().folder)
    stale = training.read_manifest(draft().folder / "models").get("inputs") != inputs
    return render_template("try.html", talk=secrets.token_hex(6), stale=stale)


@pages.post("/try")
@needs("editor")
def ask() -> Any:
    """Return what both models do with a message."""
    body = request.get_json(silent=True) or {}
    text = str(body.get("text", ""))[:LONGEST].strip()
    channel = "wechat" if body.get("channel") == "wechat" else "web"
    if not text:
        return {"fault": "请写一句话。"}
    sender = f"try-{editor().name}-{str(body.get('talk', ''))[:12]}-{channel}"
    note("try", channel)
    here, root, models = draft(), console().settings.root, console().models
    seed_model(here, console().settings)

    def turn(folder: Any) -> dict[str, Any]:
        try:
            return models.ask(folder, "turn", text=text, sender=sender, channel=channel, wait=PATIENCE, timeout=90)
        except Busy:
            return {"fault": "模型正忙（多半在训练），训练完再试。"}
        except ModelFailed as fault:
            return {"fault": str(fault)}

    with ThreadPoolExecutor(2) as pool:
        mine, theirs = pool.map(turn, (here.folder, root))
    return {"draft": mine, "published": theirs}
