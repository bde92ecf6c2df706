"""Column types that behave the same on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import datetime, timezone
from decimal import Decimal
from math import ceil
from typing import Any

from sqlalchemy import BigInteger, DateTime, String
from sqlalchemy.types import TypeDecorator


class _Scaled(TypeDecorator):
    """A decimal stored as a whole number of 1/``scale``; refuses what would be rounded."""

    impl = BigInteger
    cache_ok = True
    scale = Decimal(1)

    def process_bind_param(self, value: Any, dialect: Any) -> int | None:
        """Return the whole number; raises ValueError for floats and for too many digits."""
        if value is None:
            return None
        if isinstance(value, float):
            raise ValueError(f"{type(self).__name__} takes Decimal, not float: {value!r}")
        scaled = Decimal(value) * self.scale
        whole = int(scaled)
        if whole != scaled:
            raise ValueError(f"{type(self).__name__} can't hold {value!r} without rounding")
        return whole

    def process_result_value(self, value: Any, dialect: Any) -> Decimal | None:
        """Return the decimal again."""
        return None if value is None else Decimal(value) / self.scale


class Fen(_Scaled):
    """An amount in yuan (Decimal), stored as fen."""

    cache_ok = True
    scale = Decimal(100)


class MillionthRate(_Scaled):
    """A rate as a fraction (Decimal), stored in millionths."""

    cache_ok = True
    scale = Decimal(1_000_000)


class UtcTime(TypeDecorator):
    """An aware moment, stored in UTC without zone, returned aware in UTC."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        """Return the moment in UTC; raises ValueError for a naive one."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("UtcTime takes aware moments only")
        return value.astimezone(timezone.utc).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        """Return the moment with its zone."""
        return None if value is None else value.replace(tzinfo=timezone.utc)


class Moments(TypeDecorator):
    """A few aware moments, oldest first, stored as whole seconds since 1970 with spaces between; for sliding limits."""

    impl = String(800)
    cache_ok = True

    def process_bind_param(self, value: tuple[datetime, ...] | None, dialect: Any) -> str | None:
        """Return the seconds as text; a part of a second is rounded up, so that a limit never ends early."""
        return None if value is None else " ".join(str(ceil(moment.timestamp())) for moment in sorted(value))

    def process_result_value(self, value: str | None, dialect: Any) -> tuple[datetime, ...] | None:
        """Return the moments again, in UTC."""
        if value is None:
            return None
        return tuple(datetime.fromtimestamp(int(second), timezone.utc) for second in value.split())


OWN_TYPES = (Fen, MillionthRate, UtcTime, Moments)
