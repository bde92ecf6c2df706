"""What a message means in a guided task and what follows, without Rasa: one task with every kind of question."""

from datetime import date

import pytest

from finlit import settings as finlit_settings
from finlit.tasks import phrases
from finlit.tasks.hearing import Heard, hear
from finlit.tasks.progress import (
    ASKING,
    CONFIRMING,
    DONE,
    PAUSED,
    WAITING,
    Entry,
    Move,
    entries,
    put,
    step,
)
from finlit.tasks.readers import Amount, Choice, OneOf, Words
from finlit.tasks.task import Question, Task

TODAY = date(2026, 11, 23)
TASK = Task(
    name="sample",
    intent="hardship_apply",
    questions=(
        Question(
            "reason", Choice({"lost_job": "失业|没工作", "ill": "生病|住院"}, other=r"[\u4e00-\u9fff]{2}"), "原因"
        ),
        Question("amount", Amount(zero=True), "金额|每月还"),
        Question("rent", Amount(), "房租|租金"),
        Question("loan", OneOf(), "哪笔|借款", optional=True),
        Question("story", Words(), "经过"),
    ),
)
WORDS = phrases.load(finlit_settings.PROJECT_ROOT / "data" / "task_words.yml")
ALL = {"reason": {"code": "ill", "words": "住院"}, "amount": "800", "rent": "1200", "loan": None, "story": "说来话长"}


def said(text, intent="nlu_fallback", decision="refused", confidence=0.9, choice=None):
    return Heard(text, TODAY, intent, decision, confidence, choice)


def at(asked, stage=ASKING, **values):
    return Entry("sample", stage, asked, values)


def move_of(entry, heard, is_open=True):
    return hear(TASK, entry, heard, WORDS, is_open)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("算了", "leave"), ("取消", "leave"), ("那就不办了吧", "leave"), ("不想填了", "leave"), ("改天再说", "leave"),
        ("没听懂", "explain"), ("什么意思啊", "explain"), ("为什么要问这个", "explain"), ("怎么填", "explain"),
        ("重新开始", "restart"), ("从头来吧", "restart"), ("重填", "restart"),
        ("继续", "resume"), ("接着填吧", "resume"), ("回到刚才的申请", "resume"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("asked", ["reason", "amount", "loan", "story"])
def test_a_control_is_heard_at_every_kind_of_question(asked, text, kind):
    assert move_of(at(asked), said(text)).kind == kind


@pytest.mark.parametrize(
    ("asked", "text", "value"),
    [
        ("amount", "大概能还八百吧", "800"),
        ("amount", "1500", "1500"),
        ("amount", "1.2k", "1200.0"),
        ("amount", "一分钱都没有", "0"),
        ("rent", "房租两千三", "2300"),
        ("reason", "厂子关了我失业了", {"code": "lost_job", "words": "厂子关了我失业了"}),
        ("reason", "做生意被骗", {"code": "other", "words": "做生意被骗"}),
        ("story", "上周三你们催收打给我妈", "上周三你们催收打给我妈"),
    ],
)
def test_an_answer_is_read_in_the_customers_own_words(asked, text, value):
    move = move_of(at(asked), said(text))
    assert (move.kind, move.values[asked]) == ("answer", value)


def test_one_sentence_may_answer_several_questions():
    move = move_of(at("reason"), said("我失业了，每月还800，房租1200"))
    assert move.values["reason"]["code"] == "lost_job"
    assert (move.values["amount"], move.values["rent"]) == ("800", "1200")


@pytest.mark.parametrize("text", ["三五百", "一千多", "800或者900"])
def test_a_rough_figure_is_asked_again_and_never_guessed(text):
    move = move_of(at("amount"), said(text))
    assert (move.kind, move.question) == ("unclear", "amount")


def test_an_amount_that_is_named_for_another_question_does_not_answer_this_one():
    move = move_of(at("amount"), said("房租1200"))
    assert dict(move.values) == {"rent": "1200"}


@pytest.mark.parametrize("asked", ["reason", "amount", "loan", "story"])
@pytest.mark.parametrize("text", ["等等，罚息怎么算？", "我想问一下会上征信吗", "先问一下，罚息多少"])
def test_a_question_put_in_between_is_never_an_answer(asked, text):
    assert move_of(at(asked), said(text, "fee_penalty", "answered")) is None


@pytest.mark.parametrize(
    ("text", "intent"),
    [("你们会上门吗", "overdue_collection"), ("转人工", "human_handoff"), ("你是机器人吗", "bot_challenge")],
)
def test_a_question_or_a_request_is_heard_even_where_any_words_would_do(text, intent):
    assert move_of(at("story"), said(text, intent, "answered")) is None


def test_a_story_that_sounds_like_a_topic_is_still_the_story():
    move = move_of(at("story"), said("催收天天打电话骚扰我家里人，还说要上门", "overdue_collection", "answered"))
    assert move.kind == "answer"


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("不对，是900", "amount", "900"),
        ("说错了 应该是900块", "amount", "900"),
        ("金额改成900", "amount", "900"),
        ("每月还款写错了，是900", "amount", "900"),
        ("原因改成住院", "reason", {"code": "ill", "words": "住院"}),
    ],
)
@pytest.mark.parametrize("asked", ["rent", "loan", "story"])
def test_an_earlier_answer_can_be_corrected_at_a_later_question(asked, text, name, value):
    entry = at(asked, reason={"code": "lost_job", "words": "失业"}, amount="800")
    move = move_of(entry, said(text))
    assert (move.kind, dict(move.values)) == ("answer", {name: value})
    done = step(TASK, entry, move)
    assert (done.note, done.entry.values[name]) == ("changed", value)


