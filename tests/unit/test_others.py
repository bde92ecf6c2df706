import pytest

from finlit import settings
from finlit.accounts import others

PEOPLE = others.load(settings.PROJECT_ROOT / "data" / "other_people.yml")


@pytest.mark.parametrize(
    "text",
    ["帮我查下我老公欠多少", "我老婆借呗逾期几天了", "13812345678 这个人欠多少", "帮我查13812345678欠多少", "查一下我妈的还款计划",
     "我同事在你们这欠多少钱", "他到底借了多少", "她逾期了吗", "我爸名下有没有贷款", "138****5678逾期没", "看看我前夫的欠款",
     "一三八一二三四五六七八欠多少", "我男朋友还清了吗", "这个号码欠多少钱", "我弟欠你们多少", "帮我看下我儿子的征信"],
)  # fmt: skip
def test_a_question_about_somebody_else_is_heard(text):
    assert PEOPLE.in_question(text)


@pytest.mark.parametrize(
    "text",
    ["我现在欠多少", "我老公帮我还了，我还欠多少", "老公欠款老婆要还吗", "父母的欠款会坐牢吗", "姐 账单怎么看", "其他账单在哪看",
     "用朋友的账户还款可以吗", "催收打给我同事了怎么办", "我手机号13812345678，查下欠多少", "13812345678", "帮我查下欠款", "我爱人能替我还吗",
     "逾期会影响孩子上学吗", "我朋友推荐我来的，怎么借", "家人不知道我欠钱", "帮我查我逾期了没", "别人冒用我的身份借款怎么办"],
)  # fmt: skip
def test_ones_own_account_and_general_questions_are_not(text):
    assert not PEOPLE.in_question(text)
