"""How customers prove who they are; ``finlit.settings`` reads the environment and hands the values in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from finlit.secret_checks import DEVELOPMENT_KEY

MIN_SECRET = 32  # characters
_LOOPBACK = re.compile(r"http://(127\.0\.0\.1|localhost|\[::1\])(:\d+)?(/.*)?")


@dataclass(frozen=True)
class IdentitySettings:
    """``key`` makes phones and codes unreadable in the database. Timeout in seconds.

    ``host_token_secret`` is empty when the lender's site hands over no logged-in customers.
    """

    account_answers: bool
    key: str = field(repr=False)
    code_sender: str  # console or webhook
    code_webhook_url: str
    code_webhook_secret: str = field(repr=False)
    code_webhook_timeout: float
    host_token_secret: str = field(repr=False)
    host_token_audience: str
    wechat_reverify_days: int


def parse(values: Mapping[str, str], production: bool) -> IdentitySettings:
    """Return checked settings; raises ValueError, in Chinese."""
    account_answers = _switch(values, "FINLIT_ACCOUNT_ANSWERS")
    needed = production and account_answers
    key = values.get("FINLIT_IDENTITY_KEY", "")
    if needed and len(key) < MIN_SECRET:
        raise ValueError(f"生产环境必须设置 FINLIT_IDENTITY_KEY，至少 {MIN_SECRET} 个随机字符。")
    host_secret = values.get("FINLIT_HOST_TOKEN_SECRET", "")
    if host_secret and len(host_secret) < MIN_SECRET:
        raise ValueError(f"FINLIT_HOST_TOKEN_SECRET 太短：至少 {MIN_SECRET} 个随机字符，不用就留空。")
    sender, url, secret = _sender(values, production, account_answers)
    return IdentitySettings(
        account_answers=account_answers,
        key=key or DEVELOPMENT_KEY,
        code_sender=sender,
        code_webhook_url=url,
        code_webhook_secret=secret,
        code_webhook_timeout=_number(values, "FINLIT_CODE_WEBHOOK_TIMEOUT", 3, 60),
        host_token_secret=host_secret,
        host_token_audience=values.get("FINLIT_HOST_TOKEN_AUDIENCE") or "mingbaizhang",
        wechat_reverify_days=int(_number(values, "FINLIT_WECHAT_REVERIFY_DAYS", 30, 3650)),
    )


def _sender(values: Mapping[str, str], production: bool, account_answers: bool) -> tuple[str, str, str]:
    """Return how codes are sent; without account answers nobody needs one, so nothing has to be set."""
    sender = values.get("FINLIT_CODE_SENDER") or ("webhook" if production else "console")
    if sender not in ("console", "webhook"):
        raise ValueError(f"设置 FINLIT_CODE_SENDER={sender!r} 只能是 console 或 webhook。")
    if production and sender == "console":
        raise ValueError("生产环境不能把验证码打印在终端：请设置 FINLIT_CODE_SENDER=webhook 和短信网关的地址。")
    url, secret = values.get("FINLIT_CODE_WEBHOOK_URL", ""), values.get("FINLIT_CODE_WEBHOOK_SECRET", "")
    if sender == "webhook" and account_answers:
        allowed = url.startswith("https://") or (not production and _LOOPBACK.fullmatch(url))
        if not allowed:
            raise ValueError("请设置 FINLIT_CODE_WEBHOOK_URL：短信网关的地址，必须以 https:// 开头。")
        if len(secret) < MIN_SECRET:
            raise ValueError(f"请设置 FINLIT_CODE_WEBHOOK_SECRET，至少 {MIN_SECRET} 个随机字符。")
    return sender, url, secret


def _switch(values: Mapping[str, str], name: str) -> bool:
    text = values.get(name) or "on"
    if text not in ("on", "off"):
        raise ValueError(f"设置 {name}={text!r} 只能是 on 或 off。")
    return text == "on"


def _number(values: Mapping[str, str], name: str, default: float, most: float) -> float:
    text = values.get(name) or str(default)
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number <= most:
        raise ValueError(f"设置 {name}={text!r} 应是大于零、不超过 {most:g} 的数字。")
    return number