def test_free_words_are_corrected_to_what_is_said_after_the_change():
    entry = Entry("sample", CONFIRMING, None, ALL)
    move = move_of(entry, said("经过改成：上周五他们打给我妈"))
    assert dict(move.values) == {"story": "上周五他们打给我妈"}


@pytest.mark.parametrize("text", ["好的", "嗯", "可以"])
def test_a_yes_is_no_answer_where_any_words_would_do(text):
    assert move_of(at("story"), said(text)).kind == "resume"


def test_a_question_how_far_a_request_is_belongs_to_no_task():
    asked = Heard("HX-20261124-7K3Q9M", TODAY, "hardship_apply", "answered", 1.0, None, "hardship_apply/status")
    for question in ("reason", "amount", "story"):
        assert move_of(at(question), asked) is None


def test_what_is_said_by_the_way_counts_and_its_sentence_is_not_the_answer():
    reason = Question("reason", TASK.questions[0].reader, "原因", by_the_way=True)
    task = Task("sample", "hardship_apply", (reason, TASK.questions[1]))
    given = task.read("我失业了，想申请延期，每月还800", None, TODAY)
    assert dict(given.values) == {"amount": "800", "reason": {"code": "lost_job", "words": ""}}


def test_changing_without_a_value_asks_that_question_again_and_then_goes_on():
    entry = at("story", reason={"code": "ill", "words": "住院"}, amount="800", rent="1200", loan=None)
    move = move_of(entry, said("改一下金额"))
    assert (move.kind, move.question) == ("change", "amount")
    done = step(TASK, entry, move)
    assert done.entry.asked == "amount"
    assert step(TASK, done.entry, Move("answer", {"amount": "500"})).entry.asked == "story"


def test_a_skip_is_taken_where_it_is_allowed_and_helps_where_it_is_not():
    entry = at("loan", reason={"code": "ill", "words": ""}, amount="800", rent="1200")
    skipped = step(TASK, entry, move_of(entry, said("跳过")))
    assert (skipped.entry.values["loan"], skipped.entry.asked) == (None, "story")
    asked = at("amount", reason={"code": "ill", "words": ""})
    helped = step(TASK, asked, move_of(asked, said("我不知道")))
    assert (helped.do, helped.entry.asked, helped.entry.bad) == ("not_known", "amount", 1)


def test_after_three_bad_answers_it_gives_up_and_keeps_what_was_said():
    entry = at("amount", reason={"code": "ill", "words": ""})
    for expected in ("ask", "ask", "gave_up"):
        done = step(TASK, entry, move_of(entry, said("阿巴阿巴")))
        assert done.do == expected
        entry = done.entry
    assert (entry.stage, entry.values["reason"]["code"]) == (PAUSED, "ill")
    resumed = step(TASK, entry, move_of(entry, said("继续"), is_open=False))
    assert (resumed.do, resumed.entry.asked, resumed.entry.bad) == ("ask", "amount", 0)


def test_nonsense_that_faintly_sounds_like_a_goodbye_is_an_answer_that_missed():
    assert move_of(at("amount"), said("咕噜咕噜", "goodbye", "answered", 0.5)).kind == "unreadable"
    assert move_of(at("amount"), said("再见", "goodbye", "answered", 0.99)) is None


def test_not_knowing_is_no_wish_for_an_explanation():
    assert move_of(at("rent"), said("不清楚", "clarify", "answered")).kind == "skip"
    assert move_of(at("rent"), said("没太看懂呀这里", "clarify", "answered")).kind == "explain"


