"""Calls to WeChat's API: access token, customer-service messages, menu. Every call has a time limit.

The token has one owner: a row in the database, fetched early by whichever process gets there first
(``stable_token``, so that two fetches don't invalidate each other), encrypted with the app secret.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import aiohttp
from cryptography.fernet import Fernet, InvalidToken
from sqlalchemy import or_, update
from sqlalchemy.exc import IntegrityError

from finlit.channels.deliveries import wall_clock
from finlit.db import engine
from finlit.db.tables import WeChatToken
from finlit.wechat_settings import WeChatSettings

logger = logging.getLogger(__name__)

CALL_WITHIN = aiohttp.ClientTimeout(total=5, connect=3)
RENEW_BEFORE = timedelta(minutes=5)  # the platform keeps the old token valid for five minutes after a renewal
FETCH_WITHIN = timedelta(seconds=8)
TOKEN_INVALID = frozenset({40001, 40014, 42001})
NOT_PERMITTED = 48001

MEANINGS = {
    -1: "微信系统繁忙，稍后再试",
    40001: "access_token 无效或 AppSecret 不对：检查 WECHAT_APP_SECRET 是否与公众平台一致、是否被重置过",
    40003: "openid 不对：用户不是这个公众号的",
    40013: "AppID 不对：检查 WECHAT_APP_ID",
    40014: "access_token 不合法，会自动重新获取",
    40018: "菜单按钮的名字太长",
    40125: "AppSecret 不对：检查 WECHAT_APP_SECRET，或到公众平台重置",
    40164: "调用接口的服务器地址不在白名单：到公众平台「基本配置 → IP 白名单」加上这台服务器的公网地址",
    41004: "缺少 AppSecret：检查 WECHAT_APP_SECRET",
    42001: "access_token 过期，会自动重新获取",
    43004: "需要用户关注公众号",
    45009: "接口调用超过当日次数上限：明天再试，或在公众平台清零",
    45011: "调用太频繁，稍后再试",
    45015: "回复时间超过限制：用户 48 小时内没有来过消息，不能再主动发",
    45047: "客服消息条数超过上限：用户再发一条消息后才能继续发",
    48001: "没有这个接口的权限：未认证的订阅号没有客服消息和自定义菜单；认证后到「接口权限」确认",
    50002: "账号被限制，请登录公众平台查看通知",
    89503: "这次调用要管理员确认：请管理员在微信里通过",
}


class WeChatError(Exception):
    """The platform refused a call; the text is for operators, in Chinese."""

    def __init__(self, code: int, message: str = "") -> None:
        super().__init__(f"{code}：{MEANINGS.get(code, message or '微信没有说明原因')}")
        self.code = code


class Unreachable(Exception):
    """The call never got through; nothing was sent. The text is for operators, in Chinese."""


class FateUnknown(Exception):
    """The call was sent and no answer came: it may have been carried out."""


class TokenStore:
    """The account's access token in the database, shared by all processes."""

    def __init__(self, config: WeChatSettings, database: Callable[[], str], clock: Callable[[], datetime]) -> None:
        self._app_id = config.app_id
        self._database = database
        self._clock = clock
        key = hashlib.sha256(f"finlit wechat token {config.app_secret}".encode()).digest()
        self._fernet = Fernet(base64.urlsafe_b64encode(key))

    def read(self) -> tuple[str, datetime] | None:
        """Return token and end of validity; None when there is none that this app secret opens."""
        with engine.sessions(self._database())() as session:
            row = session.get(WeChatToken, self._app_id)
            if row is None or row.sealed is None:
                return None
            try:
                return self._fernet.decrypt(row.sealed.encode()).decode(), row.expires_at
            except InvalidToken:
                return None

    def may_fetch(self) -> bool:
        """Become the one process that fetches a token; False while another one does."""
        now = self._clock()
        free = or_(WeChatToken.fetching_until.is_(None), WeChatToken.fetching_until <= now)
        take = update(WeChatToken).where(WeChatToken.app_id == self._app_id, free)
        take = take.values(fetching_until=now + FETCH_WITHIN).execution_options(synchronize_session=False)
        sessions = engine.sessions(self._database())
        try:
            with sessions.begin() as session:
                if session.get(WeChatToken, self._app_id) is None:
                    session.add(WeChatToken(app_id=self._app_id))
        except IntegrityError:
            pass  # another process made the row
        with sessions.begin() as session:
            return bool(session.execute(take).rowcount)

    def write(self, token: str | None, lasts: timedelta) -> None:
        """Store a fetched token, or give up the fetching with None."""
        values: dict[str, Any] = {"fetching_until": None}
        if token:
            values |= {"sealed": self._fernet.encrypt(token.encode()).decode(), "expires_at": self._clock() + lasts}
        change = update(WeChatToken).where(WeChatToken.app_id == self._app_id).values(**values)
        with engine.sessions(self._database()).begin() as session:
            session.execute(change.execution_options(synchronize_session=False))


