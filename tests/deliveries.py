"""What a lender's core system would export: the demo customers' accounts as a delivery."""

import csv
from pathlib import Path

from sqlalchemy import select

from finlit.db import engine, tables
from finlit.db.delivery.columns import BY_NAME, FILES
from finlit.settings import SHANGHAI

AS_OF = "2026-11-23 06:00:00"
RENAMED = {
    "customers": {"customer_id": "id"},
    "credit_lines": {"credit_line_id": "id"},
    "loans": {"loan_id": "id"},
}


def write(folder, files):
    """Write ``{name: [row, …]}`` with the columns of the description; a row is a dict."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in files.items():
        columns = list(rows[0]) if rows else [column.name for column in BY_NAME[name].columns]
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as opened:
            writer = csv.DictWriter(opened, columns)
            writer.writeheader()
            writer.writerows(rows)
    return folder


def of_database(url):
    """Return the accounts in a database as the rows of a delivery."""
    with engine.sessions(url)() as session:

        def everything(table):
            return session.execute(select(table).order_by(table.id)).scalars().all()

        rows = {"delivery": [{"as_of": AS_OF}]}
        kinds = {
            "customers": tables.Customer, "contact_points": tables.ContactPoint, "credit_lines": tables.CreditLine,
            "loans": tables.Loan, "instalments": tables.Instalment, "repayments": tables.Repayment,
            "allocations": tables.Allocation, "credit_events": tables.CreditEvent,
        }  # fmt: skip
        for file in FILES:
            rows[file.name] = [_row(file, each) for each in everything(kinds[file.name])]
        return rows


def _row(file, row):
    special = {
        ("allocations", "reference"): lambda: row.repayment.reference,
        ("allocations", "number"): lambda: row.instalment.number,
        ("credit_events", "about"): lambda: row.about and row.about.reference,
        ("repayments", "paid_at"): lambda: f"{row.paid_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}",
    }
    found = {}
    for column in file.columns:
        read = special.get((file.name, column.name))
        name = RENAMED.get(file.name, {}).get(column.name, column.name)
        value = read() if read else getattr(row, name)
        found[column.name] = "" if value is None else str(value)
    return found
