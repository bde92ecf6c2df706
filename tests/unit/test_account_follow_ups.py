"""What is asked after an account answer, by the editors' own table."""

import pytest

from finlit.nlu.follow_up import FollowUps, Previous
from finlit.nlu.understanding import SLACK_WHEN_CLEAR
from finlit.settings import PROJECT_ROOT

TABLE = FollowUps.load(PROJECT_ROOT / "data" / "follow_ups.yml")
AFTER_STATUS = {
    "那每天多少罚息": "account_status/each_day",
    "一天罚多少啊": "account_status/each_day",
    "怎么算的": "account_status/steps",
    "这是怎么算出来的": "account_status/steps",
    "如果我明天先还一半呢": "account_status/what_if",
    "如果下周五还清呢": "account_status/what_if",
    "那我下个月15号先还三千块呢": "account_status/what_if",
    "要是先还五百": "account_status/what_if",
    "明天还呢": "account_status/what_if",
    "再拖十天呢": "account_status/what_if",
    "到月底才还呢": "account_status/what_if",
    "那先还三分之一呢": "account_status/what_if",
    "那全部还清要多少": "account_status/what_if",
    "先还一部分行吗": "account_status/what_if",
    "第二笔呢": "account_status",
    "那另外一笔呢": "account_status",
    "那还了会上征信吗": "account_credit_status/if_paid",
    "还清了会上征信吗": "account_credit_status/if_paid",
    "那会上征信吗": "account_credit_status/if_paid",
    "那上征信了吗": "account_credit_status",
    "那在哪还": "repay_how",
    "下一期什么时候还": "account_bill",
}


@pytest.mark.parametrize(("text", "target"), AFTER_STATUS.items())
def test_a_follow_up_after_the_account_status_is_heard(text, target):
    assert TABLE.by_table(text, Previous("account_status", "我现在欠多少")) == target


@pytest.mark.parametrize(
    "text",
    ["逾期会有什么后果", "我要借3000块", "你们电话多少", "年化18是多少利息", "还有12期没还怎么提前"],
)
def test_a_new_question_is_no_follow_up(text):
    assert TABLE.by_table(text, Previous("account_status", "我现在欠多少")) is None


@pytest.mark.parametrize("text", ["那先还500呢", "怎么算的", "每天多少罚息", "第二笔呢"])
def test_account_follow_ups_are_heard_after_account_answers_only(text):
    target = TABLE.by_table(text, Previous("product_intro", "你们是什么公司")) or ""
    assert not target.startswith("account_")


@pytest.mark.parametrize("text", ["2000", "那2000呢", "下周五呢"])
def test_a_figure_alone_after_the_account_status_asks_what_if(text):
    assert TABLE.by_figure(Previous("account_status", "我现在欠多少")) == "account_status/what_if"
    assert TABLE.only_changes_a_figure(text)


@pytest.mark.parametrize("text", ["下一期什么时候还", "那下期哪天还呢", "下一笔什么时候还", "下次什么时候还"])
@pytest.mark.parametrize("before", ["account_status", "account_bill", "account_credit_status"])
def test_when_the_next_one_is_due_is_the_customers_own_even_where_it_is_a_clear_question_by_itself(text, before):
    assert TABLE.by_table(text, Previous(before, "我现在欠多少"), SLACK_WHEN_CLEAR) == "account_bill"
