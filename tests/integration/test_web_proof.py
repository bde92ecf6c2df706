"""Figures of an account stand on the web page only while the customer's proof holds."""

import asyncio
import json
from types import SimpleNamespace

import pytest
from rasa.shared.core.events import BotUttered, UserUttered
from sqlalchemy import select

from actions.account import AccountAction
from finlit.accounts import binding
from finlit.channels import web_proof
from finlit.channels.web import WebChat
from finlit.db import demo, engine, schema, tables
from finlit.settings import load

TALK = "web-proof"


def told(answer, text, **custom):
    return BotUttered(text, {"buttons": [{"title": "¥5,314.11 那笔"}], "custom": {"answer": answer, **custom}})


SAID = [
    UserUttered("我欠多少"),
    told("utter_account_status_due", "欠 ¥5,314.11", table={"rows": [["¥5,314.11"]]}, details=["¥5,314.11"]),
    UserUttered("¥5,314.11 那笔"),
    UserUttered("罚息怎么算"),
    BotUttered("按合同约定的日利率算。", {"custom": {"answer": "utter_fee_penalty"}}),
]


class Store:
    """A tracker store with one conversation."""

    events = SAID

    async def retrieve_full_tracker(self, _conversation):
        return self


@pytest.fixture
def news(settings):
    schema.migrate(engine.engine_for(settings.database_url))
    demo.seed(settings)
    agent = SimpleNamespace(tracker_store=Store())
    request = SimpleNamespace(app=SimpleNamespace(ctx=SimpleNamespace(agent=agent)))
    return lambda: asyncio.run(WebChat()._news(request, TALK, 0))[0]


def test_a_page_shows_an_account_while_the_proof_holds_and_not_afterwards(news, settings):
    with engine.sessions(settings.database_url).begin() as session:
        customer = session.execute(select(tables.Customer.id).limit(1)).scalar_one()
        binding.bind(session, TALK, "web", customer, "code", load().now())
    assert json.dumps(news(), ensure_ascii=False).count("¥5,314.11") == 5
    with engine.sessions(settings.database_url).begin() as session:
        binding.unbind(session, TALK, load().now())
    found = news()
    assert "¥" not in json.dumps(found, ensure_ascii=False)
    assert [turn["n"] for turn in found["turns"]] == [1, 2, 3, 4, 5] and found["next"] == 5
    assert [turn["n"] for turn in found["turns"] if turn.get("hidden")] == [2]
    assert found["turns"][4]["text"] == "按合同约定的日利率算。"


def test_whatever_reads_an_account_is_on_the_list_and_the_general_answers_are_not():
    for action in AccountAction.__subclasses__():
        assert web_proof.tells_figures(f"utter_{action.intent}_anything"), action.intent
        assert not web_proof.tells_figures(f"utter_{action.intent}")


def test_a_summary_said_once_more_is_withheld_when_it_holds_an_amount():
    turns = [
        {"from": "assistant", "text": text, "buttons": [], "custom": {"answer": "utter_task_explain_confirm"}}
        for text in ("· 哪一笔：随借随还 ¥5,314.11", "· 事情：被骚扰")
    ]
    assert [turn["text"] for turn in web_proof.visible(turns, is_verified=False)] == ["", "· 事情：被骚扰"]
    assert web_proof.visible(turns, is_verified=True) == turns
