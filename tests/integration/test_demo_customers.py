"""How the demo customers are announced, kept apart from real ones, and kept out of production."""

import asyncio
import dataclasses
import re
from datetime import date, datetime

import pytest
from sqlalchemy import delete

from finlit.accounts.binding import UnknownCustomer, bind_demo_customer
from finlit.cli import main
from finlit.db import demo, engine, tables
from finlit.serving import supervisor
from finlit.settings import SHANGHAI

pytestmark = pytest.mark.both_engines

TODAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 10, 0, tzinfo=SHANGHAI)


def test_an_unknown_customer_is_named_with_those_that_exist(session):
    with pytest.raises(UnknownCustomer) as raised:
        bind_demo_customer("talk", "nobody")
    assert raised.value.customer_id == "nobody"
    assert "late-20" in raised.value.known


def test_the_demo_command_prints_the_invented_phones_to_try(settings, capsys):
    assert main.main(["db", "demo"]) == 0
    printed = capsys.readouterr().out
    assert re.search(r"late-20 +吴桐 +13900000006 +逾期 20 天", printed)
    assert all(customer.phone in printed for customer in demo.CUSTOMERS)


def test_demo_customers_are_never_mixed_with_others(settings, capsys):
    assert main.main(["db", "migrate"]) == 0
    with engine.sessions(settings.database_url).begin() as session:
        session.add(tables.Customer(id="real", name="某人", phone="13800000000"))
    assert main.main(["db", "demo"]) == 2
    assert "只放进演示库" in capsys.readouterr().err


def test_the_start_says_what_to_try_while_the_demo_customers_are_in(session, settings):
    printed = supervisor.hello(settings)
    assert "13900000006" in printed and "逾期 20 天" in printed
    session.execute(delete(tables.Customer))
    session.commit()
    assert "13900000006" not in supervisor.hello(settings)


def test_the_start_does_not_depend_on_the_database(settings):
    assert "13900000006" not in supervisor.hello(settings)  # no tables were made


def test_production_gets_no_demo_customers(session, settings):
    with pytest.raises(demo.NotADemoDatabase):
        demo.seed(dataclasses.replace(settings, environment="production"))


def test_the_command_line_says_which_customers_exist(settings, capsys, monkeypatch):
    from finlit.cli import ask
    from finlit.cli.errors import CommandError

    main.main(["db", "demo"])
    with pytest.raises(CommandError, match="没有演示客户 nobody.*late-20"):
        asyncio.run(ask._play(None, [], "talk", type("Arguments", (), {"customer": "nobody", "channel": "web"})))
