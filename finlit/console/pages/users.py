"""Accounts and the audit trail, for administrators."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from sqlalchemy import delete, select

from finlit.console import accounts
from finlit.console.app import console, editor, needs, note, tell
from finlit.db.tables import ConsoleAudit, ConsoleSession, ConsoleUser
from finlit.db.tables.console import ROLES

pages = Blueprint("users", __name__)
SHOWN = 200
ACTIONS = {
    "login": "登录", "login_failed": "登录失败", "logout": "退出", "password": "改自己的密码", "save": "存进草稿",
    "draft": "处理草稿", "inbox": "处理收件箱", "measure": "训练并比较", "publish": "发布", "approve": "同意发布",
    "withdraw": "撤回发布", "rollback": "回退", "read_conversation": "看对话", "read_request": "看工单",
    "request_assign": "分派工单", "request_answer": "答复工单", "request_close": "办结工单",
    "handle_alert": "处理危机提醒", "add_user": "添加账号", "change_user": "改账号",
}  # fmt: skip


@pages.get("/users")
@needs("admin")
def show() -> Any:
    """List accounts and what was done lately."""
    with console().sessions() as session:
        found = session.scalars(select(ConsoleUser).order_by(ConsoleUser.name)).all()
        trail = session.scalars(select(ConsoleAudit).order_by(ConsoleAudit.id.desc()).limit(SHOWN)).all()
        return render_template("users.html", users=found, trail=trail, actions=ACTIONS)


@pages.post("/users")
@needs("admin")
def add() -> Any:
    """Add an account."""
    form = request.form
    try:
        with console().sessions.begin() as session:
            accounts.add_user(
                session, form.get("name", "").strip(), form.get("full_name", ""), form.get("email", ""),
                form.get("role", ""), form.get("password", ""), console().settings.now(),
            )  # fmt: skip
    except accounts.Refused as refusal:
        tell(str(refusal), "error")
    else:
        note("add_user", f"{form['name']}（{form['role']}）")
        tell(f"已添加 {form['name']}。请当面把密码告诉本人，并请本人登录后改掉。")
    return redirect(url_for("users.show"))


@pages.post("/users/<name>")
@needs("admin")
def change(name: str) -> Any:
    """Change a role, disable or enable an account, or give it a new password."""
    form = request.form
    with console().sessions.begin() as session:
        user = session.get(ConsoleUser, name)
        if user is None:
            abort(HTTPStatus.NOT_FOUND)
        if name == editor().name and (form.get("role", "admin") != "admin" or form.get("do") == "disable"):
            tell("不能收回自己的管理权限或停用自己。", "error")
            return redirect(url_for("users.show"))
        try:
            if form.get("do") == "disable":
                user.disabled_at = console().settings.now()
                session.execute(delete(ConsoleSession).where(ConsoleSession.user_name == name))
            elif form.get("do") == "enable":
                user.disabled_at = None
            elif form.get("do") == "password":
                accounts.set_password(session, user, form.get("password", ""))
            elif form.get("role") in ROLES:
                user.role = form["role"]
        except accounts.Refused as refusal:
            tell(str(refusal), "error")
            return redirect(url_for("users.show"))
    note("change_user", f"{name}：{form.get('do') or form.get('role')}")
    tell("已保存。")
    return redirect(url_for("users.show"))
