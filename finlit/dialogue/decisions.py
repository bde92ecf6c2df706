"""What was decided about a message, for those who may claim it before it is answered."""

from __future__ import annotations

from typing import Any


def kind(data: dict[str, Any]) -> str:
    """Return the kind of decision in the parse result ``data``; empty when there is none.

    A sentence that only tells more about the talk counts as ``refused``: it is no topic of its own,
    so an open task or a proof of identity may take it as its answer.
    """
    decision = data.get("decision") or {}
    return "refused" if decision.get("told") else str(decision.get("kind") or "")
