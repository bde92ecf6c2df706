"""When people are there. Said honestly: what is not set is not known.

Public holidays are not in it: who is on duty then is the lender's to announce.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta

_FORM = re.compile(r"([1-7])(?:-([1-7]))?\s+(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})")
DAYS = "一二三四五六日"


@dataclass(frozen=True)
class ServiceHours:
    """From ``first`` to ``last`` weekday (1 is Monday), from ``opens`` to ``closes``, Asia/Shanghai."""

    first: int
    last: int
    opens: time
    closes: time

    @classmethod
    def parse(cls, text: str) -> ServiceHours:
        """Read ``1-5 09:00-18:00``; raises ValueError for anything else."""
        match = _FORM.fullmatch(text.strip())
        if match is None:
            raise ValueError(f"not service hours: {text!r}")
        first, last = int(match[1]), int(match[2] or match[1])
        hours = cls(first, last, time(int(match[3]), int(match[4])), time(int(match[5]), int(match[6])))
        if first > last or hours.opens >= hours.closes:
            raise ValueError(f"service hours end before they begin: {text!r}")
        return hours

    def open_at(self, now: datetime) -> bool:
        """Say whether somebody is there at ``now`` (aware, Asia/Shanghai)."""
        return self._is_day(now) and self.opens <= now.time().replace(tzinfo=None) < self.closes

    def next_opening(self, now: datetime) -> datetime:
        """Return when it opens next; ``now`` itself is never returned."""
        for ahead in range(8):
            opening = datetime.combine(now.date() + timedelta(days=ahead), self.opens, now.tzinfo)
            if opening > now and self._is_day(opening):
                return opening
        raise AssertionError("a week has every weekday")

    def _is_day(self, moment: datetime) -> bool:
        return self.first <= moment.isoweekday() <= self.last

    def show(self) -> str:
        """Return the hours as customers read them: 「周一到周五 09:00–18:00」."""
        days = f"周{DAYS[self.first - 1]}"
        if self.last != self.first:
            days += f"到周{DAYS[self.last - 1]}"
        return f"{days} {self.opens:%H:%M}–{self.closes:%H:%M}"
