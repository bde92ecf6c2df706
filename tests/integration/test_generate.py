"""Generated customers for load: whole accounts, the same every time, never beside other customers."""

from datetime import date

import pytest
from sqlalchemy import func, select

from finlit.accounts import queries
from finlit.cli import main
from finlit.db import demo, engine, generate, schema, tables
from finlit.settings import overridden
from tests.integration.test_migrations import shape

pytestmark = pytest.mark.both_engines

CUSTOMERS = 300
TODAY = date(2026, 11, 23)


def ignore(_):
    pass


@pytest.fixture
def generated(settings):
    """A database with some generated customers."""
    target = engine.engine_for(settings.database_url)
    schema.migrate(target)
    generate.generate(target, CUSTOMERS, TODAY, ignore)
    return target


@pytest.fixture
def session(generated, settings):
    with engine.sessions(settings.database_url)() as opened:
        yield opened


def content(target):
    with target.connect() as connection:
        return {table.name: connection.execute(select(table).order_by(table.c.id)).all() for table in generate.FILLED}


def test_every_described_loan_occurs_and_two_loans_too():
    picked = [generate.shapes_of(number) for number in range(1, CUSTOMERS + 1)]
    assert {shape for shapes in picked for shape in shapes} == set(range(len(generate.SHAPES)))
    assert sum(len(shapes) == 2 for shapes in picked) == CUSTOMERS // generate.SECOND_LOAN_EVERY


def test_money_is_whole_on_every_generated_loan(session):
    for loan in session.execute(select(tables.Loan)).scalars():
        assert sum(row.principal_due for row in loan.instalments) == loan.principal
        for row in loan.repayments:
            assert row.amount == sum(
                part.principal + part.interest + part.penalty + part.fee for part in row.allocations
            )
            assert {part.instalment.loan_id for part in row.allocations} == {loan.id}


def test_every_generated_customer_has_an_account_to_tell_of(session):
    states = set()
    for number in range(1, CUSTOMERS + 1):
        accounts = queries.accounts(session, generate.customer_id(number))
        assert len(accounts) == len(generate.shapes_of(number))
        states |= {account.stands(TODAY).state for account in accounts}
    assert states == {"current", "overdue", "settled"}


def test_the_tables_are_as_strict_afterwards_as_before(generated, settings):
    filled = shape(generated)
    tables.Base.metadata.drop_all(generated)
    tables.Base.metadata.create_all(generated)
    assert filled == shape(generated)


def test_a_second_run_elsewhere_gives_the_same_rows(generated):
    before = content(generated)
    schema.downgrade(generated, "base")
    schema.migrate(generated)
    generate.generate(generated, CUSTOMERS, TODAY, ignore)
    assert content(generated) == before


def test_new_rows_get_numbers_of_their_own(session):
    loan = session.execute(select(tables.Loan).limit(1)).scalar_one()
    highest = session.execute(select(func.max(tables.Instalment.id))).scalar_one()
    added = tables.Instalment(loan=loan, number=500, due_on=TODAY, principal_due=1, interest_due=0)
    session.add(added)
    session.flush()
    assert added.id == highest + 1


def test_generated_customers_are_never_mixed_with_others(settings, capsys):
    assert main.main(["db", "demo"]) == 0
    assert main.main(["db", "generate", "--customers", "5"]) == 2
    assert "只放进空库" in capsys.readouterr().err
    with engine.sessions(settings.database_url)() as session:
        assert session.execute(select(func.count()).select_from(tables.Customer)).scalar_one() == len(demo.CUSTOMERS)


def test_demo_customers_are_not_put_beside_generated_ones(settings, capsys):
    assert main.main(["db", "generate", "--customers", "5"]) == 0
    assert "共 5 位客户" in capsys.readouterr().out
    assert main.main(["db", "demo"]) == 2


@pytest.mark.parametrize("count", ["0", "-3", "99999999"])
def test_a_count_that_makes_no_sense_is_refused(settings, capsys, count):
    assert main.main(["db", "generate", "--customers", count]) == 2
    assert "--customers 要在 1 到" in capsys.readouterr().err


def test_production_gets_no_invented_customers(settings, capsys):
    with overridden(environment="production"):
        assert main.main(["db", "generate", "--customers", "5"]) == 2
    assert "生产环境不放虚构客户" in capsys.readouterr().err
