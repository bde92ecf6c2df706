"""The console's web application: who may come in, what every answer carries, where the pages are."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

from flask import Flask, abort, current_app, flash, g, redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from finlit.channels.addresses import client_address
from finlit.console import accounts, catalog, git, talks
from finlit.console.drafts import Draft
from finlit.console.models import Models
from finlit.console.publishing import Publisher
from finlit.db import engine
from finlit.db.tables import ConsoleUser
from finlit.settings import Settings

COOKIE = "finlit_console"
LOGIN_COOKIE = "finlit_console_login"
MOST_BYTES = 2 * 1024 * 1024
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
Route = TypeVar("Route", bound=Callable[..., Any])


class Console:
    """What the pages share: settings, database sessions, model processes, the publisher."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.sessions = engine.sessions(settings.database_url)
        self.models = Models(settings)
        self.publisher = Publisher(settings, self.models)
        self.working: dict[str, dict[str, Any]] = {}  # reports in the making, by draft


def console() -> Console:
    """Return what the pages of this application share."""
    return cast(Console, current_app.extensions["finlit"])


def editor() -> accounts.Editor:
    """Return who is signed in; only on pages behind ``needs``."""
    return cast(accounts.Editor, g.editor)


def author() -> git.Author:
    """Return in whose name the signed-in editor's commits are made."""
    return git.Author(editor().full_name, editor().email)


def draft() -> Draft:
    """Return the signed-in editor's draft, made when it is first needed."""
    if "draft" not in g:
        g.draft = Draft(console().settings.root, editor().name).open()
        g.draft.mend(author())
    return cast(Draft, g.draft)


def tell(message: str, kind: str = "done") -> None:
    """Show a sentence on the next page: ``done`` or ``error``."""
    flash(message, kind)


def save_and_tell(texts: dict[str, str], versions: dict[str, str], message: str) -> None:
    """Save files to the draft and show what the checks say about them now.

    Raises ``files.ChangedMeanwhile`` when one of them is not at its version; nothing is written then.
    """
    saved = draft().save(texts, versions, message, author())
    if saved.commit is None:
        tell("没有变化，文件一个字节也没动。")
        return
    note("save", message)
    after = catalog.of_draft(draft(), console().settings)
    wrong = [problem for file in texts for problem in after.problems_of(file) if problem.severity == "error"]
    if wrong:
        tell(f"已存进草稿，但有 {len(wrong)} 个错误要改：{wrong[0].message}", "error")
    else:
        tell("已存进草稿，检查通过。")


def address_of_request() -> str:
    """Return whose request it is: the client's address as our trusted proxies report it."""
    forwarded = request.headers.getlist("X-Forwarded-For")
    return client_address(request.remote_addr or "-", forwarded, console().settings.trusted_proxies)


def note(action: str, subject: str = "") -> None:
    """Add to the audit trail what the signed-in editor just did."""
    with console().sessions.begin() as session:
        name = editor().name if g.get("editor") else "-"
        accounts.note(session, name, action, subject, address_of_request(), console().settings.now())


def needs(role: str) -> Callable[[Route], Route]:
    """Let only editors with ``role`` reach a page; a form needs its token, too."""

    def wrap(page: Route) -> Route:
        @wraps(page)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            if g.get("editor") is None:
                if request.headers.get("Accept", "").startswith("application/json"):
                    return {"fault": "登录已过期，请重新登录。"}, HTTPStatus.UNAUTHORIZED
                target = request.full_path.rstrip("?") if request.method == "GET" else ""
                return redirect(url_for("auth.login", next=target or None))
            if not editor().may(role):
                abort(HTTPStatus.FORBIDDEN)
            given = request.form.get("csrf") or request.headers.get("X-CSRF-Token")
            if request.method != "GET" and not accounts.csrf_is_right(editor(), given):
                abort(HTTPStatus.BAD_REQUEST, "页面放得太久了，请刷新后再试。")
            return page(*args, **kwargs)

        return cast(Route, guarded)

    return wrap


