"""The published state: the branch that customers see, the processes that serve it, a few real questions to them."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from finlit.console import git, smoke
from finlit.console.measuring import Blocked
from finlit.db.tables import ServingWorker
from finlit.settings import Settings

ALIVE = timedelta(seconds=12)  # a serving process reports every three seconds
SWITCH_WITHIN = 40.0
STALE_LOCK = 10.0  # seconds; git itself holds its lock for milliseconds
Say = Callable[[str, str], None]  # step and what to show of it


def live_workers(settings: Settings, session: Session) -> list[ServingWorker]:
    """Return the serving processes that reported lately."""
    recent = ServingWorker.seen_at > settings.now() - ALIVE
    return list(session.scalars(select(ServingWorker).where(recent).order_by(ServingWorker.id)))


def wait_for_workers(settings: Settings, sessions: sessionmaker[Session], model: str, say: Say) -> int:
    """Return how many processes serve ``model`` as soon as all do; raises Blocked when one refuses or is too slow.

    None at all is right only when none was there at the beginning: processes that fall silent have not switched.
    """
    deadline, there_were_some = time.monotonic() + SWITCH_WITHIN, False
    while True:
        with sessions() as session:
            workers = live_workers(settings, session)
            behind = [worker for worker in workers if worker.model != model]
            faults = [str(worker.fault) for worker in behind if model in str(worker.fault)]
        if faults:
            raise Blocked(f"服务进程不肯换：{faults[0]}")
        there_were_some = there_were_some or bool(workers)
        if not behind and (workers or not there_were_some):
            say("switch", f"{len(workers)} 个服务进程都换好了" if workers else "现在没有服务进程在运行")
            return len(workers)
        if time.monotonic() > deadline:
            if not workers:
                raise Blocked("服务进程都没有声音了")
            raise Blocked(f"{len(behind)} 个服务进程 {SWITCH_WITHIN:.0f} 秒还没有换好")
        time.sleep(0.25)


def ask_a_few_questions(settings: Settings, say: Say) -> None:
    """Talk to the running assistant as a customer does; raises SmokeFailed."""
    say("smoke", "向正在运行的助手问几句")
    for words in smoke.talk(f"http://127.0.0.1:{settings.port}"):
        say("smoke", f"  答：{words.splitlines()[0]}")


def move(root: Path, before: str, after: str) -> None:
    """Bring files and branch of the published checkout from ``before`` to ``after``; may be repeated.

    Files come first, the branch last: a crash between leaves files that the next run writes again.
    Raises Blocked when somebody changed one of the files by hand.
    """
    if git.head(root) == after:
        return
    if git.head(root) != before:
        raise Blocked("已发布的分支刚刚被别人改过，请重新发布")
    lock = Path(git.run(root, "rev-parse", "--absolute-git-dir").strip()) / "index.lock"
    if lock.exists() and time.time() - lock.stat().st_mtime > STALE_LOCK:
        lock.unlink()  # a crash left it
    names = git.changed_files(root, before, after)
    for name in names:
        _refuse_hand_edit(root, name, (before, after))
    kept = git.run(root, "ls-tree", "-r", "--name-only", after, "--", *names).splitlines()
    if kept:
        git.run(root, "checkout", after, "--", *kept)
    for name in set(names) - set(kept):
        git.run(root, "rm", "--quiet", "--ignore-unmatch", "--cached", "--", name)
        (root / name).unlink(missing_ok=True)
    git.run(root, "update-ref", f"refs/heads/{git.branch(root)}", after, before)


def _refuse_hand_edit(root: Path, name: str, sides: tuple[str, str]) -> None:
    path = root / name
    now = git.run(root, "hash-object", "--", name).strip() if path.exists() else ""
    known = {git.run(root, "ls-tree", "--format=%(objectname)", side, "--", name).strip() for side in sides}
    if now not in known:
        raise Blocked(f"{name} 在服务器上有没提交的修改，先处理它")
