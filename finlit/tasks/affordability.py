"""How much of the income goes into debts: income, essential spending, existing payments, each month in yuan."""

from __future__ import annotations

from finlit.tasks.readers import Amount
from finlit.tasks.task import Question, Task

INCOME, ESSENTIALS, PAYMENTS = "income", "essentials", "payments"

AFFORDABILITY_CHECK = Task(
    name="affordability_check",
    intent="affordability_check",
    questions=(
        Question(INCOME, Amount(), cues="收入|工资|薪|到手|月入|挣|赚|发的?钱"),
        Question(
            ESSENTIALS,
            Amount(zero=True),
            cues="开支|开销|支出|花销|花费|生活费|房租|租金|吃饭|吃喝|必须花|必需|日常|家用",
            optional=True,
        ),
        Question(
            PAYMENTS, Amount(zero=True), cues="还款|月供|每月还|每个月还|一个月还|还贷|房贷|车贷|贷款|分期|欠款|要还|供"
        ),
    ),
    confirms=False,
    lingers=True,
)
