"""Applying for relief: why, what can be paid each month, when to call, which loan."""

from __future__ import annotations

from finlit.tasks.readers import Amount, Choice, OneOf
from finlit.tasks.task import Question, Task

REASON, MONTHLY, CONTACT, LOAN = "reason", "monthly", "contact", "loan"

REASONS = {
    "lost_job": r"失业|失去工作|没(有)?(了)?工作|没班上|被裁|裁员|下岗|辞退|开除|离职|倒闭|关门|关了|破产|停产|丢了工作",
    "ill": r"生病|住院|手术|重病|大病|医药费|医疗费|治病|治疗|看病|癌|受伤|车祸|工伤|骨折|透析|化疗|抑郁",
    "income_down": r"降薪|减薪|收入(减少|少了|下降|降|没了|断|低)|没(有)?收入|工资(少|降|没发|发不出|拖|不发|没到)|"
    r"欠薪|拖欠|不发钱|没发钱|生意(不好|差|难|亏|失败|黄)|亏(了|本|损)|没(有)?(订单|活|单)|停工|活(少|不多)|业绩差",
    "family": r"家里|家人|老人|父母|爸|妈|孩子|小孩|老婆|老公|离婚|去世|过世|丧事|怀孕|生孩子|赡养|抚养",
    "disaster": r"水灾|洪水|火灾|着火|地震|台风|泥石流|灾",
}
CONTACT_TIMES = {
    "morning": "上午|早上|早晨|一早|中午前",
    "afternoon": "下午|中午|午后",
    "evening": "晚上|下班|傍晚|夜里|晚间|晚点",
    "weekend": "周末|周六|周日|周天|星期六|星期天|星期日|礼拜六|礼拜天|双休",
    "any": "随时|都行|都可以|都能|任何时间|白天|全天|不限|什么时候都|几点都",
}
_A_TIME = r"点|时|号|明天|后天|大后天|(周|星期|礼拜)[一二三四五]|工作日|平时"

HARDSHIP_APPLY = Task(
    name="hardship_apply",
    intent="hardship_apply",
    questions=(
        Question(REASON, Choice(REASONS, other=r"[\u4e00-\u9fff]{2}"), cues="原因|理由|情况", by_the_way=True),
        Question(MONTHLY, Amount(zero=True), cues="每月|每个月|一个月|月还|能还|还得起|还得了|承受|拿得?出|金额"),
        Question(CONTACT, Choice(CONTACT_TIMES, other=_A_TIME), cues="时间|联系|电话|打给我|回电"),
        Question(LOAN, OneOf(), cues="哪笔|哪一笔|借款|贷款|那笔", optional=True),
    ),
)
