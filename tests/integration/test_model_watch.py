"""A new model reaches a serving process between two turns; no turn fails and nothing begun is lost."""

import asyncio
import os
import shutil
import time
from pathlib import Path

import pytest

from finlit import repackaging, settings, training
from finlit.db import engine
from finlit.db.tables import ServingWorker
from finlit.settings import PROJECT_ROOT

TURNS_A_SECOND = 5
QUESTIONS = ("怎么还款", "逾期几天上征信", "罚息怎么算", "能提前还清吗", "你好")


@pytest.fixture
def models(tmp_path):
    """A models folder with the present model in use and a second one beside it."""
    present = training.current_model(settings.load().models_dir)
    for name in ("third.tar.gz", "second.tar.gz", "first.tar.gz"):
        shutil.copy(present, tmp_path / name)
        training.use(tmp_path, name, name)
    return tmp_path


@pytest.fixture
def assistant(own_database, models):
    from finlit.dialogue.in_process import Assistant

    return Assistant(str(models / "first.tar.gz"))


def reported(worker):
    with engine.sessions(settings.load().database_url)() as session:
        row = session.get(ServingWorker, worker)
        return (row.model, row.fault)


async def wait_for(condition, seconds=10.0, said=lambda: ""):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"it did not happen in time: {said()}"
        await asyncio.sleep(0.05)


def test_five_turns_a_second_on_both_channels_go_on_while_the_model_changes(assistant, models):
    from finlit.serving.model_watch import ModelWatch

    answered, slowest = [], []

    async def customer(channel, stop):
        number = 0
        while not stop.is_set():
            begun = time.monotonic()
            text = QUESTIONS[number % len(QUESTIONS)]
            turn = await assistant.turn(text, f"{channel}-{number % 3}-watch", channel)
            slowest.append(time.monotonic() - begun)
            answered.append(bool(turn["replies"] and turn["replies"][0]["text"]))
            number += 1
            await asyncio.sleep(max(0.0, 1 / TURNS_A_SECOND - (time.monotonic() - begun)))

    async def scenario():
        watch = ModelWatch(assistant.agent, models)
        task = asyncio.create_task(watch.run())
        await assistant.turn("罚息怎么算，帮我算一下", "web-begun", "web")
        stop = asyncio.Event()
        customers = [asyncio.create_task(customer(channel, stop)) for channel in ("web", "wechat")]
        await asyncio.sleep(1)
        for name in ("second.tar.gz", "third.tar.gz"):
            training.use(models, name, name)
            await wait_for(lambda: assistant.agent.model_name == name, said=lambda: reported(watch.worker))  # noqa: B023
            await wait_for(lambda: reported(watch.worker)[0] == name)  # noqa: B023
            await asyncio.sleep(1)
        stop.set()
        await asyncio.gather(*customers)
        ended = await assistant.turn("一万逾期10天，日利率万分之五", "web-begun", "web")
        task.cancel()
        return ended

    ended = asyncio.run(scenario())
    assert len(answered) >= 20 and all(answered)
    assert max(slowest) < 2.0, "a turn waited for the model"
    assert "元" in ended["replies"][0]["text"] or "¥" in ended["replies"][0]["text"]


@pytest.mark.parametrize("content", [b"no model at all", b""])
def test_a_model_that_cannot_be_loaded_is_reported_and_the_old_one_goes_on(assistant, models, content):
    from finlit.serving.model_watch import ModelWatch

    async def scenario():
        watch = ModelWatch(assistant.agent, models)
        task = asyncio.create_task(watch.run())
        (models / "broken.tar.gz").write_bytes(content)
        training.use(models, "broken.tar.gz", "x")
        await wait_for(lambda: assistant.agent.model_name and watch._refused == "broken.tar.gz")
        model, fault = reported(watch.worker)
        assert model == "first.tar.gz" and "broken.tar.gz" in fault
        turn = await assistant.turn("怎么还款", "web-still", "web")
        training.use(models, "second.tar.gz", "2")
        await wait_for(lambda: assistant.agent.model_name == "second.tar.gz")
        await wait_for(lambda: reported(watch.worker) == ("second.tar.gz", ""))
        task.cancel()
        return turn

    assert asyncio.run(scenario())["replies"]


def test_a_model_that_misses_a_cry_for_help_is_not_switched_to(assistant, models, monkeypatch):
    from finlit.serving import model_watch

    monkeypatch.setattr(model_watch, "SMOKE", ("怎么还款", "你好"))
    monkeypatch.setattr(model_watch, "MUST_BE_CRISIS", "你好")

    async def scenario():
        watch = model_watch.ModelWatch(assistant.agent, models)
        await watch.switch_to(models / "second.tar.gz")
        return watch.worker

    worker = asyncio.run(scenario())
    assert assistant.agent.model_name == "first.tar.gz"
    assert "你好" in reported(worker)[1]


def test_a_model_with_other_answers_is_the_same_model_to_rasa_apart_from_them(assistant, tmp_path):
    from finlit.dialogue.in_process import Assistant

    shutil.copytree(PROJECT_ROOT / "data", tmp_path / "root/data")
    shutil.copy(PROJECT_ROOT / "domain.yml", tmp_path / "root")
    repackaging.with_answers(tmp_path / "first.tar.gz", tmp_path / "root", tmp_path / "same.tar.gz")
    topic = tmp_path / "root/data/faq/fees.yml"
    text = topic.read_text("utf-8").replace(
        "  utter_fee_waiver:\n  - text: |-\n", "  utter_fee_waiver:\n  - text: |-\n      先喝口水。[ADVICE]\n"
    )
    topic.write_text(text, "utf-8")
    repackaging.with_answers(tmp_path / "first.tar.gz", tmp_path / "root", tmp_path / "other.tar.gz")
    before = assistant.agent.domain
    same, other = (Assistant(str(tmp_path / name)) for name in ("same.tar.gz", "other.tar.gz"))
    assert same.agent.domain.as_dict() == before.as_dict()
    assert same.agent.domain.action_names_or_texts == before.action_names_or_texts
    assert other.agent.domain.action_names_or_texts == before.action_names_or_texts
    said = asyncio.run(other.turn("能不能减免罚息", "somebody", "web"))["replies"][0]["text"]
    assert said.startswith("先喝口水。")
    understood = asyncio.run(other.parse("逾期几天上征信"))["intent_ranking"]
    assert understood == asyncio.run(assistant.parse("逾期几天上征信"))["intent_ranking"]


def test_the_manifest_keeps_ten_models_and_finds_one_by_its_inputs(tmp_path):
    for number in range(14):
        (tmp_path / f"{number}.tar.gz").write_bytes(b"x")
        training.use(tmp_path, f"{number}.tar.gz", f"inputs {number}")
        os.utime(tmp_path / f"{number}.tar.gz", (1, 1))
    assert len(list(Path(tmp_path).glob("*.tar.gz"))) == training.MODELS_KEPT
    assert training.model_for(tmp_path, "inputs 10") == "10.tar.gz"
    assert training.model_for(tmp_path, "inputs 1") is None
    assert training.current_model(tmp_path).name == "13.tar.gz"
