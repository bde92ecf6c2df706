"""The first page: what waits, how the assistant does, what serves customers now."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Blueprint, render_template, request
from markupsafe import Markup
from sqlalchemy import func, select

from finlit.console import catalog, figures, git, published, talks
from finlit.console.app import console, draft, needs
from finlit.console.pages import inbox
from finlit.db.tables import AnswerFeedback, Publication, StaffAlert
from finlit.requests import queue
from finlit.settings import SHANGHAI

pages = Blueprint("overview", __name__)
SPANS = (7, 14, 30)


@pages.get("/")
@needs("viewer")
def show() -> Any:
    """Show the overview."""
    current = console().settings
    span = next((days for days in SPANS if request.args.get("days") == str(days)), 14)
    since = current.now() - timedelta(days=span)
    found = talks.read(current.tracker_database, since)
    with console().sessions() as session:
        given = session.execute(
            select(AnswerFeedback.given_at, AnswerFeedback.rating).where(AnswerFeedback.given_at >= since)
        )
        ratings = [(at.astimezone(SHANGHAI).date(), rating) for at, rating in given]
        alerts = session.scalar(select(func.count()).select_from(StaffAlert).where(StaffAlert.handled_at.is_(None)))
        counts = queue.counts(session)
        workers = published.live_workers(current, session)
        last = session.scalar(
            select(Publication).where(Publication.state == "published").order_by(Publication.id.desc())
        )
    daily = figures.days(found, ratings, current.now().date(), span)
    here = catalog.of_draft(draft(), current)
    today = current.now().date()
    registry = here.registry.facts.values() if here.registry else ()
    expiring = sorted((fact for fact in registry if fact.until and fact.until >= today), key=lambda f: f.until)[:5]  # type: ignore[arg-type,return-value]
    plots = [
        ("每天的对话", figures.bars("每天的对话", [(f"{d.day:%m-%d}", d.conversations) for d in daily])),
        ("没答好的比例", figures.bars("没答好的比例", [
            (f"{d.day:%m-%d}", None if d.miss_rate is None else round(100 * d.miss_rate, 1)) for d in daily], "%")),
    ]  # fmt: skip
    return render_template(
        "overview.html", daily=daily, plots=[(title, Markup(svg)) for title, svg in plots], spans=SPANS, span=span,
        top=figures.top_intents(found), channels=figures.by_channel(found), alerts=alerts,
        open_requests=sum(count for (_, state), count in counts.items() if state in ("open", "assigned")),
        waiting=sum(group.count for group in inbox.waiting()), workers=workers, last=last, catalog=here,
        changed=draft().changed_files(), expiring=expiring, commit=git.head(current.root)[:10],
        questions={row.label: row.question for row in here.intents},
    )  # fmt: skip
