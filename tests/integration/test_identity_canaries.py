"""Whole conversations through the real model with stores on disk; then every file is searched, byte by byte."""

import asyncio
import itertools
import json
import logging

import pytest
import structlog
from rasa.core.brokers.broker import EventBroker

from finlit import masked_logs
from finlit.accounts import last_code
from finlit.db import demo, engine, tables
from finlit.dialogue import verifying
from finlit.settings import load, overridden

CHINESE = dict(zip("0123456789", "零一二三四五六七八九"))
PHONES = [f"138777700{number:02d}" for number in range(18)]  # one for each conversation: five wrong tries lock one
ID_CARD, CARD, WRONG_CODE, MISTYPED = "500101199003071234", "6222021234567890123", "730519", "1387777000"
_numbers = itertools.count()


def dresses(number):
    return {
        number,
        " ".join(number),
        "-".join((number[:3], number[3:7], number[7:])),
        "".join(chr(0xFF10 + int(digit)) for digit in number),
        "".join(CHINESE[digit] for digit in number),
        "".join(CHINESE[digit] for digit in number).replace("一", "幺"),
    }


class EventsInAFile(EventBroker):
    """The event stream as a queue would get it; Rasa's own file broker writes through ``logging``, which masks."""

    def __init__(self, path):
        self.path = path

    @classmethod
    async def from_endpoint_config(cls, broker_config, event_loop=None):
        raise NotImplementedError

    def publish(self, event):
        with self.path.open("a", encoding="utf-8") as out:
            out.write(json.dumps(event) + "\n")


@pytest.fixture
def stores(assistant, tmp_path):
    """The assistant with its conversations in SQLite and everything that is logged in a file; all below one folder."""
    from finlit.dialogue.tracker_store import ConversationStore

    before = logging.getLogRecordFactory(), structlog.get_config(), logging.getLogger().level
    masked_logs.install(logging.DEBUG)
    log = logging.FileHandler(tmp_path / "server.log", encoding="utf-8")
    logging.getLogger().addHandler(log)
    for name in ("", "rasa", "finlit", "rasa_sdk"):
        logging.getLogger(name).setLevel(logging.DEBUG)
    usual = assistant.agent.tracker_store, assistant.agent.processor.tracker_store
    broker = EventsInAFile(tmp_path / "events.jsonl")
    url = f"sqlite:///{tmp_path / 'conversations.db'}"
    store = ConversationStore(assistant.agent.domain, event_broker=broker, url=url)
    assistant.agent.tracker_store = assistant.agent.processor.tracker_store = store
    url = f"sqlite:///{tmp_path / 'finlit.db'}"
    with overridden(database_url=url):
        tables.Base.metadata.create_all(engine.engine_for(url))
        demo.seed(load())
        yield tmp_path
    engine.dispose(url)
    assistant.agent.tracker_store, assistant.agent.processor.tracker_store = usual
    logging.getLogger().removeHandler(log)
    log.close()
    logging.setLogRecordFactory(before[0])
    structlog.configure(**before[1])
    for name in ("", "rasa", "finlit", "rasa_sdk"):
        logging.getLogger(name).setLevel(before[2])


def talk(assistant, *lines, channel="web"):
    """Play ``lines`` (``{code}`` is the code that is waited for); return the codes that were typed and the replies."""
    sender, codes, replies = f"canary-{next(_numbers)}", [], []
    for line in lines:
        if "{code}" in line:
            codes.append(last_code.of_conversation(verifying.service(), sender))
            line = line.replace("{code}", codes[-1])
        turn = asyncio.run(assistant.turn(line, sender, channel))
        replies += [reply["text"] for reply in turn["replies"]]
    return sender, codes, replies


def found(folder, *needles):
    """Return (file, needle) for each needle that stands in a file below ``folder``, in UTF-8 or as JSON writes it."""
    hits = []
    for path in sorted(folder.rglob("*")):
        content = path.read_bytes() if path.is_file() else b""
        for needle in needles:
            escaped = needle.encode("ascii", "backslashreplace")
            if needle.encode() in content or escaped in content:
                hits.append((path.name, needle))
    return hits


