"""Asking for a published change to be taken back: a draft of its own undoes it, and is published."""

from __future__ import annotations

from threading import Lock

from finlit.console import git
from finlit.console.drafts import Draft
from finlit.console.publishing import NotNow, Publisher, Wanted
from finlit.db.tables import Publication
from finlit.settings import Settings

_asking = Lock()  # two who ask for the same have one draft between them


def ask(publisher: Publisher, settings: Settings, publication: Publication, user: str, author: git.Author) -> int:
    """Ask for a rollback and return its number; raises NotNow, and leaves no draft behind then."""
    with _asking:
        publisher.must_be_free()
        draft = Draft(settings.root, f"rollback-{publication.id}")
        draft.open().discard()
        first = str(publication.message).splitlines()[0]
        try:
            draft.undo(str(publication.after_commit), author)
            return publisher.ask(Wanted("rollback", draft.name, user, f"回退 #{publication.id}：{first}"))
        except git.GitFailed as fault:
            draft.remove()
            raise NotNow("后来的发布改了同样的行，不能一键回退这一次：请先回退后来的，或在草稿里改回去。") from fault
        except NotNow:
            draft.remove()
            raise
