"""The WeChat channel's settings; ``finlit.settings`` reads the environment and hands the values in."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

PUBLIC_API = "https://api.weixin.qq.com"
MIN_TOKEN, MIN_APP_SECRET = 16, 32  # characters, in production
_NEEDED = ("WECHAT_TOKEN", "WECHAT_APP_ID", "WECHAT_APP_SECRET")
_LOOPBACK = re.compile(r"http://(127\.0\.0\.1|localhost|\[::1\])(:\d+)?")


@dataclass(frozen=True)
class WeChatSettings:
    """The Official Account. ``aes_key`` is the decoded EncodingAESKey (32 bytes), empty in plain mode."""

    token: str = field(repr=False)
    app_id: str
    app_secret: str = field(repr=False)
    aes_key: bytes = field(repr=False)
    mode: str  # plain, compatible or safe
    account_type: str  # service or subscription
    api_base: str

    @property
    def is_sealed(self) -> bool:
        """Say whether messages arrive encrypted: only then does a signature cover what they say."""
        return self.mode != "plain"

    @property
    def may_push(self) -> bool:
        """Say whether the account may have the right to customer-service messages."""
        return self.account_type == "service"


def status(config: WeChatSettings | None) -> str:
    """Return one line for whoever starts the server: whether the channel is on, and how."""
    if config is None:
        return "· 微信渠道没有开：没有设置 WECHAT_TOKEN、WECHAT_APP_ID、WECHAT_APP_SECRET（见 docs/wechat.md）"
    warning = "；明文不受签名保护，查账和核验身份不可用" if not config.is_sealed else ""
    kind = "服务号" if config.may_push else "订阅号"
    return f"✓ 微信渠道已开：{config.mode} 模式，{kind}，地址 /webhooks/wechat/webhook{warning}"


def parse(values: Mapping[str, str], production: bool) -> WeChatSettings | None:
    """Return checked settings, None when nothing is set: the channel is off. Raises ValueError, in Chinese."""
    missing = [name for name in _NEEDED if not values.get(name)]
    if len(missing) == len(_NEEDED) and not values.get("WECHAT_ENCODING_AES_KEY"):
        return None
    if missing:
        raise ValueError(
            f"微信渠道的设置不全，还缺 {'、'.join(missing)}。补齐，或把 WECHAT_ 开头的都删掉（不开微信）。"
        )
    if not re.fullmatch(r"[A-Za-z0-9]{3,32}", values["WECHAT_TOKEN"]):
        raise ValueError("WECHAT_TOKEN 应是 3 到 32 个字母和数字，与公众平台「服务器配置」里填的一致。")
    if not re.fullmatch(r"[A-Za-z0-9_-]{3,64}", values["WECHAT_APP_ID"]):
        raise ValueError("WECHAT_APP_ID 应是公众平台「基本配置」里的开发者 ID，wx 开头的 18 个字符。")
    mode = _one_of(values, "WECHAT_MODE", ("safe", "compatible", "plain"))
    if production:
        _check_production(values, mode)
    return WeChatSettings(
        token=values["WECHAT_TOKEN"],
        app_id=values["WECHAT_APP_ID"],
        app_secret=values["WECHAT_APP_SECRET"],
        aes_key=b"" if mode == "plain" else _aes_key(values.get("WECHAT_ENCODING_AES_KEY", "")),
        mode=mode,
        account_type=_one_of(values, "WECHAT_ACCOUNT_TYPE", ("subscription", "service")),
        api_base=_api_base(values, production),
    )


def _one_of(values: Mapping[str, str], name: str, allowed: tuple[str, ...]) -> str:
    text = values.get(name) or allowed[0]
    if text not in allowed:
        raise ValueError(f"设置 {name}={text!r} 只能是 {'、'.join(allowed)}。")
    return text


def _aes_key(text: str) -> bytes:
    if not re.fullmatch(r"[A-Za-z0-9]{43}", text):
        raise ValueError(
            "WECHAT_ENCODING_AES_KEY 应是公众平台「服务器配置」里的 43 个字母和数字（消息加解密密钥），请原样复制。"
        )
    return base64.b64decode(text + "=")


def _api_base(values: Mapping[str, str], production: bool) -> str:
    text = (values.get("WECHAT_API_BASE") or PUBLIC_API).rstrip("/")
    if not text.startswith("https://") and (production or not _LOOPBACK.fullmatch(text)):
        raise ValueError("WECHAT_API_BASE 应是 https 地址；测试时可以是本机 http://127.0.0.1:端口，生产不行。")
    return text


def _check_production(values: Mapping[str, str], mode: str) -> None:
    if mode == "plain":
        raise ValueError("生产环境不能用 WECHAT_MODE=plain：明文不受签名保护，谁都能冒充客户。请改用 safe。")
    for name, least in (("WECHAT_TOKEN", MIN_TOKEN), ("WECHAT_APP_SECRET", MIN_APP_SECRET)):
        if len(values[name]) < least or len(set(values[name])) < least // 3:
            raise ValueError(f"生产环境的 {name} 至少要 {least} 个随机字符，不能用例子里的。")
