"""Playing one conversation in this process: real model, real actions, a world of its own."""

from __future__ import annotations

import time
import traceback
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from finlit.accounts import last_code
from finlit.accounts.binding import bind_demo_customer
from finlit.conversations import checks
from finlit.conversations.model import TAP, WAIT, WECHAT, Conversation, Failure, Played, Result, Seen, Turn
from finlit.conversations.names import TASKS_SLOT, nearest
from finlit.conversations.world import World, Worlds
from finlit.tasks.progress import entries

RIGHT_CODE, WRONG_CODE = "{验证码}", "{错的验证码}"

if TYPE_CHECKING:  # Rasa is slow to import
    from finlit.dialogue.in_process import Assistant


def sender_of(conversation: Conversation) -> str:
    """Return the conversation's id: the same each time it is played."""
    return f"test-{conversation.where.file}-{conversation.where.line}"


def verify(conversation: Conversation, world: World) -> None:
    """Let the given customer, if any, have proved who they are."""
    if conversation.customer:
        with world.now_and_here():
            bind_demo_customer(sender_of(conversation), conversation.customer)


async def play(conversation: Conversation, assistant: Assistant, worlds: Worlds) -> Result:
    """Play ``conversation`` to its end, past failures; what breaks it becomes the result's ``trouble``."""
    started = time.perf_counter()
    played: list[Played] = []
    last: Seen | None = None  # what the last message brought: its buttons stay on the screen while time passes
    trouble = None
    with worlds.world(conversation.now) as world:
        try:
            verify(conversation, world)
            for each in conversation.turns:
                played.append(await turn(each, conversation, assistant, world, last))
                last = last if each.kind == WAIT else played[-1].seen
        except Exception:  # noqa: BLE001 - one broken conversation must not stop the others
            trouble = traceback.format_exc(limit=-3)
        finally:
            assistant.forget(sender_of(conversation))
    return Result(conversation, tuple(played), time.perf_counter() - started, trouble)


async def turn(
    turn: Turn, conversation: Conversation, assistant: Assistant, world: World, before: Seen | None
) -> Played:
    """Play one turn; ``before`` is what the last message brought."""
    sender = sender_of(conversation)
    if turn.kind == WAIT:
        world.wait(turn.wait)
        await assistant.let_time_pass(sender, turn.wait)
    text, misses = typed(turn, before, conversation.channel == WECHAT)
    with world.now_and_here():
        text = "" if turn.kind == WAIT else with_code(text, sender)
        if turn.kind != WAIT and conversation.channel == WECHAT:
            seen = await _on_the_phone(turn, text, sender, assistant, before)
        else:
            replies = (await assistant.turn(text, sender))["replies"] if turn.kind != WAIT else ()
            seen = _seen(text, replies, sender, await assistant.state(sender), before)
        return Played(turn, seen, (*misses, *(each for check in turn.checks for each in checks.failures(check, seen))))


async def _on_the_phone(turn: Turn, text: str, sender: str, assistant: Assistant, before: Seen | None) -> Seen:
    from finlit.conversations.phone import message, phone_of  # Rasa is slow to import

    shown = await phone_of(assistant).deliver(turn.kind, text, sender)
    state = await assistant.state(sender)
    if shown.messages is None:  # the rest of a long answer: the assistant was not asked
        state |= {"intent": None, "ranking": [], "decision": {}, "actions": [], "forms": []}
    return _seen(text, [message(told) for told in shown.messages or ()], sender, state, before, shown.text)


def with_code(text: str, sender: str) -> str:
    """Return ``text`` with ``{验证码}`` replaced by the code that ``sender`` waits for, ``{错的验证码}`` by another one."""
    if RIGHT_CODE not in text and WRONG_CODE not in text:
        return text
    from finlit.dialogue import verifying  # Rasa is slow to import

    code = last_code.of_conversation(verifying.service(), sender)
    if code is None:
        return text  # what follows shows that none was sent
    return text.replace(RIGHT_CODE, code).replace(WRONG_CODE, f"{(int(code) + 1) % 10 ** len(code):0{len(code)}d}")


def _seen(
    sent: str,
    replies: Sequence[dict[str, Any]],
    sender: str,
    state: dict[str, Any],
    before: Seen | None,
    phone: str | None = None,
) -> Seen:
    return Seen(
        sent=sent,
        replies=tuple(replies),
        conversation=sender,
        phone=phone,
        intent=state["intent"],
        ranking=tuple(state["ranking"]),
        decision=state["decision"],
        slots=_remembered(state["slots"]),
        form=state["form"],
        form_before=before.form if before else None,
        actions=tuple(state["actions"]),
        forms=tuple(state["forms"]),
    )


def _remembered(slots: Mapping[str, Any]) -> dict[str, Any]:
    """Return the slots, and what guided tasks have been told as if each answer were a slot ``<task>_<question>``."""
    answered = {
        f"{entry.task}_{name}": value["code"] if isinstance(value, dict) and "code" in value else value
        for entry in entries(slots.get(TASKS_SLOT))
        for name, value in entry.values.items()
    }
    return {**{name: value for name, value in slots.items() if name != TASKS_SLOT}, **answered}


def typed(turn: Turn, before: Seen | None, numbers: bool) -> tuple[str, tuple[Failure, ...]]:
    """Return what the customer's tap or sentence sends; a button that was not offered is a failure.

    With ``numbers`` (WeChat) a tap on a numbered choice sends its number.
    """
    if turn.kind != TAP:
        return turn.text, ()
    offered = before.buttons if before else ()
    if turn.text not in offered:
        near = nearest(turn.text, offered)
        actual = f"按钮是{checks.listed(offered)}{f'，最像的是「{near}」' if near else ''}"
        return turn.text, (Failure(TAP, turn.where, f"上一条回答有按钮「{turn.text}」", actual),)
    if numbers and before and any(_is_numbered(reply, turn.text) for reply in before.replies):
        number = str(offered.index(turn.text) + 1)
        if f"{number}. {turn.text}" in before.text.splitlines():
            return number, ()
        return number, (Failure(TAP, turn.where, f"屏幕上有「{number}. {turn.text}」", "没有这一行"),)
    return turn.text, ()


def _is_numbered(reply: Mapping[str, Any], title: str) -> bool:
    return bool(reply["custom"].get("numbered")) and any(button["title"] == title for button in reply["buttons"])
