"""The editors' patterns; the unseen lines of tests/nlu/crisis.tsv are measured in tests/nlu."""

from pathlib import Path

import pytest

from finlit.nlu.crisis import CrisisSigns

SIGNS = CrisisSigns.load(Path(__file__).parents[2] / "data" / "crisis.yml")


@pytest.mark.parametrize(
    "said", ["我不想活了", "真想从楼上跳下去", "活着没意思", "想一了百了", "再催我就去死", "不如死了算了", "吃安眠药", "我想自鲨",
             "5000块还不上 不想活了", "来世再还你们吧"]
)  # fmt: skip
def test_a_sign_is_heard_wherever_it_stands(said):
    assert SIGNS.found_in(said)


@pytest.mark.parametrize(
    "said", ["气死我了", "跳楼价", "累死了还不上", "死期存款", "手机死机了", "死账怎么处理", "我爸去世了欠款怎么办", "穷死了",
             "我不会自杀的", "急死人了", "打死我也不还"]
)  # fmt: skip
def test_idioms_other_peoples_death_and_denials_are_not_signs(said):
    assert SIGNS.found_in(said) is None
