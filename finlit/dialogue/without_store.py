"""What can be said while a conversation can't be read or stored: help in danger, else an apology.

Nothing of it is stored, and nothing that was said before is known: the message is understood alone.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from typing import Any

from rasa.core.agent import Agent
from rasa.core.channels.channel import UserMessage

from finlit import answers, settings
from finlit.content import facts
from finlit.dialogue import alerts
from finlit.dialogue.outrank_policy import OUTRANKING_INTENTS

logger = logging.getLogger(__name__)

APOLOGY = "utter_conversations_down"
WECHAT = "wechat"
_MOST_REMEMBERED = 1000
_alerted: OrderedDict[tuple[str, str], None] = OrderedDict()  # (conversation, text): pages try again by themselves


def line(agent: Agent | None, name: str, channel: str, **values: str) -> dict[str, Any] | None:
    """Return the answer ``name`` of ``data/`` in the form of ``channel``; None when there is no model."""
    responses = agent.domain.responses.get(name) if agent is not None and agent.domain is not None else None
    if not responses:
        logger.error("there is no answer %s", name)
        return None
    current = settings.load()
    registry = facts.load(current.data_dir / "facts.yml")
    answer = answers.build(responses[0], name, registry, current.now().date(), values)
    return answers.for_wechat(answer, registry) if channel == WECHAT else answers.for_web(answer, registry)


async def reply(agent: Agent | None, text: str, conversation: str, channel: str) -> dict[str, Any] | None:
    """Return what to say to ``text``; never raises, None only when there is no model. Staff hear of danger."""
    intent = await outranking_intent(agent, text)
    if intent is None:
        return line(agent, APOLOGY, channel)
    try:
        await _alert_once(intent, conversation, text, channel)
    except Exception:  # noqa: BLE001 - the help must go out whatever else is broken
        logger.exception("an alert could not be raised while its conversation is down")
    return line(agent, f"utter_{intent}", channel)


async def outranking_intent(agent: Agent | None, text: str) -> str | None:
    """Return the intent of ``text`` when it outranks everything, understood alone; else None. Never raises."""
    try:
        assert agent is not None and agent.processor is not None
        intent = str((await agent.processor.parse_message(UserMessage(text)))["intent"]["name"])
    except Exception:  # noqa: BLE001 - whoever asks has an answer for everything else
        logger.exception("a message could not be understood ahead of its turn")
        return None
    return intent if intent in OUTRANKING_INTENTS else None


async def _alert_once(intent: str, conversation: str, text: str, channel: str) -> None:
    if (conversation, text) in _alerted:
        return
    _alerted[conversation, text] = None
    if len(_alerted) > _MOST_REMEMBERED:
        _alerted.popitem(last=False)
    await asyncio.to_thread(alerts.raise_alert, intent, conversation, channel)
