"""A double of WeChat's API on loopback, for tests and for ``finlit wechat simulate``: real HTTP, no network.

``WECHAT_API_BASE`` points the assistant to it. It keeps what was sent, and fails as it is told to.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

_NO_MENU = {"errcode": 46003, "errmsg": "menu no exist"}


class WeChatDouble:
    """``with WeChatDouble(app_id, secret) as double:``; ``double.url`` is the address to call."""

    def __init__(
        self, app_id: str, app_secret: str, port: int = 0, on_send: Callable[[dict[str, Any]], None] | None = None
    ) -> None:
        self._account = (app_id, app_secret)
        self._on_send = on_send
        self._lock = threading.Lock()
        self.tokens_made = 0
        self.valid_token = ""
        self.token_lasts = 7200  # seconds
        self.sent: list[dict[str, Any]] = []
        self.menu: dict[str, Any] | None = None
        self.errors: dict[str, int] = {}  # path → errcode of each call
        self.slow: dict[str, float] = {}  # path → seconds before the answer
        self._server = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def on_send(self, call: Callable[[dict[str, Any]], None]) -> None:
        """Call ``call`` with each customer-service message from now on, from a thread of ours."""
        self._on_send = call

    def __enter__(self) -> WeChatDouble:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, path: str, query: dict[str, list[str]], content: dict[str, Any]) -> dict[str, Any]:
        """Return what the platform would answer."""
        time.sleep(self.slow.get(path, 0))
        if path in self.errors:
            return {"errcode": self.errors[path], "errmsg": "as told"}
        with self._lock:
            if path == "/cgi-bin/stable_token":
                return self._token(content)
            if query.get("access_token", [""])[0] != self.valid_token or not self.valid_token:
                return {"errcode": 40001, "errmsg": "invalid credential"}
            return self._call(path, content)

    def _token(self, content: dict[str, Any]) -> dict[str, Any]:
        if content.get("appid") != self._account[0]:
            return {"errcode": 40013, "errmsg": "invalid appid"}
        if content.get("secret") != self._account[1]:
            return {"errcode": 40125, "errmsg": "invalid appsecret"}
        if not self.valid_token or content.get("force_refresh"):
            self.renew_token()
        return {"access_token": self.valid_token, "expires_in": self.token_lasts}

    def renew_token(self) -> None:
        """Make the present token invalid."""
        self.tokens_made += 1
        self.valid_token = f"token-{self.tokens_made}"

    def _call(self, path: str, content: dict[str, Any]) -> dict[str, Any]:
        if path == "/cgi-bin/message/custom/send":
            self.sent.append(content)
            if self._on_send is not None:
                self._on_send(content)
        elif path == "/cgi-bin/menu/create":
            self.menu = content
        elif path == "/cgi-bin/menu/get":
            return {"menu": self.menu} if self.menu else dict(_NO_MENU)
        return {"errcode": 0, "errmsg": "ok"}

    def _handler(double: WeChatDouble) -> type[BaseHTTPRequestHandler]:  # noqa: N805 - the handler has a self of its own
        class Handler(BaseHTTPRequestHandler):
            def _serve(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                raw = self.rfile.read(length)
                address = urlsplit(self.path)
                answer = double.answer(address.path, parse_qs(address.query), json.loads(raw) if raw else {})
                body = json.dumps(answer, ensure_ascii=False).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = _serve  # noqa: N815 - the base class's names

            def log_message(self, *_arguments: object) -> None:
                """Say nothing: tokens stand in the address."""

        return Handler