def test_a_task_that_goes_on_asks_again_what_was_open():
    entry = at("rent", reason={"code": "ill", "words": ""}, amount="800")
    assert step(TASK, entry, move_of(entry, said("继续"))).entry.asked == "rent"


def test_what_is_out_of_range_is_told_from_what_is_unclear():
    entry = at("amount", reason={"code": "ill", "words": ""})
    done = step(TASK, entry, move_of(entry, said("九十亿")))
    assert (done.do, done.note, done.words) == ("ask", "beyond", "九十亿")


def test_a_good_answer_forgets_the_bad_ones():
    entry = at("amount", reason={"code": "ill", "words": ""})
    entry = step(TASK, entry, move_of(entry, said("阿巴阿巴"))).entry
    assert step(TASK, entry, move_of(entry, said("800"))).entry.bad == 0


def test_everything_is_confirmed_before_the_end():
    entry = at("story", **{name: ALL[name] for name in ALL if name != "story"})
    done = step(TASK, entry, move_of(entry, said("说来话长啊")))
    assert (done.do, done.entry.stage) == ("confirm", CONFIRMING)
    finished = step(TASK, done.entry, move_of(done.entry, said("确认提交")))
    assert (finished.do, finished.entry.stage) == ("finish", DONE)


@pytest.mark.parametrize(
    ("text", "kind"),
    [("不对", "object"), ("有错", "object"), ("取消", "leave"), ("啊啊呜呜", "unreadable"), ("金额改成500", "answer"),
     ("改一下房租", "change"), ("好的", "confirm"), ("没问题", "confirm"), ("没听懂", "explain")],
)  # fmt: skip
def test_at_the_summary_everything_can_still_be_said(text, kind):
    assert move_of(Entry("sample", CONFIRMING, None, ALL), said(text)).kind == kind


def test_nothing_but_a_plain_yes_confirms():
    for text in ("5000", "好像不对吧", "为什么", "等等，会上征信吗", "我再想想"):
        move = move_of(Entry("sample", CONFIRMING, None, ALL), said(text))
        assert move is None or move.kind != "confirm", text


def test_while_something_else_was_said_last_no_sentence_becomes_an_answer():
    assert move_of(at("story"), said("我真的撑不住了"), is_open=False) is None
    assert move_of(at("amount"), said("800"), is_open=False) is None
    assert move_of(Entry("sample", CONFIRMING, None, ALL), said("好"), is_open=False) is None
    assert move_of(at("story"), said("继续"), is_open=False).kind == "resume"


def test_an_offer_to_go_on_is_accepted_declined_or_answered_straight_away():
    offered = Entry("sample", ASKING, "amount", {"reason": ALL["reason"]}, offers=1)
    assert move_of(offered, said("好")).kind == "resume"
    assert move_of(offered, said("不")).kind == "leave"
    assert move_of(offered, said("800")).values == {"amount": "800"}


def test_a_task_that_waits_for_proof_of_identity_takes_no_answers():
    waiting = Entry("sample", WAITING, None, {})
    assert move_of(waiting, said("13812345678")) is None
    assert move_of(waiting, said("算了")).kind == "leave"


def test_a_button_means_its_choice_and_only_at_its_own_question():
    assert move_of(at("reason"), said("失业了", choice="lost_job")).values["reason"]["code"] == "lost_job"
    assert move_of(at("reason"), said("改金额", choice="change:amount")).question == "amount"
    assert move_of(at("amount"), said("失业了", choice="lost_job")) is None


def test_an_option_of_this_customer_is_named_by_title_or_place():
    options = [{"code": "L1", "title": "随星借 尾号01"}, {"code": "L2", "title": "小米分期 尾号02"}]
    entry = Entry("sample", ASKING, "loan", {}, options)
    assert move_of(entry, said("第二笔")).values["loan"]["code"] == "L2"
    assert move_of(entry, said("小米分期尾号02那个")).values["loan"]["code"] == "L2"
    assert move_of(entry, said("都要")).values["loan"]["code"] == "all"


def test_the_state_survives_being_stored():
    entry = Entry("sample", CONFIRMING, None, ALL, [{"code": "L1", "title": "一"}], 2, 1)
    (back,) = entries([entry.as_json()])
    assert back == entry and list(back.values) == list(ALL)
    assert Move.from_json(Move("answer", {"amount": "1"}, corrected=True).as_json()).values == {"amount": "1"}


def test_a_task_put_aside_waits_behind_the_one_in_hand():
    first, second = at("amount"), Entry("other", ASKING, "question")
    assert [each.task for each in put([first], second)] == ["other", "sample"]
    left = Entry("other", PAUSED, "question")
    assert [each.task for each in put(put([first], second), left)] == ["sample", "other"]
