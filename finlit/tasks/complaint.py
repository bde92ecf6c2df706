"""A complaint: what happened, when, and what the customer wants, in their own words."""

from __future__ import annotations

from finlit.tasks.readers import Choice, Words
from finlit.tasks.task import Question, Task

HAPPENED, WHEN, WANTED = "happened", "when", "wanted"

WISHES = {
    "money_back": "退|返还|还我钱|赔",
    "stop": "停止|停下|别再|不要再|不准再|不许再|别打|别骚扰",
    "correct": "更正|改正|修改|删|撤销|消除|重新算|重算",
    "apology": "道歉|赔礼",
    "explain": "解释|说明|答复|说法|回复|交代|书面",
}

COMPLAINT = Task(
    name="complaint",
    intent="rights_complaint",
    questions=(
        Question(HAPPENED, Words(least=4), cues="经过|事情|内容"),
        Question(WHEN, Words(), cues="时间|日期|什么时候", optional=True),
        Question(WANTED, Choice(WISHES, other=r"[\u4e00-\u9fff]{2}"), cues="要求|诉求|希望|结果"),
    ),
)
