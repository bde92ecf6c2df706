"""Penalty interest: overdue principal, days past due, the contract's rate."""

from __future__ import annotations

from finlit.figures import AMOUNT, DAYS, RATE
from finlit.tasks.calculator import Calculator, Figure
from finlit.tasks.task import Question

FEE_PENALTY_CALCULATE = Calculator(
    name="fee_penalty_calculate",
    intent="fee_penalty_calculate",
    questions=(
        Question(AMOUNT, Figure(AMOUNT), cues="本金|金额|欠款|欠了|借了|多少钱"),
        Question(DAYS, Figure(DAYS), cues="天数|几天|日期|到期日|逾期多久"),
        Question(RATE, Figure(RATE), cues="利率|年化|日息|月息|利息率"),
    ),
)
