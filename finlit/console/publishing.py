"""Publishing and taking back, step by step; each step is stored, so that a killed console goes on where it was.

A publication is measured, then becomes one commit in the editor's name on the published branch, then
its model goes to ``models/`` and the manifest, then every serving process must report it, then a few
real messages are sent, then all conversation tests run. A fault after the commit takes everything back.
"""

from __future__ import annotations

import json
import logging
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Any

from sqlalchemy import select

from finlit import training
from finlit.console import git, measuring, smoke
from finlit.console.drafts import EDITABLE, Conflict, Draft
from finlit.console.models import ModelFailed, Models, link_or_copy
from finlit.db import engine
from finlit.db.tables import ConsoleUser, Publication, ServingWorker
from finlit.settings import Settings

logger = logging.getLogger(__name__)

ALIVE = timedelta(seconds=12)  # a serving process reports every three seconds
SWITCH_WITHIN = 40.0
OPEN_STATES = ("waiting", "running")


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


def live_workers(settings: Settings, database: Any) -> list[ServingWorker]:
    """Return the serving processes that reported lately."""
    recent = ServingWorker.seen_at > settings.now() - ALIVE
    return list(database.scalars(select(ServingWorker).where(recent).order_by(ServingWorker.id)))


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
        with self._sessions.begin() as session:
            if session.scalar(select(Publication.id).where(Publication.state.in_(OPEN_STATES))):
                raise NotNow("另一次发布还没有结束，请等它结束。")
            waits = self._settings.console_needs_review and wanted.kind == "publish"
            row = Publication(
                kind=wanted.kind, draft=wanted.draft, user_name=wanted.user, message=wanted.message, reason=wanted.reason,
                before_commit=git.head(self._settings.root), state="waiting" if waits else "running",
                created_at=self._settings.now(),
            )  # fmt: skip
            session.add(row)
            session.flush()
            number = int(row.id)
        self._wake.set()
        return number

    def approve(self, number: int, reviewer: str) -> None:
        """Let a waiting publication go on; raises NotNow for one's own."""
        with self._sessions.begin() as session:
            row = session.get(Publication, number)
            if row is None or row.state != "waiting":
                raise NotNow("这次发布不在等待复核。")
            if row.user_name == reviewer:
                raise NotNow("自己的发布要由另一个人复核。")
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
            except Exception:  # noqa: BLE001 - a database that is down must not end the thread
                logger.exception("the publisher met a fault and goes on")
            self._wake.wait(2.0)
            self._wake.clear()

    def carry_out(self, number: int) -> None:
        """Do whatever is left to do of a running publication; its row says how it ended."""
        try:
            row = self._row(number)
            if not row.after_commit:
                self._prepare(number)
        except (measuring.Blocked, Conflict, ModelFailed, git.GitFailed, OSError) as fault:
            text = f"和已发布的修改冲突：{fault}。请先在「草稿」页合并。" if isinstance(fault, Conflict) else str(fault)
            self._end(number, "failed", f"没有发布：{text}")
            return
        try:
            self._deliver(number)
        except (measuring.Blocked, ModelFailed, smoke.SmokeFailed, git.GitFailed, OSError) as fault:
            self._say(number, "take_back", f"出了问题：{fault}。正在恢复上一版…")
            self._take_back(number)

    # Before anybody sees it -----------------------------------------------------------------------

    def _prepare(self, number: int) -> None:
        row = self._row(number)
        draft = Draft(self._settings.root, str(row.draft)).open()
        author = self._author(str(row.user_name))
        self._say(number, "merge", "并入已发布的修改")
        draft.catch_up(author)
        foreign = [name for name in draft.changed_files() if not name.startswith(EDITABLE)]
        if foreign:
            raise measuring.Blocked(f"草稿里有不属于内容的文件：{foreign[0]}。")
        if not draft.changed_files():
            raise measuring.Blocked("草稿和已发布的一样，没有可发布的。")
        self._say(number, "measure", "检查、训练、比较、演对话")
        report = self.measuring.report(draft, lambda step: self._say(number, "measure", step))
        self._store(number, report=json.dumps(report, ensure_ascii=False))
        reason = str(row.reason) if row.kind == "publish" else "回退"
        refusal = measuring.must_not_be_published(report, reason)
        if refusal:
            raise measuring.Blocked(refusal)
        self._say(number, "commit", "提交")
        before = str(git.head(self._settings.root))
        message = f"{row.message}\n\n{row.reason}".strip()
        tree = git.run(draft.folder, "rev-parse", "HEAD^{tree}").strip()
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
        self._move_published(str(row.before_commit), str(row.after_commit))
        self._say(number, "switch", "把新模型交给每个服务进程")
        source = draft.folder / "models" / str(row.after_model)
        if source.is_file() and not (self._settings.models_dir / source.name).is_file():
            link_or_copy(source, self._settings.models_dir / source.name)
        training.use(self._settings.models_dir, source.name, training.inputs_hash(self._settings.root))
        self._wait_for_workers(number, source.name)
        self._smoke(number)
        report = json.loads(str(row.report) or "{}")
        if not report.get("conversations", {}).get("all", True):
            self._say(number, "suite", "已经上线；再把全部对话测试演一遍")
            played = measuring.play_conversations(self._settings, self._settings.root)
            if played["failed"]:
                raise measuring.Blocked(f"上线后对话测试没有通过：{played['failed'][0]['title']}")
        if draft.exists() and draft.head() == report.get("draft"):
            draft.discard()  # the draft's changes are published: it starts from there
        self._end(number, "published", "完成。")

    def _wait_for_workers(self, number: int, model: str) -> None:
        deadline = time.monotonic() + SWITCH_WITHIN
        while True:
            with self._sessions() as session:
                workers = live_workers(self._settings, session)
                behind = [worker for worker in workers if worker.model != model]
                faults = [str(worker.fault) for worker in behind if model in str(worker.fault)]
            if faults:
                raise measuring.Blocked(f"服务进程不肯换：{faults[0]}")
            if not behind:
                self._say(
                    number, "switch", f"{len(workers)} 个服务进程都换好了" if workers else "现在没有服务进程在运行"
                )
                return
            if time.monotonic() > deadline:
                raise measuring.Blocked(f"{len(behind)} 个服务进程 {SWITCH_WITHIN:.0f} 秒还没有换好")
            time.sleep(0.25)

    def _smoke(self, number: int) -> None:
        with self._sessions() as session:
            if not live_workers(self._settings, session):
                return
        self._say(number, "smoke", "向正在运行的助手问几句")
        for words in smoke.talk(f"http://127.0.0.1:{self._settings.port}"):
            self._say(number, "smoke", f"  答：{words.splitlines()[0]}")
        self._store(number, live_at=True)

    def _move_published(self, before: str, after: str) -> None:
        """Bring files and branch of the published checkout from ``before`` to ``after``; may be repeated.

        Files come first, the branch last: a crash between leaves files that the next run writes again.
        Raises Blocked when somebody changed one of the files by hand.
        """
        root = self._settings.root
        if git.head(root) == after:
            return
        if git.head(root) != before:
            raise measuring.Blocked("已发布的分支刚刚被别人改过，请重新发布")
        lock = Path(git.run(root, "rev-parse", "--absolute-git-dir").strip()) / "index.lock"
        if lock.exists() and time.time() - lock.stat().st_mtime > 10:
            lock.unlink()  # a crash left it; git itself holds it for milliseconds
        names = git.changed_files(root, before, after)
        for name in names:
            path = root / name
            now = git.run(root, "hash-object", "--", name).strip() if path.exists() else ""
            known = {
                git.run(root, "ls-tree", "--format=%(objectname)", side, "--", name).strip() for side in (before, after)
            }
            if now not in known:
                raise measuring.Blocked(f"{name} 在服务器上有没提交的修改，先处理它")
        kept = git.run(root, "ls-tree", "-r", "--name-only", after, "--", *names).splitlines()
        if kept:
            git.run(root, "checkout", after, "--", *kept)
        for name in set(names) - set(kept):
            git.run(root, "rm", "--quiet", "--ignore-unmatch", "--cached", "--", name)
            (root / name).unlink(missing_ok=True)
        git.run(root, "update-ref", f"refs/heads/{git.branch(root)}", after, before)

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
                self._move_published(after, undo)
            if row.before_model and (self._settings.models_dir / str(row.before_model)).is_file():
                inputs = training.inputs_hash(self._settings.root)
                training.use(self._settings.models_dir, str(row.before_model), inputs)
                self._wait_for_workers(number, str(row.before_model))
        except (measuring.Blocked, git.GitFailed, OSError) as fault:
            self._end(number, "returned", f"没能完全恢复：{fault}。请管理员检查。")
            return
        self._end(number, "returned", "已经恢复到上一版，客户用的是原来的答案。修改仍在草稿里。")

    # Its row ----------------------------------------------------------------------------------------

    def _row(self, number: int) -> Publication:
        with self._sessions() as session:
            row = session.get(Publication, number)
            assert row is not None
            return row

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

    def _end(self, number: int, state: str, text: str) -> None:
        self._say(number, "", text)
        self._store(number, state=state, finished_at=self._settings.now())


def draft_for_rollback(settings: Settings, publication: Publication, author: git.Author) -> Draft:
    """Return a draft that undoes one publication; raises NotNow when later ones rest on it."""
    draft = Draft(settings.root, f"rollback-{publication.id}")
    draft.open().discard()
    try:
        draft.undo(str(publication.after_commit), author)
    except git.GitFailed as fault:
        raise NotNow("后来的发布改了同样的行，不能一键回退这一次：请先回退后来的，或在草稿里改回去。") from fault
    return draft
