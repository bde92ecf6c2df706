"""The quiz without Rasa: what is drawn, how an answer is read, what follows from it."""

import random
from dataclasses import replace
from datetime import date

import pytest

from finlit import quiz, settings
from finlit.content import checks, facts, link_checks, quiz_checks
from finlit.quiz import ROUND, Bank, draw
from finlit.tasks import phrases
from finlit.tasks.hearing import Heard, hear
from finlit.tasks.progress import ASKING, DONE, PAUSED, Entry, Move, step
from finlit.tasks.quiz import ANSWER, QUIZ_START, Picked, Round, settled
from finlit.tasks.readers import Unclear

TODAY = date(2026, 11, 23)
DATA = settings.PROJECT_ROOT / "data"
BANK = quiz.load(DATA / "quiz.yml")
REGISTRY = facts.load(DATA / "facts.yml")
WORDS = phrases.load(DATA / "task_words.yml")
OPTIONS = [
    {"code": "A", "title": "A. 逾期的那天"},
    {"code": "B", "title": "B. 欠款还清的那天"},
    {"code": "C", "title": "C. 一年有 5 次"},
    {"code": "D", "title": "D. 罚款 2 万元"},
]


def rng():
    return random.Random(7)


def started(entry=None, topic=None, bank=BANK):
    entry = entry or Entry("quiz_start")
    move = Move("start")
    return settled(step(QUIZ_START, entry, move), bank, True, topic, rng())


def picked(entry, letter, bank=BANK):
    values = {ANSWER: None if letter is None else {"code": letter, "words": ""}}
    move = Move("answer", values)
    return settled(step(QUIZ_START, entry, move), bank, False, None, rng())


def played(entry, bank=BANK, letter_of=lambda item: item.answer):
    """Play the round of ``entry`` to its end."""
    done = None
    while not Round.of(entry.kept).is_over:
        done = picked(entry, letter_of(Round.of(entry.kept).open_item(bank)), bank)
        entry = done.entry
    return done


# drawing


def test_a_round_asks_five_questions_of_five_topics():
    items = [BANK.items[each] for each in draw(BANK, (), None, rng())]
    assert len(items) == ROUND and len({item.topic for item in items}) == ROUND


def test_the_draw_depends_on_the_randomness_that_is_given_and_on_nothing_else():
    assert draw(BANK, (), None, random.Random(1)) == draw(BANK, (), None, random.Random(1))
    assert draw(BANK, (), None, random.Random(1)) != draw(BANK, (), None, random.Random(2))