@pytest.mark.parametrize("channel", ["web", "wechat"])
def test_no_number_of_a_customer_stays_anywhere_in_whatever_dress_it_came(assistant, stores, channel):
    lines = [sorted(dresses(phone))[number // 3 % 6] for number, phone in enumerate(PHONES)]
    for line in lines[::3]:  # asked for
        talk(assistant, "核验身份", "同意", line, WRONG_CODE, f"验证码是{WRONG_CODE}", channel=channel)
    for line in lines[1::3]:  # after the notice, without being asked
        talk(assistant, "核验身份", f"我的是{line}", "等等，罚息怎么算？", f"是 {WRONG_CODE} 吗", channel=channel)
    for line in lines[2::3]:  # out of the blue
        talk(assistant, f"我手机号{line} 怎么还款", f"帮我查{line}欠多少", channel=channel)
    talk(assistant, "核验身份", "同意", MISTYPED, MISTYPED[:8], channel=channel)
    numbers = dresses(ID_CARD) | dresses(CARD)
    for number in sorted(numbers):
        talk(assistant, f"我的号是{number} 逾期了怎么办", channel=channel)
    assert (stores / "conversations.db").stat().st_size > 0 and "rasa" in (stores / "server.log").read_text()
    assert (stores / "events.jsonl").stat().st_size > 0
    assert found(stores, *lines, *PHONES, *numbers, WRONG_CODE, MISTYPED, MISTYPED[:8]) == []


def test_a_code_is_hidden_while_it_is_asked_for_used_left_and_after_a_crisis(assistant, stores):
    whole = [
        ("核验身份", "同意", "13900000006", "{code}", "{code}", "我的验证码是{code}"),
        ("核验身份", "13900000001", "不验了", "{code}"),
        ("核验身份", "13900000002", "我不想活了 {code}", "{code}"),
        ("核验身份", "13900000003", "罚息怎么算", "六位数 {code}"),
    ]
    codes = []
    for lines in whole:
        sender = f"canary-{next(_numbers)}"
        code = None
        for line in lines:
            if "{code}" in line:
                code = code or last_code.of_conversation(verifying.service(), sender)
                line = line.replace("{code}", code or codes[-1])
            asyncio.run(assistant.turn(line, sender))
            if line == "13900000001":  # it is left before it is typed
                code = last_code.of_conversation(verifying.service(), sender)
        codes.append(code)
    assert len(codes) == 4 and all(codes)
    assert found(stores, *codes) == []


def test_amounts_stay_readable_when_no_code_is_asked_for(assistant, stores):
    sender, _, _ = talk(assistant, "借了100000逾期20天罚息多少", "13800元呢", "100000")
    tracker = asyncio.run(assistant.agent.tracker_store.retrieve(sender))
    said = [event.text for event in tracker.events if event.type_name == "user" and event.text]
    assert said == ["借了100000逾期20天罚息多少", "13800元呢", "100000"]


def test_a_registered_phone_stands_in_the_lenders_own_tables_only(assistant, stores):
    before = found(stores, "13900000006")
    talk(assistant, "核验身份", "同意", "13900000006", "{code}", "我现在欠多少")
    assert found(stores, "13900000006") == before
    assert {name for name, _ in before} <= {"finlit.db", "finlit.db-wal"}


def test_deleted_data_is_gone_byte_by_byte(assistant, stores):
    secret = "我在蓝鲸水产公司上班"
    sender, _, replies = talk(assistant, secret, "怎么还款")
    assert any(name.startswith("conversations.db") for name, _ in found(stores, secret))
    for line in ("删除我的数据", "确认删除"):
        asyncio.run(assistant.turn(line, sender))
    # the log of this test holds what is said, because it is at debug level; a server logs errors only.
    # What was sent to an event stream is out of our hands: the project configures none.
    assert [name for name, _ in found(stores, secret) if name not in ("server.log", "events.jsonl")] == []


def test_the_search_itself_finds_what_is_there(stores):
    (stores / "leak").write_text('{"text": "\\u4e00\\u4e09\\u516b 13877770001"}')
    assert [needle for _, needle in found(stores, "13877770001", "一三八")] == ["13877770001", "一三八"]
