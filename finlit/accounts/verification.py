"""Proof of identity: consent, registered phone, one-time code. Plain Python and SQL, no Rasa.

The rule to remember: a known and an unknown phone get the same words, the same statements and
the same call of the sender; only the proof itself tells them apart. Phones and codes are stored
as keyed digests. Every method is one transaction; a code is handed over after it is committed.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session, sessionmaker

from finlit.accounts import attempts, audit, binding, limit_rows, limits, origin
from finlit.accounts.attempts import ATTEMPT_LASTS, CODE, CONSENT, DONE, LEFT, OPEN, PHONE, Pending
from finlit.accounts.code_senders import CodeSender, NotDelivered
from finlit.db import tables

logger = logging.getLogger(__name__)

NOTICE = "2026-11"  # the version of the privacy notice in data/tasks/account_verify.yml
CODE_DIGITS = 6
CODE_LASTS = timedelta(minutes=5)
MOST_BAD_ANSWERS = 3


@dataclass(frozen=True)
class Outcome:
    """What became of a step: the answer is ``utter_account_verify_<said>`` with ``fields``.

    ``wanted`` is set with the proof: the question that led here, to be answered now.
    """

    said: str
    fields: dict[str, str] = field(default_factory=dict)
    wanted: str | None = None


class Verification:
    """The steps of a proof, each for one conversation. All raise SQLAlchemyError when the database fails.

    ``clock`` returns the present moment (aware), ``new_code`` six fresh digits; ``key`` makes the digests.
    """

    def __init__(
        self,
        sessions: sessionmaker[Session],
        clock: Callable[[], datetime],
        new_code: Callable[[], str],
        sender: CodeSender,
        key: str,
    ) -> None:
        self._sessions = sessions
        self._clock = clock
        self._new_code = new_code
        self._sender = sender
        self._key = key.encode()

    def arrive(self, conversation: str) -> Pending | None:
        """Note that the customer wrote, which keeps a web binding alive; return where the proof stands."""
        now = self._clock()
        with self._sessions.begin() as session:
            binding.touch(session, conversation, now)
            return attempts.pending(session, conversation, now)

    def is_the_code(self, conversation: str, pending: Pending, digits: str) -> bool:
        """Say whether ``digits`` are the code that was sent last: it must be masked wherever it stands."""
        return pending.code_digest is not None and hmac.compare_digest(
            self.code_digest(conversation, digits), pending.code_digest
        )

    def start(self, conversation: str, channel: str, wanted: str | None) -> Outcome:
        """Begin with the privacy notice, unless the sender is locked out."""
        now = self._clock()
        with self._sessions.begin() as session:
            locked = limits.locked_until([limit_rows.used(session, limit_rows.sender(conversation))], now)
            if locked:
                return _locked(locked, now)
            session.merge(
                tables.VerificationAttempt(
                    conversation=conversation, channel=channel, stage=CONSENT, wanted=wanted, customer_id=None,
                    phone_digest=None, code_digest=None, code_expires_at=None, bad_answers=0, touched_at=now,
                )
            )  # fmt: skip
        return Outcome("notice")

    def agree(self, conversation: str) -> Outcome:
        """Record the consent and ask for the phone."""
        with self._step(conversation, CONSENT) as (session, attempt, now):
            if attempt is None:
                return Outcome("expired")
            self._consent(session, attempt, now)
            attempt.stage = PHONE
        return Outcome("ask_phone")

    def give_phone(self, conversation: str, phone: str) -> Outcome:
        """Send a code to a registered phone (11 digits); sending one's phone after the notice is consent, too."""
        with self._step(conversation, *OPEN) as (session, attempt, now):
            if attempt is None:
                return Outcome("expired")
            if attempt.stage == CONSENT:
                self._consent(session, attempt, now)
            digest = self._digest("phone", phone)
            is_known = limit_rows.proved_before(session, conversation, phone)
            refused, code = self._new_code_for(session, attempt, digest, is_known, now)
            if refused is not None:
                return refused
            known = session.execute(select(tables.Customer.id).where(tables.Customer.phone == phone)).scalar()
            session.flush()  # one statement that always looks the same, whether or not somebody is known
            session.execute(
                update(tables.VerificationAttempt)
                .where(tables.VerificationAttempt.conversation == conversation)
                .values(stage=CODE, customer_id=known)
            )
            self._audit(session, "code sent", attempt, now)
        return self._deliver(phone if known else None, code, "code_sent")

    def resend(self, conversation: str) -> Outcome:
        """Send another code to the phone that was given; the one before is no longer good."""
        with self._step(conversation, CODE) as (session, attempt, now):
            if attempt is None:
                return Outcome("expired")
            is_known = limit_rows.attempt_is_of_proved(session, conversation)
            refused, code = self._new_code_for(session, attempt, str(attempt.phone_digest), is_known, now)
            if refused is not None:
                return refused
            phone = session.execute(
                select(tables.Customer.phone)
                .join(tables.VerificationAttempt, tables.VerificationAttempt.customer_id == tables.Customer.id)
                .where(tables.VerificationAttempt.conversation == conversation)
            ).scalar()
            self._audit(session, "code sent", attempt, now)
        return self._deliver(phone, code, "code_sent_again")

    def give_code(self, conversation: str, code: str) -> Outcome:
        """Check the code, and bind the conversation when it is right; it is good for one time only."""
        with self._step(conversation, CODE) as (session, attempt, now):
            if attempt is None:
                return Outcome("expired")
            is_known = limit_rows.attempt_is_of_proved(session, conversation)
            phone = limit_rows.phone(attempt.phone_digest, is_known)
            used = limit_rows.locked(session, (phone, limit_rows.sender(conversation)), now)
            session.refresh(attempt)  # another tab may have been quicker while we waited for the lock
            if attempt.stage != CODE:
                return Outcome("code_used")
            locked = limits.locked_until(map(limit_rows.of, used), now)
            if locked:
                attempt.stage = LEFT
                return _locked(locked, now)
            if now >= attempt.code_expires_at:
                return Outcome("code_expired")
            right = hmac.compare_digest(self.code_digest(conversation, code), attempt.code_digest)
            if not (right and attempt.customer_id):
                return self._wrong(session, attempt, used, now)
            attempt.stage = DONE
            binding.bind(session, conversation, attempt.channel, attempt.customer_id, "code", now)
            return Outcome("done", wanted=attempt.wanted)

    def change_phone(self, conversation: str) -> Outcome:
        """Ask for another phone."""
        with self._step(conversation, PHONE, CODE) as (_, attempt, _now):
            if attempt is None:
                return Outcome("expired")
            attempt.stage, attempt.customer_id = PHONE, None
        return Outcome("ask_phone")

    def want(self, conversation: str, wanted: str) -> Outcome:
        """Remember another question to answer after the proof, and ask again for what is missing."""
        with self._step(conversation, *OPEN) as (_, attempt, _now):
            if attempt is None:
                return Outcome("expired")
            attempt.wanted = wanted
            return Outcome(f"again_{attempt.stage}")

    def repeat(self, conversation: str) -> Outcome:
        """Ask again for what is missing."""
        with self._step(conversation, *OPEN) as (_, attempt, _now):
            return Outcome("expired" if attempt is None else f"again_{attempt.stage}")

    def bad_answer(self, conversation: str) -> Outcome:
        """Ask again after an answer that was none; the third one ends it."""
        with self._step(conversation, *OPEN) as (_, attempt, _now):
            if attempt is None:
                return Outcome("expired")
            attempt.bad_answers += 1
            if attempt.bad_answers < MOST_BAD_ANSWERS:
                return Outcome(f"unclear_{attempt.stage}")
            attempt.stage = LEFT
        return Outcome("gave_up")

    def leave(self, conversation: str, refused: bool = False) -> Outcome:
        """End the attempt; ``refused`` when the customer does not agree to the notice."""
        with self._step(conversation, *OPEN) as (_, attempt, _now):
            if attempt is not None:
                attempt.stage = LEFT
        return Outcome("refused" if refused else "left")

    def code_digest(self, conversation: str, code: str) -> str:
        """Return the keyed digest under which the conversation's code is stored."""
        return self._digest("code", f"{conversation} {code}")

    def phone_digest(self, phone: str) -> str:
        """Return the keyed digest under which a phone of 11 digits is stored."""
        return self._digest("phone", phone)

    def _digest(self, kind: str, value: str) -> str:
        return hmac.new(self._key, f"{kind} {value}".encode(), hashlib.sha256).hexdigest()

    @contextmanager
    def _step(self, conversation: str, *stages: str) -> Iterator[tuple[Session, Any, datetime]]:
        """Open a transaction with the attempt locked; None instead of it unless it is fresh and at one of ``stages``."""
        now = self._clock()
        with self._sessions.begin() as session:
            attempt = session.get(tables.VerificationAttempt, conversation, with_for_update=True)
            if attempt is not None and (attempt.stage not in stages or now >= attempt.touched_at + ATTEMPT_LASTS):
                attempt = None
            if attempt is not None:
                attempt.touched_at = now
            yield session, attempt, now

    def _new_code_for(
        self, session: Session, attempt: Any, phone_digest: str, is_known: bool, now: datetime
    ) -> tuple[Outcome | None, str]:
        """Give the attempt a new code for the phone; returns the refusal when the limits don't allow one."""
        subjects = [limit_rows.phone(phone_digest, is_known), limit_rows.sender(attempt.conversation)]
        if origin.address() and not is_known:
            subjects.append(limit_rows.address(self._digest("address", origin.address())))
        used = limit_rows.locked(session, subjects, now)
        locked = limits.locked_until(map(limit_rows.of, used), now)
        if locked:
            attempt.stage = LEFT
            return _locked(locked, now), ""
        again = limits.next_code_at(map(limit_rows.of, used), now)
        if again:
            return Outcome("no_more_codes", {"until": limits.clock_time(again, now)}), ""
        for row in used:
            row.codes = (*limits.within_hour(row.codes, now), now)
        code = self._new_code()
        attempt.phone_digest = phone_digest
        attempt.code_digest, attempt.code_expires_at = self.code_digest(attempt.conversation, code), now + CODE_LASTS
        attempt.bad_answers = 0
        return None, code

    def _wrong(self, session: Session, attempt: Any, used: list[Any], now: datetime) -> Outcome:
        for row in used:
            row.wrong = (*limits.within_hour(row.wrong, now), now)
        self._audit(session, "code wrong", attempt, now)
        locked = limits.locked_until(map(limit_rows.of, used), now)
        if locked:
            attempt.stage = LEFT
            return _locked(locked, now)
        return Outcome("code_wrong", {"left": str(limits.tries_left(map(limit_rows.of, used), now))})

    def _deliver(self, phone: str | None, code: str, said: str) -> Outcome:
        try:
            self._sender.send(phone, code, int(CODE_LASTS.total_seconds()))
        except NotDelivered as reason:
            logger.error("a code could not be delivered: %s", reason)
            return Outcome("not_delivered")
        return Outcome(said)

    @staticmethod
    def _consent(session: Session, attempt: Any, now: datetime) -> None:
        session.add(tables.Consent(conversation=attempt.conversation, notice=NOTICE, given_at=now))

    @staticmethod
    def _audit(session: Session, what: str, attempt: Any, now: datetime) -> None:
        audit.record(
            session, what, now, customer_id=attempt.customer_id, conversation=attempt.conversation,
            channel=attempt.channel,
        )  # fmt: skip


def _locked(until: datetime, now: datetime) -> Outcome:
    return Outcome("locked", {"until": limits.clock_time(until, now)})