def test_no_question_comes_twice_before_all_have_been_asked():
    entry, seen, notes = Entry("quiz_start"), [], []
    for _ in range(len(BANK.items) // ROUND):
        begun = started(entry)
        notes.append(begun.note)
        seen += Round.of(begun.entry.kept).ids
        entry = played(begun.entry).entry
        assert entry.stage == DONE
    assert len(seen) == len(set(seen)) == len(BANK.items) // ROUND * ROUND
    assert notes == ["started"] + ["again"] * (len(notes) - 1)


def test_when_all_have_been_asked_it_says_so_and_begins_with_those_seen_longest_ago():
    entry = Entry("quiz_start", kept=Round(seen=tuple(BANK.items)).as_json())
    begun = started(entry)
    assert begun.note == "all_seen"
    assert Round.of(begun.entry.kept).ids == tuple(BANK.items)[:ROUND]
    assert started(played(begun.entry).entry).note == "again"


def test_what_was_drawn_but_not_shown_comes_again_later():
    begun = started()
    first, *others = Round.of(begun.entry.kept).ids
    again = started(begun.entry)
    assert first in Round.of(again.entry.kept).seen
    assert not set(others) & set(Round.of(again.entry.kept).seen)


@pytest.mark.parametrize(
    ("text", "topic"),
    [("考考我征信", "credit"), ("来几道防骗的题", "scam"), ("我想学学逾期和征信", None), ("来个小测验", None)],
)
def test_a_named_topic_is_the_only_one_asked(text, topic):
    assert BANK.topic_in(text) == topic
    if topic is not None:
        ids = Round.of(started(topic=BANK.topic_in(text)).entry.kept).ids
        assert {BANK.items[each].topic for each in ids} == {topic}


def test_a_question_whose_fact_has_expired_is_not_asked_any_more():
    source = BANK.items["scam-unfreeze"].sources[0]
    expired = facts.Registry({source: replace(REGISTRY[source], until=date(2026, 1, 1))}, ())
    left = BANK.in_force(expired, TODAY)
    assert "scam-unfreeze" in BANK.items and "scam-unfreeze" not in left.items
    assert "credit-free" in left.items


def test_a_round_whose_questions_editors_removed_is_drawn_again():
    begun = started()
    gone = Round.of(begun.entry.kept).ids[0]
    rest = Bank(BANK.topics, {name: item for name, item in BANK.items.items() if name != gone})
    done = settled(step(QUIZ_START, begun.entry, Move("resume")), rest, False, None, rng())
    assert gone not in Round.of(done.entry.kept).ids and len(Round.of(done.entry.kept).ids) == ROUND


# reading


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("A", "A"), ("b", "B"), ("选c", "C"), ("选 B", "B"), ("我选Ｄ", "D"), ("应该是b吧", "B"), ("D选项", "D"),
        ("第二个", "B"), ("2", "B"), ("选3", "C"), ("第一个吧", "A"), ("四", "D"),
        ("欠款还清的那天", "B"), ("还清那天", "B"), ("从还清的那天开始", "B"), ("逾期那天", "A"),
        ("五次", "C"), ("2万", "D"), ("两万块", "D"),
    ],
)  # fmt: skip
def test_a_choice_is_known_by_letter_place_figure_or_words(text, code):
    assert Picked().answered(text, OPTIONS)["code"] == code


@pytest.mark.parametrize("text", ["A或者B", "选A还是C呢", "逾期的那天还是还清的那天"])
def test_what_fits_two_choices_is_asked_again(text):
    assert isinstance(Picked().answered(text, OPTIONS), Unclear)


@pytest.mark.parametrize(
    "text", ["不是A", "除了b都对", "E", "7", "第九个", "那天", "今天天气不错", "AB贷是什么", "vitamin d"]
)
def test_what_is_no_choice_is_none(text):
    assert Picked().answered(text, OPTIONS) is None


def move_at(entry, text, intent="nlu_fallback", decision="refused", choice=None):
    return hear(QUIZ_START, entry, Heard(text, TODAY, intent, decision, 0.9, choice), WORDS, True)


@pytest.mark.parametrize(
    ("text", "kind"),
    [("跳过", "skip"), ("下一题", "skip"), ("不知道", "skip"), ("没听懂", "explain"), ("不做了", "leave"), ("算了", "leave"),
     ("重新开始", "restart"), ("阿巴阿巴", "unreadable"), ("选b", "answer"), ("不对，我选b", "answer")],
)  # fmt: skip
def test_at_a_question_everything_else_can_still_be_said(text, kind):
    entry = Entry("quiz_start", ASKING, ANSWER, options=OPTIONS)
    assert move_at(entry, text).kind == kind


def test_a_question_put_in_between_is_no_answer():
    entry = Entry("quiz_start", ASKING, ANSWER, options=OPTIONS)
    assert move_at(entry, "等等，罚息怎么算？", "fee_penalty", "answered") is None
    assert move_at(entry, "罚息怎么算", "fee_penalty", "answered") is None


# judging


def test_a_right_a_wrong_and_a_skipped_answer_are_told_apart_and_the_next_question_follows():
    entry = started().entry
    item = Round.of(entry.kept).open_item(BANK)
    wrong = next(letter for letter in item.choices if letter != item.answer)
    for letter, note in ((item.answer, "right"), (wrong, "wrong"), (None, "passed")):
        done = picked(entry, letter)
        assert (done.do, done.note, Round.of(done.entry.kept).number) == ("ask", note, 2)
        assert done.entry.stage == ASKING


