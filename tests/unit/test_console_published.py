"""The published branch moves whole or not at all, and who may ask for it to move."""

import subprocess
import threading
from dataclasses import replace

import pytest

from finlit import settings
from finlit.console import accounts, git, measuring, published
from finlit.console.drafts import Draft
from finlit.console.models import Models, environment_for
from finlit.console.pages import publications
from finlit.console.publishing import NotNow, Publisher, Wanted
from finlit.db import engine, tables
from tests.conftest import NOW

FILE, OTHER, NEW = "data/faq/fees.yml", "data/faq/loan.yml", "data/faq/new.yml"


def commit(root):
    for command in (["add", "-A"], ["commit", "-q", "-m", "x"]):
        subprocess.run(["git", "-c", "user.name=T", "-c", "user.email=t@example.org", *command], cwd=root, check=True)
    return git.head(root)


@pytest.fixture
def steps(tmp_path):
    """A checkout with two commits, at the first; returns root, first, second."""
    root = tmp_path / "root"
    (root / "data/faq").mkdir(parents=True)
    subprocess.run(["git", "init", "-q", "-b", "main"], cwd=root, check=True)
    (root / FILE).write_text("旧\n", encoding="utf-8")
    (root / OTHER).write_text("会去掉\n", encoding="utf-8")
    before = commit(root)
    (root / FILE).write_text("新\n", encoding="utf-8")
    (root / OTHER).unlink()
    (root / NEW).write_text("加上\n", encoding="utf-8")
    after = commit(root)
    git.run(root, "reset", "-q", "--hard", before)
    return root, before, after


def is_at(root, commit_):
    return git.head(root) == commit_ and git.run(root, "status", "--porcelain") == ""


def test_the_branch_and_its_files_move_and_come_back(steps):
    root, before, after = steps
    published.move(root, before, after)
    assert is_at(root, after) and not (root / OTHER).exists() and (root / NEW).read_text("utf-8") == "加上\n"
    published.move(root, before, after)
    assert is_at(root, after), "to repeat it changes nothing"
    back = git.run(
        root, "commit-tree", f"{before}^{{tree}}", "-p", after, "-m", "back", author=git.Author("T", "t@e.org")
    )
    published.move(root, after, back.strip())
    assert is_at(root, back.strip()) and (root / FILE).read_text("utf-8") == "旧\n"


def test_a_move_that_was_killed_after_some_files_is_finished_by_the_next_run(steps):
    root, before, after = steps
    git.run(root, "checkout", after, "--", FILE)
    published.move(root, before, after)
    assert is_at(root, after)


def test_a_file_that_somebody_changed_by_hand_is_not_written_over(steps):
    root, before, after = steps
    (root / FILE).write_text("手改的\n", encoding="utf-8")
    with pytest.raises(measuring.Blocked, match=FILE):
        published.move(root, before, after)
    assert git.head(root) == before and (root / FILE).read_text("utf-8") == "手改的\n"


def test_a_branch_that_moved_meanwhile_is_not_moved(steps):
    root, before, after = steps
    (root / NEW).write_text("别人的\n", encoding="utf-8")
    theirs = commit(root)
    with pytest.raises(measuring.Blocked, match="重新发布"):
        published.move(root, before, after)
    assert git.head(root) == theirs


@pytest.fixture
def publisher(steps, tmp_path):
    current = replace(
        settings.load(),
        root=steps[0],
        database_url=f"sqlite:///{tmp_path}/p.db",
        fixed_now=NOW,
        console_needs_review=True,
    )
    tables.Base.metadata.create_all(engine.engine_for(current.database_url))
    with engine.sessions(current.database_url).begin() as session:
        for name in ("lin", "wang"):
            accounts.add_user(session, name, name, f"{name}@example.org", "publisher", "correct horse 8", NOW)
    return Publisher(current, Models(current))


def test_a_publication_waits_for_a_second_person_and_only_one_goes_at_a_time(publisher):
    number = publisher.ask(Wanted("publish", "lin", "lin", "改了答案"))
    with pytest.raises(NotNow, match="另一次发布"):
        publisher.ask(Wanted("publish", "wang", "wang", "也改了"))
    with pytest.raises(NotNow, match="另一个人"):
        publisher.approve(number, "lin")
    publisher.approve(number, "wang")
    with pytest.raises(NotNow, match="不在等待"):
        publisher.withdraw(number)


