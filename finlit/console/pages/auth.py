"""Signing in and out, one's own password."""

from __future__ import annotations

import hmac
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, abort, g, make_response, redirect, render_template, request, url_for

from finlit.console import accounts
from finlit.console.app import (
    COOKIE,
    LOGIN_COOKIE,
    address_of_request,
    console,
    editor,
    needs,
    new_login_token,
    note,
    tell,
)
from finlit.db.tables import ConsoleUser

pages = Blueprint("auth", __name__)


def _target(wanted: str | None) -> str:
    """Return a path of this console only, never another site."""
    parts = urlsplit(wanted or "")
    safe = wanted and not parts.scheme and not parts.netloc and wanted.startswith("/") and not wanted.startswith("//")
    return wanted if safe and wanted else url_for("overview.show")


@pages.route("/login", methods=["GET", "POST"])
def login() -> Any:
    """Show the form; check name and password."""
    if request.method == "GET":
        if g.editor is not None:
            return redirect(_target(request.args.get("next")))
        return _form("")
    cookie, given = request.cookies.get(LOGIN_COOKIE, ""), request.form.get("csrf", "")
    if not cookie or not hmac.compare_digest(cookie.encode(), given.encode()):
        return _form("页面放得太久了，请再登录一次。", HTTPStatus.BAD_REQUEST)
    name, password = request.form.get("name", ""), request.form.get("password", "")
    now, address = console().settings.now(), address_of_request()
    try:
        with console().sessions.begin() as session:
            token = accounts.sign_in(session, name, password, address, now)
            accounts.note(session, name.strip().lower()[:64], "login" if token else "login_failed", "", address, now)
    except accounts.Refused as refusal:
        return _form(str(refusal), HTTPStatus.TOO_MANY_REQUESTS)
    if token is None:
        return _form("用户名或密码不对。", HTTPStatus.UNAUTHORIZED)
    response = make_response(redirect(_target(request.form.get("next"))))
    secure = console().settings.is_production
    response.set_cookie(
        COOKIE, token, max_age=int(accounts.LONGEST.total_seconds()), httponly=True, samesite="Strict", secure=secure
    )
    response.delete_cookie(LOGIN_COOKIE)
    return response


def _form(fault: str, status: int = HTTPStatus.OK) -> Any:
    token = new_login_token()
    wanted = request.values.get("next", "")
    response = make_response(render_template("login.html", fault=fault, csrf=token, next=wanted), status)
    secure = console().settings.is_production
    response.set_cookie(LOGIN_COOKIE, token, max_age=3600, httponly=True, samesite="Strict", secure=secure)
    return response


@pages.post("/logout")
@needs("viewer")
def logout() -> Any:
    """End the session."""
    note("logout")
    with console().sessions.begin() as session:
        accounts.sign_out(session, request.cookies.get(COOKIE, ""))
    response = make_response(redirect(url_for("auth.login")))
    response.delete_cookie(COOKIE)
    return response


@pages.route("/me", methods=["GET", "POST"])
@needs("viewer")
def me() -> Any:
    """Change one's own password."""
    if request.method == "POST":
        with console().sessions.begin() as session:
            user = session.get(ConsoleUser, editor().name)
            if user is None:
                abort(HTTPStatus.NOT_FOUND)
            if not accounts.password_is_right(user, request.form.get("old", "")):
                tell("原来的密码不对。", "error")
                return redirect(url_for("auth.me"))
            try:
                accounts.set_password(session, user, request.form.get("new", ""))
            except accounts.Refused as refusal:
                tell(str(refusal), "error")
                return redirect(url_for("auth.me"))
        note("password")
        return redirect(url_for("auth.login"))
    return render_template("me.html")