def test_after_five_answers_comes_the_result_with_what_was_missed():
    entry = started().entry
    second = Round.of(entry.kept).ids[1]

    def letter_of(item):
        return next(each for each in item.choices if (each == item.answer) != (item.id == second))

    done = played(entry, letter_of=letter_of)
    assert (done.do, done.entry.stage) == ("finish", DONE)
    state = Round.of(done.entry.kept)
    assert [item.id for item in state.missed(BANK)] == [second]


def test_three_answers_that_fit_nothing_put_the_quiz_aside_and_it_can_go_on():
    entry = started().entry
    for expected in ("ask", "ask", "gave_up"):
        done = settled(step(QUIZ_START, entry, Move("unreadable")), BANK, False, None, rng())
        assert done.do == expected
        entry = done.entry
    assert entry.stage == PAUSED
    resumed = settled(step(QUIZ_START, entry, Move("resume")), BANK, False, None, rng())
    assert (resumed.do, Round.of(resumed.entry.kept)) == ("ask", Round.of(entry.kept))


# checks

GOOD = """
topics:
  credit: {title: 征信, words: 征信}
questions:
- id: one
  topic: credit
  ask: 保存 5 年，从哪天算？
  choices:
    A: 还清那天
    B: 逾期那天
    C: 借款那天
  answer: A
  why: 从还清之日起算 5 年。
  source: F-CREDIT-01
  read: credit_record_retention
"""


def problems(tmp_path, text):
    path = tmp_path / "quiz.yml"
    path.write_text(text, encoding="utf-8")
    found = quiz_checks.questions(
        "data/quiz.yml", link_checks.compose(path), REGISTRY, frozenset({"credit_record_retention"}), TODAY
    )
    return [each for each in found if each.where.line > 1]  # the first line: too few in all


def test_a_good_question_has_no_problem(tmp_path):
    assert problems(tmp_path, GOOD) == []


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("answer: A", "answer: D", "不在选项里"),
        ("F-CREDIT-01", "F-CREDIT-99", "没有事实"),
        ("F-CREDIT-01", "F-XM-15", "置信低"),
        ("F-CREDIT-01", "F-CREDIT-05", "到期"),
        ("起算 5 年", "起算 7 年", "「7」不在所引的事实里"),
        ("从还清之日起算 5 年。", "不还的话 5 年自动消除。", "不能这样说"),
        ("B: 逾期那天", "B: 还清那天。", "两个选项一样"),
        ("    C: 借款那天\n", "", "三个或四个"),
        ("topic: credit", "topic: other", "没有写在 topics 里"),
        ("read: credit_record_retention", "read: nothing", "不存在"),
        ("  why: 从还清之日起算 5 年。\n", "", "缺了 'why'"),
        ("从还清之日起算 5 年。", "从还清之日起算。" * 60, "太长"),
    ],
)
def test_each_fault_of_a_question_is_found_at_its_line(tmp_path, old, new, message):
    found = problems(tmp_path, GOOD.replace(old, new))
    assert any(message in each.message for each in found)
    assert {each.where.line for each in found} == {5}


def test_the_same_question_twice_is_found(tmp_path):
    again = GOOD.split("questions:\n")[1].replace("id: one", "id: two")
    assert any("重复" in each.message for each in problems(tmp_path, GOOD + again))


def test_the_bank_has_at_least_forty_questions_and_the_check_says_when_it_has_not(tmp_path):
    assert len(BANK.items) >= quiz_checks.LEAST_QUESTIONS == 40
    path = tmp_path / "quiz.yml"
    path.write_text(GOOD, encoding="utf-8")
    found = list(quiz_checks.questions("q", link_checks.compose(path), REGISTRY, frozenset(), TODAY))
    assert any("至少要 40 道" in each.message for each in found)


def test_validate_runs_the_check():
    assert checks.QUIZ == "data/quiz.yml"
