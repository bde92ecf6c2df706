"""All settings, read once from the environment or ``.env``; nothing else reads the environment.

Secrets have no default that production accepts: ``load`` raises ``SettingsError`` (a Chinese
sentence for the operator) when ``FINLIT_ENV=production`` and one is missing or too short.
"""

from __future__ import annotations

import os
import random
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from dotenv import dotenv_values

from finlit import identity_settings, wechat_settings
from finlit.identity_settings import IdentitySettings
from finlit.service_hours import ServiceHours
from finlit.wechat_settings import WeChatSettings

PROJECT_ROOT = Path(__file__).resolve().parent.parent
SHANGHAI = ZoneInfo("Asia/Shanghai")
MIN_SECRET_LENGTH = 32
_ORIGIN = re.compile(r"https?://(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(?::\d{1,5})?")
Network = IPv4Network | IPv6Network


class SettingsError(ValueError):
    """A setting is missing or wrong; the message is for the operator, in Chinese."""


@dataclass(frozen=True)
class Settings:
    """Every setting, checked. Times are seconds, sizes are bytes unless the name says otherwise."""

    environment: str
    host: str
    port: int
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


def _port(values: dict[str, str], name: str, default: int) -> int:
    text = values.get(name, str(default))
    if not text.isdigit() or not 1 <= int(text) <= 65535:
        raise SettingsError(f"设置 {name}={text!r} 不是端口号：请写 1 到 65535 之间的整数。")
    return int(text)


def _seed(values: dict[str, str], name: str) -> int | None:
    text = values.get(name, "")
    if text and not text.isdigit():
        raise SettingsError(f"设置 {name}={text!r} 应是整数。")
    return int(text) if text else None


def _yes(values: dict[str, str], name: str) -> bool:
    text = values.get(name, "")
    if text not in ("", "0", "1"):
        raise SettingsError(f"设置 {name}={text!r} 只能是 0 或 1。")
    return text == "1"


def _one_of(values: dict[str, str], name: str, allowed: tuple[str, ...]) -> str:
    text = values.get(name) or allowed[0]
    if text not in allowed:
        raise SettingsError(f"设置 {name}={text!r} 只能是 {'、'.join(allowed)}。")
    return text


def _positive(values: dict[str, str], name: str, default: float) -> float:
    text = values.get(name, str(default))
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 < number < 1e9:
        raise SettingsError(f"设置 {name}={text!r} 应是大于零的数字。")
    return number


def _days(values: dict[str, str], name: str, default: int) -> timedelta:
    text = values.get(name, str(default))
    if not text.isdigit() or not 1 <= int(text) <= 36_500:
        raise SettingsError(f"设置 {name}={text!r} 应是天数：请写 1 到 36500 之间的整数。")
    return timedelta(days=int(text))


def _moment(values: dict[str, str], name: str) -> datetime | None:
    text = values.get(name, "")
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise SettingsError(f"设置 {name}={text!r} 不是时间：请写成 2026-11-23T10:00。") from error
    return moment.replace(tzinfo=SHANGHAI) if moment.tzinfo is None else moment.astimezone(SHANGHAI)


def _shift(values: dict[str, str], name: str) -> timedelta:
    text = values.get(name) or "0"
    try:
        return timedelta(seconds=float(text))
    except (ValueError, OverflowError) as error:
        raise SettingsError(f"设置 {name}={text!r} 应是秒数，可以是负的。") from error


def _database_url(values: dict[str, str], name: str, default: str) -> str:
    text = values.get(name) or default
    if not text.startswith(("sqlite:///", "postgresql://")):
        # the address itself is not repeated: it may hold a password
        raise SettingsError(f"设置 {name} 要以 sqlite:/// 或 postgresql:// 开头，例如 postgresql://用户:密码@主机/库。")
    return text


def _listed(values: dict[str, str], name: str) -> list[str]:
    return [part.strip() for part in values.get(name, "").split(",") if part.strip()]


def _origins(values: dict[str, str], name: str, production: bool) -> tuple[str, ...]:
    origins = _listed(values, name)
    for origin in origins:
        if not _ORIGIN.fullmatch(origin):
            raise SettingsError(
                f"设置 {name} 里的 {origin!r} 不是来源：请写成 https://www.example.com，不带路径和通配符。"
            )
        if production and not origin.startswith("https://"):
            raise SettingsError(f"设置 {name} 里的 {origin!r}：生产环境只接受 https 的来源。")
    return tuple(origins)


def _networks(values: dict[str, str], name: str) -> tuple[Network, ...]:
    try:
        return tuple(ip_network(part) for part in _listed(values, name))
    except ValueError as error:
        raise SettingsError(f"设置 {name} 应是用逗号隔开的地址或网段，例如 10.0.0.1,10.1.0.0/16。") from error


def _secret(values: dict[str, str], name: str, production: bool) -> str:
    text = values.get(name, "")
    if production and len(text) < MIN_SECRET_LENGTH:
        raise SettingsError(f"生产环境必须设置 {name}，至少 {MIN_SECRET_LENGTH} 个随机字符。")
    return text or secrets.token_hex(32)


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
    return Settings(
        environment=environment,
        host=values.get("FINLIT_HOST", "0.0.0.0" if production else "127.0.0.1"),
        port=_port(values, "FINLIT_PORT", 5005),
        console_port=_port(values, "FINLIT_CONSOLE_PORT", 5008),
        console_needs_review=_yes(values, "FINLIT_CONSOLE_NEEDS_REVIEW"),
        database_url=_database_url(values, "DATABASE_URL", f"sqlite:///{var / 'finlit.db'}"),
        tracker_database=_database_url(values, "TRACKER_DATABASE", f"sqlite:///{var / 'conversations.db'}"),
        conversations_kept=_days(values, "FINLIT_CONVERSATIONS_KEPT_DAYS", 180),
        session_secret=_secret(values, "FINLIT_SESSION_SECRET", production),
        identity=_identity(values, production),
        fixed_now=_moment(values, "FINLIT_NOW"),
        clock_shift=_shift(values, "FINLIT_CLOCK_SHIFT"),
        message_max_chars=int(_positive(values, "FINLIT_MESSAGE_MAX_CHARS", 500)),
        messages_per_minute=int(_positive(values, "FINLIT_MESSAGES_PER_MINUTE", 30)),
        address_requests_per_minute=int(_positive(values, "FINLIT_ADDRESS_REQUESTS_PER_MINUTE", 600)),
        new_sessions_per_minute=int(_positive(values, "FINLIT_NEW_SESSIONS_PER_MINUTE", 120)),
        widget_origins=_origins(values, "FINLIT_WIDGET_ORIGINS", production),
        trusted_proxies=_networks(values, "FINLIT_TRUSTED_PROXIES"),
        action_timeout=_positive(values, "FINLIT_ACTION_TIMEOUT", 10),
        service_hours=_service_hours(values),
        wechat=_wechat(values, production),
        log_format=_one_of(values, "FINLIT_LOG_FORMAT", ("text", "json")),
        log_level=_one_of(values, "FINLIT_LOG_LEVEL", ("info", "warning", "error")),
        random_seed=_seed(values, "FINLIT_RANDOM_SEED"),
        root=root,
    )


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
