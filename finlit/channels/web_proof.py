"""What a page shows of an account only while the customer's proof holds: whoever opens the browser later sees none."""

from __future__ import annotations

from typing import Any

Turn = dict[str, Any]

# Beginnings of the names of answers that tell figures of an account; the general ones have no more behind the intent.
TELL_FIGURES = (
    "utter_account_status_", "utter_account_bill_", "utter_account_schedule_", "utter_account_payment_history_",
    "utter_account_credit_status_", "utter_hardship_apply_ask_loan", "utter_hardship_apply_explain_loan",
    "utter_hardship_apply_confirm", "utter_hardship_apply_done",
)  # fmt: skip
SUMMARY = "utter_task_explain_confirm"  # of any task: one about a loan holds its balance


def tells_figures(answer: str, text: str = "") -> bool:
    """Say whether the answer of this name, with this text, tells what stands in somebody's account."""
    return answer.startswith(TELL_FIGURES) or (answer == SUMMARY and "¥" in text)


def visible(turns: list[Turn], is_verified: bool) -> list[Turn]:
    """Return the turns as a page may show them: figures of the account go while nobody is verified.

    Such a turn keeps its number and moment and is marked ``hidden``; a tapped choice that named a figure goes as well.
    """
    if is_verified:
        return turns
    shown, titles = [], set()
    for turn in turns:
        if turn["from"] == "assistant" and tells_figures(_answer(turn), turn["text"]):
            titles |= {button["title"] for button in turn["buttons"] if "¥" in button["title"]}
            turn = {**turn, "text": "", "buttons": [], "custom": {}, "hidden": True}
        elif turn["from"] == "customer" and turn["text"] in titles:
            turn = {**turn, "text": "……"}
        shown.append(turn)
    return shown


def _answer(turn: Turn) -> str:
    return str(turn["custom"].get("answer") or "")