def _same_site() -> None:
    """Refuse a form that another site sent."""
    origin = request.headers.get("Origin")
    if request.method != "GET" and origin is not None and urlsplit(origin).netloc != request.host:
        abort(HTTPStatus.FORBIDDEN)


def _who() -> None:
    token = request.cookies.get(COOKIE)
    g.editor = None
    if token:
        with console().sessions.begin() as session:
            g.editor = accounts.editor_of(session, token, console().settings.now())


def _with_headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.endpoint != "static":
        response.headers["Cache-Control"] = "no-store"
    return response


def _fault(error: HTTPException) -> tuple[str, int]:
    code = error.code or 500
    known = {
        400: "这个请求不完整，请返回再试。", 403: "您的角色不能做这件事。", 404: "没有这个页面。", 405: "不能这样打开这个页面。",
        413: "内容太大了。", 500: "后台出了问题，您的修改没有丢。请再试一次，还不行请找管理员。",
    }  # fmt: skip
    own = error.description if code == 400 and error.description and "。" in error.description else None
    return render_template("fault.html", message=own or known.get(code, known[500]), code=code), code


def _out_of_reach(error: talks.OutOfReach) -> tuple[str, int]:
    current_app.logger.error("the conversations can't be read", exc_info=error)
    message = "对话库现在连不上，不知道客户说了什么。请过一会儿再看，还不行请找管理员。"
    return render_template("fault.html", message=message, code=503), HTTPStatus.SERVICE_UNAVAILABLE


def _crash(error: Exception) -> tuple[str, int]:
    current_app.logger.exception("a page failed")
    return render_template(
        "fault.html", message="后台出了问题，您的修改没有丢。请再试一次，还不行请找管理员。", code=500
    ), 500


def create_app(settings: Settings) -> Flask:
    """Return the application; the publisher's thread is not started yet."""
    from finlit.console.pages import (
        answers,
        auth,
        content,
        facts,
        inbox,
        intents,
        overview,
        publications,
        queues,
        quiz,
        tables,
        trying,
        users,
    )  # fmt: skip

    app = Flask("finlit.console", template_folder="templates", static_folder="static")
    app.config.update(MAX_CONTENT_LENGTH=MOST_BYTES, MAX_FORM_MEMORY_SIZE=MOST_BYTES, MAX_FORM_PARTS=5000)
    # signs nothing but the sentences shown on the next page; who is signed in stands in the database
    app.secret_key = hashlib.sha256(f"console notes {settings.session_secret}".encode()).digest()
    app.config.update(SESSION_COOKIE_NAME="finlit_console_note", SESSION_COOKIE_SAMESITE="Strict")
    app.config.update(SESSION_COOKIE_SECURE=settings.is_production)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.extensions["finlit"] = Console(settings)
    app.before_request(_same_site)
    app.before_request(_who)
    app.after_request(_with_headers)
    app.register_error_handler(HTTPException, _fault)
    app.register_error_handler(talks.OutOfReach, _out_of_reach)
    app.register_error_handler(Exception, _crash)
    for part in (
        auth,
        overview,
        content,
        facts,
        tables,
        quiz,
        answers,
        intents,
        inbox,
        trying,
        publications,
        queues,
        users,
    ):
        app.register_blueprint(part.pages)
    app.context_processor(lambda: {"me": g.get("editor"), "roles": accounts.ROLE_TITLES, "csrf": _csrf_field})
    app.template_filter("local")(_local_time)
    app.template_filter("percent")(lambda value: f"{100 * value:.1f}%")
    return app


def _csrf_field() -> Markup:
    """Return the hidden field that every form of a signed-in editor carries."""
    return Markup('<input type="hidden" name="csrf" value="{}">').format(editor().csrf)


def _local_time(moment: Any) -> str:
    from finlit.settings import SHANGHAI

    return moment.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M") if moment else ""


def any_account(settings: Settings) -> bool:
    """Say whether somebody can sign in at all."""
    with engine.sessions(settings.database_url)() as session:
        return session.query(ConsoleUser).filter(ConsoleUser.disabled_at.is_(None)).first() is not None


def new_login_token() -> str:
    """Return a token that ties the login form to the browser that was given it."""
    return secrets.token_urlsafe(24)
