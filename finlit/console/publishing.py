"""Publishing and taking back, step by step; each step is stored, so that a killed console goes on where it was.

A publication is measured, then becomes one commit in the editor's name on the published branch, then
its model goes to ``models/`` and the manifest, then every serving process must report it, then a few
real messages are sent, then all conversation tests run. A fault after the commit takes everything back.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from functools import partial
from threading import Event, Thread
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from finlit import training
from finlit.console import git, measuring, published
from finlit.console.drafts import EDITABLE, Draft
from finlit.console.faults import CHANGED_SINCE, told
from finlit.console.models import Models, link_or_copy
from finlit.db import engine
from finlit.db.tables import ConsoleUser, Publication
from finlit.settings import Settings

logger = logging.getLogger(__name__)

OPEN_STATES = ("waiting", "running")
STUCK = "stuck"  # the step of a publication that could not be taken back whole


class NotNow(ValueError):
    """The publication can't be asked for; the message says why."""


@dataclass(frozen=True)
class Wanted:
    """What somebody asks to publish."""

    kind: str
    draft: str
    user: str
    message: str
    reason: str = ""


class Publisher:
    """One thread that carries out publications, one after the other."""

    def __init__(self, settings: Settings, models: Models) -> None:
        self._settings = settings
        self._sessions = engine.sessions(settings.database_url)
        self._models = models
        self.measuring = measuring.Measuring(settings, models)
        self._wake = Event()
        self._stopping = False
        self._thread: Thread | None = None

    # Asking -------------------------------------------------------------------------------------

    def ask(self, wanted: Wanted) -> int:
        """Store a publication; it waits for a second person when that is required. Raises NotNow."""
        self.must_be_free()
        with self._sessions.begin() as session:
            waits = self._settings.console_needs_review and wanted.kind == "publish"
            row = Publication(
                kind=wanted.kind, draft=wanted.draft, user_name=wanted.user, message=wanted.message, reason=wanted.reason,
                asked_commit=self._head_of(wanted.draft),
                before_commit=git.head(self._settings.root), state="waiting" if waits else "running",
                created_at=self._settings.now(),
            )  # fmt: skip
            session.add(row)
            session.flush()
            number = int(row.id)
        self._wake.set()
        return number

    def must_be_free(self) -> None:
        """Raise NotNow while a publication waits or runs."""
        with self._sessions() as session:
            if session.scalar(select(Publication.id).where(Publication.state.in_(OPEN_STATES))):
                raise NotNow("另一次发布还没有结束，请等它结束。")

    def approve(self, number: int, reviewer: str) -> None:
        """Let a waiting publication go on; raises NotNow for one's own."""
        with self._sessions.begin() as session:
            row = session.get(Publication, number)
            if row is None or row.state != "waiting":
                raise NotNow("这次发布不在等待复核。")
            if row.user_name == reviewer:
                raise NotNow("自己的发布要由另一个人复核。")
            if row.asked_commit != self._head_of(str(row.draft)):
                raise NotNow(CHANGED_SINCE)
            row.reviewer, row.state = reviewer, "running"
        self._wake.set()

    def withdraw(self, number: int) -> None:
        """Drop a publication that waits for its reviewer."""
        with self._sessions.begin() as session:
            row = session.get(Publication, number)
            if row is None or row.state != "waiting":
                raise NotNow("这次发布不在等待复核。")
            row.state, row.finished_at = "failed", self._settings.now()
            row.log += "已撤回。\n"

    # The thread ---------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to work; what a killed console left running goes on."""
        self._thread = Thread(target=self._run, name="publisher", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopping = True
        self._wake.set()

    def _run(self) -> None:
        while not self._stopping:
            try:
                with self._sessions() as session:
                    query = select(Publication.id).where(Publication.state == "running").order_by(Publication.id)
                    number = session.scalar(query)
                if number is not None:
                    self.carry_out(int(number))
                    continue
            except SQLAlchemyError:
                logger.exception("the publisher can't reach the database and tries again")
            except Exception:  # the thread must not end: nobody else carries publications out
                logger.exception("a publication could not be ended as it should; it is given up")
                self._give_up()
            self._wake.wait(2.0)
            self._wake.clear()

    def carry_out(self, number: int) -> None:
        """Do whatever is left to do of a running publication; its row says how it ended."""
        try:
            if not self._row(number).after_commit:
                self._prepare(number)
        except SQLAlchemyError:
            raise
        except Exception as fault:  # noqa: BLE001 - whatever it was, customers keep what they have
            self._end(number, "failed", f"没有发布：{told(fault)}")
            return
        try:
            self._deliver(number)
        except SQLAlchemyError:
            raise
        except Exception as fault:  # noqa: BLE001 - whatever it was, customers get back what they had
            self._say(number, "take_back", f"出了问题：{told(fault)}。正在恢复上一版…")
            self._take_back(number)

    # Before anybody sees it -----------------------------------------------------------------------

    def _prepare(self, number: int) -> None:
        row = self._row(number)
        draft = Draft(self._settings.root, str(row.draft)).open()
        author = self._author(str(row.user_name))
        draft.mend(author)
        self._say(number, "merge", "并入已发布的修改")
        asked = draft.catch_up_from(str(row.asked_commit), author)
        self._store(number, asked_commit=asked)
        foreign = [name for name in draft.changed_files() if not name.startswith(EDITABLE)]
        if foreign:
            raise measuring.Blocked(f"草稿里有不属于内容的文件：{foreign[0]}。")
        if not draft.changed_files():
            raise measuring.Blocked("草稿和已发布的一样，没有可发布的。")
        self._say(number, "measure", "检查、训练、比较、演对话")
        # What is taken back was published once: it goes live first, its conversations are played after that.
        report = self.measuring.report(draft, partial(self._say, number, "measure"), play=row.kind == "publish")
        self._store(number, report=json.dumps(report, ensure_ascii=False))
        reason = str(row.reason) if row.kind == "publish" else "回退"
        refusal = measuring.must_not_be_published(report, reason)
        if refusal:
            raise measuring.Blocked(refusal)
        if {report["draft"], draft.head()} != {asked}:
            raise measuring.Blocked(measuring.CHANGED_MEANWHILE)
        self._say(number, "commit", "提交")
        before = str(git.head(self._settings.root))
        message = f"{row.message}\n\n{row.reason}".strip()
        tree = git.run(draft.folder, "rev-parse", f"{asked}^{{tree}}").strip()
        commit = git.run(draft.folder, "commit-tree", tree, "-p", before, "-m", message, author=author).strip()
        previous = training.current_model(self._settings.models_dir)
        self._store(
            number, after_commit=commit, before_commit=before, after_model=str(report["model"]["model"]),
            before_model=previous.name if previous else None,
        )  # fmt: skip

    # Before customers -----------------------------------------------------------------------------

    def _deliver(self, number: int) -> None:
        row = self._row(number)
        draft = Draft(self._settings.root, str(row.draft))
        self._say(number, "commit", "写入已发布的分支")
        published.move(self._settings.root, str(row.before_commit), str(row.after_commit))
        self._say(number, "switch", "把新模型交给每个服务进程")
        source = draft.folder / "models" / str(row.after_model)
        if source.is_file() and not (self._settings.models_dir / source.name).is_file():
            link_or_copy(source, self._settings.models_dir / source.name)
        inputs, learnt = training.inputs_hash(self._settings.root), training.learnt_hash(self._settings.root)
        training.use(self._settings.models_dir, source.name, inputs, learnt)
        if published.wait_for_workers(self._settings, self._sessions, source.name, partial(self._say, number)):
            published.ask_a_few_questions(self._settings, partial(self._say, number))
            self._store(number, live_at=True)
        report = json.loads(str(row.report) or "{}")
        if not report.get("conversations", {}).get("all", True):
            self._play_all(row)
        if row.kind == "publish" and draft.exists() and draft.head() == report.get("draft"):
            draft.discard()  # the draft's changes are published: it starts from there
        self._end(number, "published", "完成。")

    def _play_all(self, row: Publication) -> None:
        """Play every conversation test; a red one takes a publication back, and is told of a rollback."""
        number = int(row.id)
        self._say(number, "suite", "已经上线；再把全部对话测试演一遍")
        failed = measuring.play_conversations(self._settings, self._settings.root)["failed"]
        if failed and row.kind == "publish":
            raise measuring.Blocked(f"上线后对话测试没有通过：{failed[0]['title']}（{failed[0]['why']}）")
        if failed:
            self._say(number, "suite", f"回退后有 {len(failed)} 段对话测试没有通过，请看一看：{failed[0]['title']}")

    def _take_back(self, number: int) -> None:
        row = self._row(number)
        before, after = str(row.before_commit), str(row.after_commit)
        try:
            if git.head(self._settings.root) == after:
                tree = git.run(self._settings.root, "rev-parse", f"{before}^{{tree}}").strip()
                author = self._author(str(row.user_name))
                message = f"自动恢复：{str(row.message).splitlines()[0]}"
                undo = git.run(
                    self._settings.root, "commit-tree", tree, "-p", after, "-m", message, author=author
                ).strip()
                published.move(self._settings.root, after, undo)
            if row.before_model and (self._settings.models_dir / str(row.before_model)).is_file():
                inputs = training.inputs_hash(self._settings.root)
                training.use(self._settings.models_dir, str(row.before_model), inputs)
                say = partial(self._say, number)
                published.wait_for_workers(self._settings, self._sessions, str(row.before_model), say)
        except SQLAlchemyError:
            raise
        except Exception as fault:  # noqa: BLE001 - whatever it was, an administrator must hear of it
            self._end(number, "returned", f"没能完全恢复：{told(fault)}。请管理员检查。", step=STUCK)
            return
        self._end(number, "returned", "已经恢复到上一版，客户用的是原来的答案。修改仍在草稿里。")

    def _give_up(self) -> None:
        """End what runs as stuck, without touching anything else; a database that is away is waited for."""
        try:
            with self._sessions.begin() as session:
                for row in session.scalars(select(Publication).where(Publication.state == "running")):
                    row.state, row.step = "returned" if row.after_commit else "failed", STUCK
                    row.log, row.finished_at = f"{row.log or ''}后台自己出了错，请管理员检查。\n", self._settings.now()
        except SQLAlchemyError:
            logger.exception("the publisher can't reach the database and tries again")

    # Its row ----------------------------------------------------------------------------------------

    def _row(self, number: int) -> Publication:
        with self._sessions() as session:
            row = session.get(Publication, number)
            assert row is not None
            return row

    def _head_of(self, name: str) -> str | None:
        return draft.head() if (draft := Draft(self._settings.root, name)).exists() else None

    def _author(self, name: str) -> git.Author:
        with self._sessions() as session:
            user = session.get(ConsoleUser, name)
            assert user is not None
            return git.Author(str(user.full_name), str(user.email))

    def _store(self, number: int, live_at: bool = False, **values: Any) -> None:
        with self._sessions.begin() as session:
            row = session.get(Publication, number)
            assert row is not None
            if live_at:
                row.live_at = self._settings.now()
            for name, value in values.items():
                setattr(row, name, value)

    def _say(self, number: int, step: str, text: str) -> None:
        with self._sessions.begin() as session:
            row = session.get(Publication, number)
            assert row is not None
            row.step = step
            row.log = f"{row.log or ''}{text}\n"

    def _end(self, number: int, state: str, text: str, step: str = "") -> None:
        row = self._row(number)
        if row.kind == "rollback":  # its draft was made for it alone
            own = Draft(self._settings.root, str(row.draft))
            self._models.end(own.folder)
            own.remove()
        self._say(number, step, text)
        self._store(number, state=state, finished_at=self._settings.now())
