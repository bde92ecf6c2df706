"""How the text of one setting becomes its value; each function raises SettingsError, in Chinese."""

from __future__ import annotations

import os
import re
import secrets
from datetime import datetime, timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
MIN_SECRET_LENGTH = 32
MOST_PROCESSES = 64
_ORIGIN = re.compile(r"https?://(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(?::\d{1,5})?")
Network = IPv4Network | IPv6Network


class SettingsError(ValueError):
    """A setting is missing or wrong; the message is for the operator, in Chinese."""


def port(values: dict[str, str], name: str, default: int) -> int:
    """Return a TCP port."""
    text = values.get(name, str(default))
    if not text.isdigit() or not 1 <= int(text) <= 65535:
        raise SettingsError(f"设置 {name}={text!r} 不是端口号：请写 1 到 65535 之间的整数。")
    return int(text)


def processes(values: dict[str, str], name: str) -> int:
    """Return how many to start: two where there are two processors, unless it is written down."""
    text = values.get(name) or str(min(2, os.cpu_count() or 1))
    if not text.isdigit() or not 1 <= int(text) <= MOST_PROCESSES:
        raise SettingsError(f"设置 {name}={text!r} 应是进程数：请写 1 到 {MOST_PROCESSES} 之间的整数。")
    return int(text)


def seed(values: dict[str, str], name: str) -> int | None:
    """Return the seed of what is drawn at random, None for unpredictable."""
    text = values.get(name, "")
    if text and not text.isdigit():
        raise SettingsError(f"设置 {name}={text!r} 应是整数。")
    return int(text) if text else None


def yes(values: dict[str, str], name: str) -> bool:
    """Return whether it is 1; 0 and nothing mean no."""
    text = values.get(name, "")
    if text not in ("", "0", "1"):
        raise SettingsError(f"设置 {name}={text!r} 只能是 0 或 1。")
    return text == "1"


def one_of(values: dict[str, str], name: str, allowed: tuple[str, ...]) -> str:
    """Return one of ``allowed``, the first one when nothing is written."""
    text = values.get(name) or allowed[0]
    if text not in allowed:
        raise SettingsError(f"设置 {name}={text!r} 只能是 {'、'.join(allowed)}。")
    return text


def positive(values: dict[str, str], name: str, default: float) -> float:
    """Return a number above zero."""
    text = values.get(name, str(default))
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 < number < 1e9:
        raise SettingsError(f"设置 {name}={text!r} 应是大于零的数字。")
    return number


def days(values: dict[str, str], name: str, default: int) -> timedelta:
    """Return a number of whole days."""
    text = values.get(name, str(default))
    if not text.isdigit() or not 1 <= int(text) <= 36_500:
        raise SettingsError(f"设置 {name}={text!r} 应是天数：请写 1 到 36500 之间的整数。")
    return timedelta(days=int(text))


def moment(values: dict[str, str], name: str) -> datetime | None:
    """Return a moment, in Asia/Shanghai unless it says otherwise; None when nothing is written."""
    text = values.get(name, "")
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise SettingsError(f"设置 {name}={text!r} 不是时间：请写成 2026-11-23T10:00。") from error
    return found.replace(tzinfo=SHANGHAI) if found.tzinfo is None else found.astimezone(SHANGHAI)


def shift(values: dict[str, str], name: str) -> timedelta:
    """Return seconds, which may be negative."""
    text = values.get(name) or "0"
    try:
        return timedelta(seconds=float(text))
    except (ValueError, OverflowError) as error:
        raise SettingsError(f"设置 {name}={text!r} 应是秒数，可以是负的。") from error


def database_url(values: dict[str, str], name: str, default: str) -> str:
    """Return the address of an SQLite file or a PostgreSQL database."""
    text = values.get(name) or default
    if not text.startswith(("sqlite:///", "postgresql://")):
        # the address itself is not repeated: it may hold a password
        raise SettingsError(f"设置 {name} 要以 sqlite:/// 或 postgresql:// 开头，例如 postgresql://用户:密码@主机/库。")
    return text


def listed(values: dict[str, str], name: str) -> list[str]:
    """Return what stands between commas."""
    return [part.strip() for part in values.get(name, "").split(",") if part.strip()]


def origins(values: dict[str, str], name: str, production: bool) -> tuple[str, ...]:
    """Return origins of web pages; ``production`` accepts only https."""
    found = listed(values, name)
    for origin in found:
        if not _ORIGIN.fullmatch(origin):
            raise SettingsError(
                f"设置 {name} 里的 {origin!r} 不是来源：请写成 https://www.example.com，不带路径和通配符。"
            )
        if production and not origin.startswith("https://"):
            raise SettingsError(f"设置 {name} 里的 {origin!r}：生产环境只接受 https 的来源。")
    return tuple(found)


def networks(values: dict[str, str], name: str) -> tuple[Network, ...]:
    """Return addresses and networks."""
    try:
        return tuple(ip_network(part) for part in listed(values, name))
    except ValueError as error:
        raise SettingsError(f"设置 {name} 应是用逗号隔开的地址或网段，例如 10.0.0.1,10.1.0.0/16。") from error


def secret(values: dict[str, str], name: str, production: bool) -> str:
    """Return a secret, a new one outside ``production`` when nothing is written."""
    text = values.get(name, "")
    if production and len(text) < MIN_SECRET_LENGTH:
        raise SettingsError(f"生产环境必须设置 {name}，至少 {MIN_SECRET_LENGTH} 个随机字符。")
    return text or secrets.token_hex(32)
