"""All guided tasks by name."""

from __future__ import annotations

from finlit.tasks.affordability import AFFORDABILITY_CHECK
from finlit.tasks.complaint import COMPLAINT
from finlit.tasks.fee_calculator import FEE_PENALTY_CALCULATE
from finlit.tasks.handoff import HUMAN_HANDOFF
from finlit.tasks.hardship import HARDSHIP_APPLY
from finlit.tasks.plan_compare import PLAN_COMPARE
from finlit.tasks.quiz import QUIZ_START
from finlit.tasks.task import Task

TASKS: dict[str, Task] = {
    task.name: task
    for task in (
        HARDSHIP_APPLY,
        COMPLAINT,
        HUMAN_HANDOFF,
        AFFORDABILITY_CHECK,
        FEE_PENALTY_CALCULATE,
        PLAN_COMPARE,
        QUIZ_START,
    )
}
