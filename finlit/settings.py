"""All settings, read once from the environment or ``.env``; nothing else reads the environment.

Secrets have no default that production accepts: ``load`` raises ``SettingsError`` (a Chinese
sentence for the operator) when ``FINLIT_ENV=production`` and one is missing, too short, not drawn at random or used twice.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from dotenv import dotenv_values

from finlit import identity_settings, secret_checks, setting_values, wechat_settings
from finlit.identity_settings import IdentitySettings
from finlit.service_hours import ServiceHours
from finlit.setting_values import SHANGHAI, Network, SettingsError
from finlit.wechat_settings import WeChatSettings

__all__ = ["PROJECT_ROOT", "SHANGHAI", "Network", "Settings", "SettingsError", "load", "overridden", "parse"]

PROJECT_ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Settings:
    """Every setting, checked. Times are seconds, sizes are bytes unless the name says otherwise."""

    environment: str
    host: str
    port: int
    processes: int  # of the assistant, all on ``port``
    console_port: int
    console_needs_review: bool
    database_url: str = field(repr=False)  # may hold a password
    tracker_database: str = field(repr=False)
    conversations_kept: timedelta
    session_secret: str = field(repr=False)
    identity: IdentitySettings
    fixed_now: datetime | None
    clock_shift: timedelta  # tests of running processes: the clock runs, on the day the content was written for
    message_max_chars: int
    messages_per_minute: int
    address_requests_per_minute: int
    new_sessions_per_minute: int
    address_streams: int  # open at once in each process
    widget_origins: tuple[str, ...]
    trusted_proxies: tuple[Network, ...]
    action_timeout: float
    service_hours: ServiceHours | None
    wechat: WeChatSettings | None  # None: the channel is off
    log_format: str  # text or json
    log_level: str  # info, warning or error
    random_seed: int | None  # None: unpredictable
    root: Path = PROJECT_ROOT

    @property
    def is_production(self) -> bool:
        return self.environment == "production"

    @property
    def data_dir(self) -> Path:
        return self.root / "data"

    @property
    def models_dir(self) -> Path:
        return self.root / "models"

    @property
    def var_dir(self) -> Path:
        return self.root / "var"

    def now(self) -> datetime:
        """Return the business time in Asia/Shanghai; ``FINLIT_NOW`` fixes and ``FINLIT_CLOCK_SHIFT`` moves it for tests."""
        return self.fixed_now or datetime.now(SHANGHAI) + self.clock_shift

    def randomness(self) -> random.Random:
        """Return what draws at random (the questions of a quiz); ``FINLIT_RANDOM_SEED`` makes tests repeatable."""
        return random.SystemRandom() if self.random_seed is None else random.Random(self.random_seed)


def _wechat(values: dict[str, str], production: bool) -> WeChatSettings | None:
    try:
        return wechat_settings.parse(values, production)
    except ValueError as error:
        raise SettingsError(str(error)) from error


def _service_hours(values: dict[str, str]) -> ServiceHours | None:
    """Return when people are there, None when nobody has said so: then customers are told that, too."""
    text = values.get("FINLIT_SERVICE_HOURS", "")
    try:
        return ServiceHours.parse(text) if text else None
    except ValueError as error:
        raise SettingsError(
            f"设置 FINLIT_SERVICE_HOURS={text!r} 看不懂：写成「1-5 09:00-18:00」，1 是周一、7 是周日。"
        ) from error


def _identity(values: dict[str, str], production: bool) -> IdentitySettings:
    try:
        return identity_settings.parse(values, production)
    except ValueError as error:
        raise SettingsError(str(error)) from error


def parse(values: dict[str, str], root: Path = PROJECT_ROOT) -> Settings:
    """Return checked settings from ``values``; raises SettingsError with what to do."""
    environment = values.get("FINLIT_ENV", "development")
    if environment not in ("development", "test", "production"):
        raise SettingsError(f"设置 FINLIT_ENV={environment!r} 只能是 development、test 或 production。")
    production = environment == "production"
    if production and values.get("FINLIT_NOW"):
        raise SettingsError("生产环境不能用 FINLIT_NOW 固定时间，请删除这项设置。")
    if production and values.get("FINLIT_RANDOM_SEED"):
        raise SettingsError("生产环境不能用 FINLIT_RANDOM_SEED 固定出题顺序，请删除这项设置。")
    if production and values.get("FINLIT_CLOCK_SHIFT"):
        raise SettingsError("生产环境不能用 FINLIT_CLOCK_SHIFT 移动时间，请删除这项设置。")
    var = root / "var"
    found = Settings(
        environment=environment,
        host=values.get("FINLIT_HOST", "0.0.0.0" if production else "127.0.0.1"),
        port=setting_values.port(values, "FINLIT_PORT", 5005),
        processes=setting_values.processes(values, "FINLIT_PROCESSES"),
        console_port=setting_values.port(values, "FINLIT_CONSOLE_PORT", 5008),
        console_needs_review=setting_values.yes(values, "FINLIT_CONSOLE_NEEDS_REVIEW"),
        database_url=setting_values.database_url(values, "DATABASE_URL", f"sqlite:///{var / 'finlit.db'}"),
        tracker_database=setting_values.database_url(
            values, "TRACKER_DATABASE", f"sqlite:///{var / 'conversations.db'}"
        ),
        conversations_kept=setting_values.days(values, "FINLIT_CONVERSATIONS_KEPT_DAYS", 180),
        session_secret=setting_values.secret(values, "FINLIT_SESSION_SECRET", production),
        identity=_identity(values, production),
        fixed_now=setting_values.moment(values, "FINLIT_NOW"),
        clock_shift=setting_values.shift(values, "FINLIT_CLOCK_SHIFT"),
        message_max_chars=int(setting_values.positive(values, "FINLIT_MESSAGE_MAX_CHARS", 500)),
        messages_per_minute=int(setting_values.positive(values, "FINLIT_MESSAGES_PER_MINUTE", 30)),
        address_requests_per_minute=int(setting_values.positive(values, "FINLIT_ADDRESS_REQUESTS_PER_MINUTE", 600)),
        new_sessions_per_minute=int(setting_values.positive(values, "FINLIT_NEW_SESSIONS_PER_MINUTE", 120)),
        address_streams=int(setting_values.positive(values, "FINLIT_ADDRESS_STREAMS", 300)),
        widget_origins=setting_values.origins(values, "FINLIT_WIDGET_ORIGINS", production),
        trusted_proxies=setting_values.networks(values, "FINLIT_TRUSTED_PROXIES"),
        action_timeout=setting_values.positive(values, "FINLIT_ACTION_TIMEOUT", 10),
        service_hours=_service_hours(values),
        wechat=_wechat(values, production),
        log_format=setting_values.one_of(values, "FINLIT_LOG_FORMAT", ("text", "json")),
        log_level=setting_values.one_of(values, "FINLIT_LOG_LEVEL", ("info", "warning", "error")),
        random_seed=setting_values.seed(values, "FINLIT_RANDOM_SEED"),
        root=root,
    )
    if production:
        secret_checks.check(values)
    return found


@lru_cache(maxsize=1)
def _of_process() -> Settings:
    from_file = {key: value for key, value in dotenv_values(PROJECT_ROOT / ".env").items() if value is not None}
    return parse({**from_file, **os.environ})


_scoped: ContextVar[Settings | None] = ContextVar("finlit_settings", default=None)


def load() -> Settings:
    """Return the settings in force here: those of ``overridden``, else those of this process.

    The environment wins over ``.env``; it is read once, ``load.cache_clear()`` makes tests read it again.
    """
    return _scoped.get() or _of_process()


load.cache_clear = _of_process.cache_clear  # type: ignore[attr-defined]


@contextmanager
def overridden(**changes: Any) -> Iterator[Settings]:
    """Change settings inside a ``with`` block, for this task and what it starts, nothing else.

    A conversation test moves the clock (``fixed_now``) and brings its own ``database_url``;
    tasks and ``asyncio.to_thread`` inherit both. Raises TypeError for a setting that doesn't exist.
    """
    token = _scoped.set(replace(load(), **changes))
    try:
        yield load()
    finally:
        _scoped.reset(token)
