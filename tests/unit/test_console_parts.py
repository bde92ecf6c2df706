"""The console's parts without a browser: drafts on Git, inbox, figures, what a publication may not be."""

import subprocess
from datetime import date, datetime, timedelta, timezone

import pytest

from finlit.console import figures, git, inbox, measuring
from finlit.console.drafts import Conflict, Draft, NotEditable
from finlit.console.talks import Talk, Turn
from finlit.content import files
from finlit.text import fingerprint

LIN, WANG = git.Author("林编辑", "lin@example.org"), git.Author("王编辑", "wang@example.org")
FILE = "data/faq/fees.yml"
TEXT = "".join(f"第 {n} 行\n" for n in range(1, 21))


@pytest.fixture
def root(tmp_path):
    (tmp_path / "data/faq").mkdir(parents=True)
    (tmp_path / FILE).write_text(TEXT, encoding="utf-8")
    (tmp_path / ".gitignore").write_text("var/\n")
    for command in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", "Begin"]):
        name = ["-c", "user.name=T", "-c", "user.email=t@example.org"]
        subprocess.run(["git", *name, *command], cwd=tmp_path, check=True)
    return tmp_path


def change(draft, line, words, author):
    text, version = draft.read(FILE)
    new = text.replace(f"第 {line} 行\n", words + "\n")
    return draft.save({FILE: new}, {FILE: version}, f"改第 {line} 行", author)


def publish(root, draft):
    subprocess.run(["git", "merge", "-q", "--ff-only", draft.branch], cwd=root, check=True)


def test_a_save_is_a_commit_in_the_editors_name_and_a_save_without_change_is_none(root):
    draft = Draft(root, "lin").open()
    assert change(draft, 3, "第 3 行", LIN).commit is None
    assert change(draft, 3, "改过", LIN).commit
    assert [(save.author, save.message) for save in draft.history()] == [("林编辑", "改第 3 行")]
    assert (root / FILE).read_text() == TEXT, "customers see what is published"


def test_a_save_from_an_old_page_is_refused_and_writes_nothing(root):
    draft = Draft(root, "lin").open()
    _, seen = draft.read(FILE)
    change(draft, 3, "先存的", LIN)
    with pytest.raises(files.ChangedMeanwhile):
        draft.save({FILE: "盖掉\n"}, {FILE: seen}, "盖掉", LIN)
    assert "先存的" in draft.read(FILE)[0]


def test_only_content_can_be_changed(root):
    draft = Draft(root, "lin").open()
    for path in ("finlit/settings.py", "../../x", "/etc/passwd", "data/../finlit/x.py", ".git/config"):
        with pytest.raises(NotEditable):
            draft.path(path)


def test_changes_of_two_editors_in_different_lines_come_together(root):
    lin, wang = Draft(root, "lin").open(), Draft(root, "wang").open()
    change(lin, 2, "林改的", LIN)
    change(wang, 18, "王改的", WANG)
    publish(root, wang)
    assert lin.is_behind() and lin.catch_up(LIN) and not lin.is_behind()
    assert "林改的" in lin.read(FILE)[0] and "王改的" in lin.read(FILE)[0]


@pytest.mark.parametrize(("side", "stays"), [("mine", "林改的"), ("theirs", "王改的")])
def test_changes_in_the_same_line_are_decided_by_a_person(root, side, stays):
    lin, wang = Draft(root, "lin").open(), Draft(root, "wang").open()
    change(lin, 5, "林改的", LIN)
    change(wang, 5, "王改的", WANG)
    publish(root, wang)
    with pytest.raises(Conflict) as conflict:
        lin.catch_up(LIN)
    assert conflict.value.files == [FILE] and "林改的" in lin.read(FILE)[0]
    lin.settle({FILE: side}, LIN)
    assert stays in lin.read(FILE)[0] and not lin.is_behind()


def test_what_a_crash_left_uncommitted_is_found_again(root):
    draft = Draft(root, "lin").open()
    draft.path(FILE).write_text("写了没提交\n", encoding="utf-8")
    (draft._git_folder() / "index.lock").touch()
    Draft(root, "lin").open().mend(LIN)
    assert draft.history()[0].message == "找回未提交的修改"


def test_half_a_merge_that_a_crash_left_is_as_if_it_had_not_begun(root):
    draft = Draft(root, "lin").open()
    head = draft.head()
    (draft._git_folder() / "MERGE_HEAD").write_text(head + "\n")
    draft.mend(LIN)
    assert not (draft._git_folder() / "MERGE_HEAD").exists() and draft.head() == head


