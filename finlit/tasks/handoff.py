"""A person: the question that is left for them."""

from __future__ import annotations

from finlit.tasks.readers import Words
from finlit.tasks.task import Question, Task

QUESTION = "question"

HUMAN_HANDOFF = Task(
    name="human_handoff",
    intent="human_handoff",
    questions=(Question(QUESTION, Words(), cues="问题|留言", optional=True),),
)
