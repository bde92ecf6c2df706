"""Between the wire and the assistant: answers in time where it can, later where it must. Knows nothing of Rasa.

``deliveries`` decides who computes and which way an answer goes; the desk waits, computes, pushes.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from finlit import request_id
from finlit.answers import choice_lines
from finlit.channels.deliveries import NOTHING, Answer, Claim, Contact, Handed, Inbox, Push
from finlit.channels.heart import Heart
from finlit.channels.wechat_api import NOT_PERMITTED, FateUnknown, Unreachable, WeChatApi, WeChatError

logger = logging.getLogger(__name__)

ANSWER_WITHIN = 4.5  # seconds; the platform waits 5
COMPUTE_WITHIN = 60.0
STORE_BACK_WITHIN = 300.0  # seconds for which a store that is busy or gone is tried again: nobody delivers once more
LOOK_AGAIN = 0.1  # seconds between looks at what another process does
PUSH_EVERY = 1.0
FORGET_EVERY = 600.0
BEAT_EVERY = 1.5
WITHOUT_RIGHT_FOR = 600.0  # how long a refused right to push is not tried again
MOST_AT_ONCE = 500
OVERLOADED_FOR = 30  # seconds that people are asked to wait when there are so many
CONTINUE_DIGIT = "1"
CONTINUE = frozenset({CONTINUE_DIGIT, "１", "继续"})

T = TypeVar("T")


async def to_its_end(step: Awaitable[T]) -> T:
    """Wait for ``step`` to end, even when the connection goes meanwhile; CancelledError comes after it."""
    under_way = asyncio.ensure_future(step)
    try:
        return await asyncio.shield(under_way)
    except asyncio.CancelledError:
        await asyncio.wait({under_way})
        raise


async def stored(step: Callable[..., T], *arguments: Any) -> T:
    """Take a step of the store, again while it can't be reached; raises SQLAlchemyError after STORE_BACK_WITHIN."""
    give_up = time.monotonic() + STORE_BACK_WITHIN
    while True:
        try:
            return await asyncio.to_thread(step, *arguments)
        except SQLAlchemyError as error:
            if time.monotonic() > give_up:
                raise
            logger.warning("a step of the store is tried again: %s", type(error).__name__)
            await asyncio.sleep(PUSH_EVERY)


@dataclass(frozen=True)
class Task:
    """One message to be answered; ``begun_elsewhere``: another process may have got as far as the answer."""

    key: str
    conversation: str
    text: str
    contact: Contact
    parse_data: dict[str, Any] | None = None
    begun_elsewhere: bool = False


