"""All guided tasks by name."""

from __future__ import annotations

from finlit.tasks.affordability import AFFORDABILITY_CHECK
from finlit.tasks.task import Task

TASKS: dict[str, Task] = {task.name: task for task in (AFFORDABILITY_CHECK,)}
