"""The two witnesses on small cases; the lines of tests/nlu/crisis*.tsv are measured in tests/nlu."""

from pathlib import Path

import pytest

from finlit.nlu.crisis import CRISIS, UNSURE, CrisisDetector, CrisisSigns, read_lines

SIGNS = CrisisSigns.load(Path(__file__).parents[2] / "data" / "crisis" / "signs.yml")


@pytest.mark.parametrize(
    "said", ["我不想活了", "真想从楼上跳下去", "活着没意思", "想一了百了", "再催我就去死", "不如死了算了", "吃安眠药", "我想自鲨",
             "5000块还不上 不想活了", "来世再还你们吧", "我想去死了", "只能去死了", "干脆去死吧", "要不我去死算了"]
)  # fmt: skip
def test_a_sign_is_heard_wherever_it_stands(said):
    assert SIGNS.found_in(said)


@pytest.mark.parametrize(
    "said", ["气死我了", "跳楼价", "累死了还不上", "死期存款", "手机死机了", "死账怎么处理", "我爸去世了欠款怎么办", "穷死了",
             "我不会自杀的", "急死人了", "打死我也不还", "叫催收去死吧", "对方叫我去死，怎么投诉", "你们都给我滚去死吧"]
)  # fmt: skip
def test_idioms_other_peoples_death_and_denials_are_not_signs(said):
    assert SIGNS.found_in(said) is None


@pytest.fixture(scope="module")
def detector():
    crisis = ["桥上的风真大，就到这里吧", "替我照顾好猫，以后不用等我了", "想一直睡下去", "把密码都写好留给我姐了"] * 3
    calm = [
        "桥对面的网点几点开门",
        "猫粮能分期吗",
        "睡前还款算今天吗",
        "把密码改了",
        "我没有想死，就是烦",
        "想一次还清",
    ] * 3
    analyzers = {"characters": lambda text: [text[i : i + n] for n in (1, 2) for i in range(len(text))],
                 "words": list}  # fmt: skip
    model = CrisisDetector.fit_model(crisis, calm, analyzers)
    return CrisisDetector(SIGNS, model, sure_at=0.4, unsure_at=-0.4, despite_at=0.9)


def test_a_veiled_sentence_like_those_of_the_editors_is_heard(detector):
    assert detector.hears("桥上的风真大，到这里吧") == CRISIS


def test_an_ordinary_question_is_left_alone(detector):
    assert detector.hears("网点几点开门") is None


def test_a_plain_sign_is_never_passed_over_even_where_the_model_hears_nothing(detector):
    assert detector.hears("网点几点开门 我不想活了") in (CRISIS, UNSURE)


def test_a_denial_is_no_alarm(detector):
    assert detector.hears("我没有想死，就是烦") is None


def test_remarks_and_empty_lines_are_not_sentences(tmp_path):
    path = tmp_path / "crisis.txt"
    path.write_text("# 说明\n\n  不想醒来 \n", encoding="utf-8")
    assert read_lines(path) == ["不想醒来"]