def test_a_lock_that_another_thread_holds_is_left_alone(root):
    draft = Draft(root, "lin").open()
    draft.mend(LIN)
    lock = draft._git_folder() / "index.lock"
    lock.touch()
    Draft(root, "lin").open().mend(LIN)
    assert lock.exists()


def test_one_save_is_undone_and_the_others_stay(root):
    draft = Draft(root, "lin").open()
    first = change(draft, 2, "甲", LIN).commit
    change(draft, 19, "乙", LIN)
    draft.undo(first, LIN)
    assert "第 2 行" in draft.read(FILE)[0] and "乙" in draft.read(FILE)[0]


NOON = datetime(2026, 11, 23, 4, 0, tzinfo=timezone.utc)


def talk(*turns):
    made = Talk("web-1")
    for n, (customer, text, intent, kind) in enumerate(turns, 1):
        made.turns.append(Turn(n, "web-1", "web", NOON + timedelta(minutes=n), customer, text, intent, kind))
    return made


def test_the_inbox_holds_what_fell_back_was_ambiguous_thumbed_down_or_led_to_a_person():
    said = talk(
        (True, "火星话一二三", "nlu_fallback", "refused"), (False, "没听懂", "", ""),
        (True, "逾期还是征信", "nlu_fallback", "asked"), (False, "您是想问", "", ""),
        (True, "明天天气", "out_of_scope", "answered"), (False, "不归我管", "", ""),
        (True, "怎么还款呀", "repay_how", "answered"), (False, "打开 App", "", ""),
        (True, "罚息咋算", "fee_penalty", "answered"), (False, "按天算", "", ""),
        (True, "转人工", "human_handoff", "answered"), (False, "好的", "", ""),
        (True, "我不想活了", "crisis", "answered"),
    )  # fmt: skip
    found = inbox.missed([said], {"web-1": {8}})
    assert [(m.turn.text, m.reason) for m in found] == [
        ("火星话一二三", "refused"), ("逾期还是征信", "asked"), ("明天天气", "out_of_scope"), ("怎么还款呀", "down"),
        ("罚息咋算", "person"),
    ]  # fmt: skip


def test_the_inbox_groups_by_likeness_and_forgets_what_was_learned_or_ignored():
    said = talk(
        (True, "能不能晚几天再还", "x", "refused"), (True, "能不能晚几天再还款", "x", "refused"),
        (True, "能不能晚几天再还", "x", "refused"), (True, "基金怎么买", "x", "refused"), (True, "忽略我吧", "x", "asked"),
    )  # fmt: skip
    found = inbox.missed([said], {})
    groups = inbox.groups(found, learned=set(), decided={inbox.mark_of("忽略我吧")})
    assert [group.count for group in groups] == [3, 1]
    assert groups[0].sentences[0] == ("能不能晚几天再还", 2)
    assert [g.count for g in inbox.groups(found, {fingerprint("能不能晚几天再还")}, {inbox.mark_of("忽略我吧")})] == [
        1,
        1,
    ]


def test_figures_of_a_day_are_counted_by_hand():
    said = talk((True, "a", "x", "answered"), (False, "b", "", ""), (True, "c", "nlu_fallback", "refused"),
                (True, "d", "human_handoff", "answered"))  # fmt: skip
    today, yesterday = date(2026, 11, 23), date(2026, 11, 22)
    found = figures.days([said], [(today, 1), (today, -1), (today, 1)], today, 2)
    assert [day.day for day in found] == [yesterday, today]
    last = found[1]
    assert (last.conversations, last.questions, last.missed, last.handoffs, last.up, last.down) == (1, 3, 1, 1, 2, 1)
    assert last.miss_rate == pytest.approx(1 / 3) and found[0].miss_rate is None
    assert figures.by_channel([said]) == [("web", 1, 3, pytest.approx(1 / 3))]


def test_a_plot_shows_its_numbers_and_lets_no_name_break_out():
    svg = figures.bars("每天", [("<b>", 3), ("x", 6), ("y", None)])
    assert svg.count("<rect") == 2 and "&lt;b&gt;：3" in svg and "<b>" not in svg


def test_faults_and_failed_conversations_block_and_worse_figures_need_a_reason():
    blocked = measuring.must_not_be_published
    assert "1 个错误" in blocked({"errors": ["x"]}, "理由")
    assert "没有通过" in blocked({"errors": [], "conversations": {"failed": [{"title": "t"}]}}, "理由")
    worse = {"errors": [], "conversations": {"failed": []}, "is_worse": True}
    assert "理由" in blocked(worse, " ") and blocked(worse, "样本太少") is None
    assert blocked({**worse, "is_worse": False}, "") is None