class Desk:
    """Answers deliveries for one process. ``compute`` asks the assistant, ``line`` gives a sentence of ``data/``.

    ``limit`` counts a message of a conversation and returns how many seconds it comes too early, 0 for none; it
    blocks. ``is_urgent`` says whether a text must be answered all the same.
    """

    def __init__(
        self,
        inbox: Inbox,
        compute: Callable[[Task], Awaitable[Answer]],
        line: Callable[..., str],
        api: WeChatApi | None,
        limit: Callable[[str], int],
        is_urgent: Callable[[str], Awaitable[bool]],
    ) -> None:
        self._inbox = inbox
        self._compute = compute
        self._line = line
        self._api = api  # None: the account has no customer-service messages
        self._limit = limit
        self._is_urgent = is_urgent
        self._heart = Heart(inbox.keep_alive, BEAT_EVERY)
        self._work: dict[str, asyncio.Task[None]] = {}
        self._wake = asyncio.Event()
        self._no_right_until = 0.0

    async def answer(self, task: Task, body_hash: str) -> str:
        """Return the text of the passive reply, empty for none; raises OtherBody."""
        deadline = time.monotonic() + ANSWER_WITHIN
        if len(self._work) >= MOST_AT_ONCE and not await self._comes_first(task):
            return self._line("utter_wechat_slow", seconds=str(OVERLOADED_FOR))
        is_new = await to_its_end(self._receive(task, body_hash))
        handed = await self._wait(task.key, deadline, look_first=not is_new)
        if handed is None:
            return "" if self._may_push() else self._line("utter_wechat_wait")
        if handed.again and await asyncio.to_thread(self._inbox.doubt, task.key):
            self._wake.set()
        return f"{handed.text}\n\n{self._line('utter_wechat_more')}" if handed.more else handed.text

    async def _comes_first(self, task: Task) -> bool:
        """Say whether ``task`` is taken however many there are: one of those, delivered again, or danger."""
        known = task.key in self._work or await asyncio.to_thread(self._inbox.knows, task.key)
        return known or await self._is_urgent(task.text)

    async def _receive(self, task: Task, body_hash: str) -> bool:
        is_new = await asyncio.to_thread(self._inbox.receive, task.key, task.conversation, body_hash, task.contact)
        if task.key not in self._work:
            work = asyncio.create_task(self._see_to(task, is_new))
            self._work[task.key] = work
            work.add_done_callback(lambda _done: self._work.pop(task.key, None))
        return is_new

    async def reply_lost(self, key: str) -> None:
        """Say that the connection was gone before the reply went out."""
        if await asyncio.to_thread(self._inbox.doubt, key):
            self._wake.set()

    async def run(self) -> None:
        """Push late answers and forget old deliveries until cancelled."""
        forget_at = time.monotonic() + FORGET_EVERY
        while True:
            try:
                await self._push_all()
                if time.monotonic() > forget_at:
                    forget_at = time.monotonic() + FORGET_EVERY
                    await asyncio.to_thread(self._inbox.forget_old)
            except Exception:  # noqa: BLE001 - one failure must not end the pushing for good
                logger.exception("late answers could not be looked after")
            try:
                await asyncio.wait_for(self._wake.wait(), PUSH_EVERY)
            except asyncio.TimeoutError:
                pass
            self._wake.clear()

    async def _wait(self, key: str, deadline: float, look_first: bool) -> Handed | None:
        """Wait until it is decided what this delivery's response carries; None when time is up."""
        while True:
            work = self._work.get(key)
            if work is not None and not look_first:
                await asyncio.wait({work}, timeout=max(0.0, deadline - time.monotonic()))
            look_first = False
            handed = await self._take(key)
            if handed is not None:
                if handed is NOTHING:
                    self._wake.set()
                return handed
            if time.monotonic() + LOOK_AGAIN >= deadline:
                return None
            await asyncio.sleep(LOOK_AGAIN)

    async def _take(self, key: str) -> Handed | None:
        gone = threading.Event()
        taking = asyncio.ensure_future(asyncio.to_thread(self._inbox.take, key, self._may_push(), gone.is_set))
        try:
            return await asyncio.shield(taking)
        except asyncio.CancelledError:  # the connection is gone, and what was taken for it goes another way
            gone.set()
            await asyncio.wait({taking})
            handed = taking.result()
            if handed is not None and handed.text and not handed.again:
                await asyncio.to_thread(self._inbox.give_back, key)
            self._wake.set()
            raise

    async def _see_to(self, task: Task, is_new: bool) -> None:
        """Compute the answer here, or watch until another process has done it. Only a new message is counted."""
        self._heart.beat_for(task.key)
        try:
            too_early = await self._too_early(task) if is_new else 0
            # However long earlier messages take: each of them ends, and this one was acknowledged already.
            while (claim := await stored(self._inbox.claim, task.key)) is Claim.NOT_YET:
                await asyncio.sleep(LOOK_AGAIN)
            if claim is Claim.DONE:
                return
            answer = await self._answer(task, too_early, claim is Claim.TAKEN_OVER)
            await stored(self._inbox.finish, task.key, answer)
            self._wake.set()
        except Exception:  # noqa: BLE001 - a task of its own: nobody else would see it
            logger.exception("a delivery could not be seen to")
        finally:
            self._heart.stop_for(task.key)

    async def _too_early(self, task: Task) -> int:
        """Return how many seconds the customer should have waited; whoever is in danger need not."""
        if task.contact is Contact.NOTHING:
            return 0
        seconds = await stored(self._limit, task.conversation)
        return 0 if seconds and await self._is_urgent(task.text) else seconds

    async def _answer(self, task: Task, too_early: int, taken_over: bool) -> Answer:
        if too_early:
            return Answer((self._line("utter_wechat_slow", seconds=str(too_early)),))
        if task.text.strip() in CONTINUE and await stored(self._inbox.has_more, task.key):
            return Answer(())  # what was late or left over comes first in the reply, and is all of it
        try:
            begun = Task(task.key, task.conversation, task.text, task.contact, task.parse_data, taken_over)
            return await asyncio.wait_for(self._compute(begun), COMPUTE_WITHIN)
        except Exception:  # noqa: BLE001 - whatever it was, the customer gets a sentence and no trace
            logger.exception("a WeChat message could not be answered")
            return Answer((self._line("utter_wechat_sorry"),))

    def _may_push(self) -> bool:
        return self._api is not None and time.monotonic() >= self._no_right_until

    async def _push_all(self) -> None:
        while self._may_push():
            push = await asyncio.to_thread(self._inbox.next_push)
            if push is None:
                return
            request_id.begin(push.request_id)  # a late answer goes on under the name of the message
            self._heart.beat_for(push.key)
            try:
                await self._push(push)
                logger.info("a late answer was dealt with", extra={"fields": {"parts": len(push.parts)}})
            finally:
                self._heart.stop_for(push.key)

    async def _push(self, push: Push) -> None:
        """Send the parts in order. At most once each, or at least once when the answer must arrive."""
        for number in range(push.sent, len(push.parts)):
            if not await asyncio.to_thread(self._inbox.spend, push.conversation):
                return await asyncio.to_thread(self._inbox.keep_for_next_reply, push.key, number)
            if not push.must_arrive and not await asyncio.to_thread(self._inbox.pushed, push.key, number + 1):
                return None
            try:
                await self._send(push, number)
            except (WeChatError, Unreachable) as error:
                logger.warning("a late answer goes with the next reply: %s", error)
                if isinstance(error, WeChatError) and error.code == NOT_PERMITTED:
                    self._no_right_until = time.monotonic() + WITHOUT_RIGHT_FOR
                return await asyncio.to_thread(self._inbox.keep_for_next_reply, push.key, number)
            except FateUnknown as error:
                logger.warning("a late answer may be lost: %s", error)
                if push.must_arrive:
                    return await asyncio.to_thread(self._inbox.keep_for_next_reply, push.key, number)
            if push.must_arrive and not await asyncio.to_thread(self._inbox.pushed, push.key, number + 1):
                return None
        return None

    async def _send(self, push: Push, number: int) -> None:
        assert self._api is not None
        openid, text = push.conversation.removeprefix("wechat-"), push.parts[number]
        block = choice_lines(push.choices) if push.choices and number == len(push.parts) - 1 else ""
        if block and text.endswith(block) and text != block:
            await self._api.send_choices(openid, text.removesuffix(block).rstrip(), push.choices)
        else:
            await self._api.send_text(openid, text)