class WeChatApi:
    """The calls of one account. Make it and close it inside the event loop that uses it."""

    def __init__(
        self, config: WeChatSettings, database: Callable[[], str], clock: Callable[[], datetime] = wall_clock
    ) -> None:
        self._config = config
        self._clock = clock
        self._store = TokenStore(config, database, clock)
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def send_text(self, openid: str, text: str) -> None:
        """Send one text by customer-service message; raises WeChatError, Unreachable or FateUnknown."""
        await self.call(
            "/cgi-bin/message/custom/send", {"touser": openid, "msgtype": "text", "text": {"content": text}}
        )

    async def send_choices(self, openid: str, text: str, titles: Sequence[str]) -> None:
        """Send ``text`` with choices to tap; a tap comes back as a message with the choice's title."""
        choices = [{"id": str(number), "content": title} for number, title in enumerate(titles, start=1)]
        menu = {"head_content": text, "list": choices, "tail_content": ""}
        await self.call("/cgi-bin/message/custom/send", {"touser": openid, "msgtype": "msgmenu", "msgmenu": menu})

    async def call(self, path: str, content: dict[str, Any] | None = None) -> dict[str, Any]:
        """Call the API with the account's token, once more with a new one when the token is refused."""
        token = await self.token()
        try:
            return await self._request(path, content, token)
        except WeChatError as error:
            if error.code not in TOKEN_INVALID:
                raise
        return await self._request(path, content, await self.token(refused=token))

    async def token(self, refused: str | None = None) -> str:
        """Return a token that is not ``refused``; one process fetches, the others wait or use the old one."""
        deadline = self._clock() + FETCH_WITHIN
        while True:
            stored = await asyncio.to_thread(self._store.read)
            now = self._clock()
            usable = stored is not None and stored[0] != refused and stored[1] > now
            if usable and stored is not None and stored[1] - RENEW_BEFORE > now:
                return stored[0]
            if await asyncio.to_thread(self._store.may_fetch):
                try:
                    return await self._fetch(force=stored is not None and stored[0] == refused)
                except (WeChatError, Unreachable):
                    if not usable:
                        raise
            if usable and stored is not None:
                return stored[0]
            if now > deadline:
                raise Unreachable("另一个进程一直没有取到 access_token。")
            await asyncio.sleep(0.1)

    async def _fetch(self, force: bool) -> str:
        wanted = {
            "grant_type": "client_credential",
            "appid": self._config.app_id,
            "secret": self._config.app_secret,
            "force_refresh": force,
        }
        token, lasts = None, timedelta()
        try:
            answer = await self._request("/cgi-bin/stable_token", wanted)
            token, lasts = str(answer["access_token"]), timedelta(seconds=int(answer["expires_in"]))
        except (KeyError, ValueError, FateUnknown) as error:
            raise Unreachable("取 access_token 时微信的应答看不懂或没有等到。") from error
        finally:
            await asyncio.to_thread(self._store.write, token, lasts)
        return token

    async def _request(self, path: str, content: dict[str, Any] | None, token: str = "") -> dict[str, Any]:
        """Return the answer of one call; the token never gets into a log or an error."""
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=CALL_WITHIN)
        url, query = self._config.api_base + path, {"access_token": token} if token else {}
        method = "GET" if content is None else "POST"
        # WeChat shows \uXXXX as it stands, so the JSON must hold the characters themselves
        body = None if content is None else json.dumps(content, ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json; charset=utf-8"}
        try:
            async with self._session.request(
                method, url, params=query, data=body, headers=headers, allow_redirects=False
            ) as response:
                answer = json.loads(await response.read())
        except (aiohttp.ClientConnectorError, aiohttp.ServerTimeoutError) as error:
            raise Unreachable(f"连不上 {self._config.api_base}：{type(error).__name__}。") from error
        except (aiohttp.ClientError, asyncio.TimeoutError, ValueError) as error:
            raise FateUnknown(f"{path} 没有等到看得懂的应答：{type(error).__name__}。") from error
        if not isinstance(answer, dict):
            raise FateUnknown(f"{path} 的应答不是预期的样子。")
        if answer.get("errcode"):
            raise WeChatError(int(answer["errcode"]), str(answer.get("errmsg", "")))
        return answer