def test_a_waiting_publication_is_withdrawn_and_a_rollback_waits_for_nobody(publisher):
    publisher.withdraw(publisher.ask(Wanted("publish", "lin", "lin", "改了答案")))
    back = publisher.ask(Wanted("rollback", "rollback-1", "lin", "回退"))
    with pytest.raises(NotNow, match="不在等待"):
        publisher.approve(back, "wang")


def saved(root, text):
    """Save ``text`` in lin's draft, as the console does."""
    draft = Draft(root, "lin").open()
    before = draft.read(FILE)[1]
    draft.save({FILE: text}, {FILE: before}, "改", git.Author("lin", "lin@example.org"))
    return draft


def test_what_was_changed_after_it_was_asked_for_is_not_approved_with_it(publisher, steps):
    saved(steps[0], "给人复核的\n")
    number = publisher.ask(Wanted("publish", "lin", "lin", "改了答案"))
    saved(steps[0], "复核以后又改的\n")
    with pytest.raises(NotNow, match="草稿又改过"):
        publisher.approve(number, "wang")


def test_what_is_saved_while_the_draft_is_measured_is_not_published_with_it(publisher, steps, monkeypatch):
    draft = saved(steps[0], "检查过的\n")
    number = publisher.ask(Wanted("publish", "lin", "lin", "改了答案"))
    publisher.approve(number, "wang")

    def report(measured, progress, play):
        head = measured.head()
        saved(steps[0], "没检查过的\n")
        return {
            "draft": head,
            "errors": [],
            "is_worse": False,
            "conversations": {"failed": []},
            "model": {"model": "m"},
        }

    monkeypatch.setattr(publisher.measuring, "report", report)
    monkeypatch.setattr(measuring, "must_not_be_published", lambda *_: "")
    publisher.carry_out(number)
    with engine.sessions(publisher._settings.database_url)() as session:
        row = session.get(tables.Publication, number)
        assert (row.state, row.after_commit) == ("failed", None) and "没有检查到" in row.log
    assert git.head(steps[0]) == steps[1] and draft.read(FILE)[0] == "没检查过的\n", (
        "nothing is published, nothing is lost"
    )


def test_whoever_tries_the_published_state_reaches_no_customer(publisher, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://bank/customers")
    monkeypatch.setenv("FINLIT_CODE_WEBHOOK_SECRET", "x" * 40)
    current = publisher._settings
    environment = environment_for(current, current.root)
    assert environment["DATABASE_URL"] == f"sqlite:///{current.root / 'var' / 'trying.db'}"
    assert (environment["FINLIT_CODE_SENDER"], environment["FINLIT_CODE_WEBHOOK_SECRET"]) == ("console", "")


@pytest.fixture
def workers(tmp_path, monkeypatch):
    """A function that writes what serving processes report, and one that waits for all of them."""
    current = replace(settings.load(), database_url=f"sqlite:///{tmp_path}/w.db", fixed_now=NOW)
    tables.Base.metadata.create_all(engine.engine_for(current.database_url))
    sessions = engine.sessions(current.database_url)
    monkeypatch.setattr(published, "SWITCH_WITHIN", 0.6)

    def report(**models):
        with sessions.begin() as session:
            session.query(tables.ServingWorker).delete()
            for name, model in models.items():
                session.add(tables.ServingWorker(id=name, model=model, switched_at=NOW, seen_at=NOW))

    return report, lambda: published.wait_for_workers(current, sessions, "new", lambda *_: None)


def test_a_publication_counts_when_every_process_has_the_new_model(workers):
    report, wait = workers
    report(one="new", two="new")
    assert wait() == 2
    report()
    assert wait() == 0, "nothing runs, nothing to wait for"
    report(one="new", two="old")
    with pytest.raises(measuring.Blocked, match="1 个服务进程"):
        wait()


def test_processes_that_fall_silent_while_they_switch_have_not_switched(workers):
    report, wait = workers
    report(one="old")
    gone = threading.Timer(0.2, report)
    gone.start()
    with pytest.raises(measuring.Blocked, match="没有声音"):
        wait()
    gone.join()


def test_a_publication_that_cannot_be_taken_back_whole_says_so(publisher, steps):
    root, _, _ = steps
    number = publisher.ask(Wanted("publish", "lin", "lin", "改了答案"))
    publisher._store(number, after_commit=git.head(root), before_commit="0" * 40)
    publisher._take_back(number)
    row = publisher._row(number)
    assert publications._state(row) == "没能完全恢复" and "请管理员检查" in row.log
