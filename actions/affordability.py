"""How much of the income goes into debts: ``action_affordability_check``."""

from __future__ import annotations

from decimal import Decimal

from actions.guided import GuidedAction, Reply, Talk, Texts
from finlit.affordability import debt_to_income
from finlit.money import show, show_rate
from finlit.tasks.affordability import AFFORDABILITY_CHECK, ESSENTIALS, INCOME, PAYMENTS
from finlit.tasks.progress import Entry


class ActionAffordabilityCheck(GuidedAction):
    """Asks for income, essential spending and payments; answers with the ratio, its band and a table."""

    task = AFFORDABILITY_CHECK

    def finish(self, talk: Talk, entry: Entry, texts: Texts) -> Reply:
        """Weigh the payments; nothing is stored."""
        values = entry.values
        income, essentials, payments = (Decimal(values[name] or 0) for name in (INCOME, ESSENTIALS, PAYMENTS))
        burden = debt_to_income(income, [payments], essentials)
        rows = [(texts.item(INCOME), income), (texts.item(PAYMENTS), payments)]
        rows += [(texts.item(ESSENTIALS), essentials)] if values[ESSENTIALS] else []
        rows.append((texts.own("left_over"), burden.left))
        table = {
            "caption": texts.own("caption"),
            "columns": texts.own("columns").split("｜"),
            "rows": [[name, show(amount), show_rate(amount / income, burden.places)] for name, amount in rows],
        }
        fields = {
            "ratio": show_rate(burden.ratio, burden.places),
            "left": show(burden.left),
            "and_essentials": texts.own("with_essentials") if values[ESSENTIALS] else "",
            "table": table,
        }
        return Reply(f"{self.prefix}_{burden.band.name}", fields)
