"""What is published is what was asked for, seen by the reviewer and measured; the publisher goes on whatever happens."""

import threading

import pytest

from finlit.console import accounts, git, measuring, published, rollback
from finlit.console.drafts import Draft
from finlit.console.publishing import NotNow, Wanted
from finlit.db import tables
from tests.unit.test_console_published import FILE, publisher, steps  # noqa: F401 - the fixtures

LIN = git.Author("林编辑", "lin@example.org")


def save(draft, words):
    text, version = draft.read(FILE)
    assert draft.save({FILE: words}, {FILE: version}, words.strip(), LIN).commit


@pytest.fixture
def draft(steps):  # noqa: F811 - the fixture
    made = Draft(steps[0], "lin").open()
    save(made, "无害的改动\n")
    return made


@pytest.fixture
def measured(publisher, monkeypatch):  # noqa: F811 - the fixture
    """Nothing is really measured; what happens meanwhile is up to the test."""
    meanwhile = []

    def measure(self, draft, report, progress, play):
        for act in meanwhile:
            act()
        report.update(model={"model": "m.tar.gz"}, conversations={"failed": [], "all": True})

    monkeypatch.setattr(measuring.Measuring, "_measure", measure)
    monkeypatch.setattr(measuring, "problems_in", lambda draft, settings: [])
    monkeypatch.setattr(type(publisher), "_deliver", lambda self, number: self._end(number, "published", "完成。"))
    return meanwhile


def ask(publisher):  # noqa: F811 - the fixture
    return publisher.ask(Wanted("publish", "lin", "lin", "改了答案"))


def approved(publisher):  # noqa: F811 - the fixture
    number = ask(publisher)
    publisher.approve(number, "wang")
    publisher.carry_out(number)
    return publisher._row(number)


def test_what_was_asked_for_is_what_is_published(publisher, draft, measured):  # noqa: F811
    row = approved(publisher)
    assert row.state == "published", row.log
    assert git.run(draft.root, "show", f"{row.after_commit}:{FILE}") == "无害的改动\n"


def test_a_save_between_the_approval_and_the_merge_is_not_published(publisher, draft, measured, monkeypatch):  # noqa: F811
    say = publisher._say

    def say_and_save(number, step, text):
        if step == "merge":
            save(draft, "没人看过的话\n")
        say(number, step, text)

    monkeypatch.setattr(publisher, "_say", say_and_save)
    row = approved(publisher)
    assert row.state == "failed" and row.after_commit is None and "草稿又改过" in row.log


def test_what_was_saved_while_measuring_is_not_published(publisher, draft, measured):  # noqa: F811
    measured.append(lambda: save(draft, "没有量过的话\n"))
    row = approved(publisher)
    assert row.state == "failed" and row.after_commit is None and "草稿又改过" in row.log
    assert publisher.measuring.kept(draft) is None, "no figures of what was not measured"


def test_the_publisher_goes_on_after_a_fault_that_nobody_foresaw(publisher, draft, measured, monkeypatch):  # noqa: F811
    def fall(*_):
        raise KeyError("nobody foresaw it")

    monkeypatch.setattr(published, "move", fall)
    monkeypatch.setattr(type(publisher), "carry_out", fall)
    number = ask(publisher)
    publisher.approve(number, "wang")
    publisher.start()
    try:
        ended = threading.Event()
        for _ in range(50):
            if publisher._row(number).state != "running":
                break
            ended.wait(0.1)
        row = publisher._row(number)
        assert row.state == "failed" and "管理员" in row.log and publisher._thread.is_alive()
        publisher.must_be_free()
    finally:
        publisher.stop()


def test_a_fault_while_taking_back_ends_as_not_taken_back_whole(publisher, draft, monkeypatch):  # noqa: F811
    number = ask(publisher)
    head = git.head(draft.root)
    publisher._store(number, after_commit=head, before_commit=head)

    def fall(*_):
        raise KeyError("nobody foresaw it")

    monkeypatch.setattr(published, "move", fall)
    publisher._take_back(number)
    row = publisher._row(number)
    assert (row.state, row.step) == ("returned", "stuck") and "KeyError" in row.log


def test_a_refused_rollback_leaves_the_drafts_as_they_are(publisher, draft):  # noqa: F811
    root = draft.root
    row = tables.Publication(id=7, message="改了", after_commit=git.head(root))
    ask(publisher)
    with pytest.raises(NotNow, match="另一次发布"):
        rollback.ask(publisher, publisher._settings, row, "wang", LIN)
    assert not Draft(root, "rollback-7").exists()


def test_signs_beyond_ascii_in_a_forms_token_are_a_wrong_token():
    seen = accounts.Editor("lin", "林", "lin@example.org", "editor", "token")
    assert not accounts.csrf_is_right(seen, "令牌") and accounts.csrf_is_right(seen, "token")
