"""The understanding on sets that its makers did not write. Figures: ``finlit evaluate``, docs/decisions.md."""

import asyncio
from pathlib import Path

import pytest

from finlit.evaluation.scores import Outcome, summarise
from finlit.evaluation.sets import answered_intent, judged_turns, read_table, read_talks

HERE = Path(__file__).parent
REAL_DEV = HERE.parents[2] / "shared" / "eval" / "real_dev.tsv"


def outcomes(assistant, path):
    async def play():
        rows = []
        for row in read_table(path):
            data = await assistant.parse(row["text"])
            decision = data["decision"]
            kind = "refused" if decision["kind"] == "trouble" else decision["kind"]
            ranking = [(entry["name"], entry["confidence"]) for entry in data["intent_ranking"]]
            rows.append(
                Outcome(row["text"], row["intent"].split("/")[0], ranking, kind, decision.get("candidates") or [], 0.0)
            )
        return rows

    return asyncio.run(play())


def test_the_held_out_set_is_understood(assistant):
    scores = summarise(outcomes(assistant, HERE / "heldout.tsv"))
    assert scores["accuracy"] >= 0.84
    assert scores["answered_wrong"] <= 0.08
    assert scores["out_of_scope"]["recall"] >= 0.85


@pytest.mark.skipif(not REAL_DEV.exists(), reason="the measuring set of ../shared is not on this machine")
def test_real_customers_are_understood(assistant):
    scores = summarise(outcomes(assistant, REAL_DEV))
    assert scores["accuracy"] >= 0.80
    assert scores["answered_wrong"] <= 0.12
    assert scores["out_of_scope"]["recall"] >= 0.75
    assert scores["refused"] <= 0.04


@pytest.mark.parametrize("file", ["followups.tsv", "followups_unseen.tsv"])
def test_a_second_turn_is_understood_after_the_first(assistant, file):
    rows = read_table(HERE / file)

    async def play():
        return [
            await answered_intent(assistant, [row["first"], row["second"]], f"{file}-{number}") == row["intent"]
            for number, row in enumerate(rows)
        ]

    right = asyncio.run(play())
    assert sum(right) / len(right) >= 0.80


@pytest.mark.parametrize("file", ["talks.jsonl", "talks_unseen.jsonl"])
def test_people_who_tell_and_ask_and_come_back_are_understood_turn_by_turn(assistant, file):
    async def play():
        talks = enumerate(read_talks(HERE / file))
        return [each for number, talk in talks for each in await judged_turns(assistant, talk, f"{file}-{number}")]

    verdicts = asyncio.run(play())
    assert verdicts.count("right") / len(verdicts) >= 0.66
    assert verdicts.count("wrong") / len(verdicts) <= 0.20


@pytest.mark.parametrize("file", ["crisis.tsv", "crisis_unseen.tsv"])
def test_crisis_is_heard_and_idioms_are_not(assistant, file):
    async def play():
        heard = []
        for row in read_table(HERE / file):
            data = await assistant.parse(row["text"])
            sure = data["decision"]["label"] == "crisis"
            heard.append((row["label"] == "crisis", data["intent"]["name"] == "crisis", sure))
        return heard

    rows = asyncio.run(play())
    heard = [found for is_crisis, found, _ in rows if is_crisis]
    false = [found for is_crisis, found, _ in rows if not is_crisis]
    alarmed = [sure for is_crisis, found, sure in rows if found and not is_crisis]
    assert sum(heard) / len(heard) >= 0.95
    assert sum(false) / len(false) <= 0.15  # made to fool it; the gentle answer does no harm …
    assert sum(alarmed) / len(false) <= 0.04  # … the full alarm might


@pytest.mark.skipif(not REAL_DEV.exists(), reason="the measuring set of ../shared is not on this machine")
def test_real_customers_raise_almost_no_false_alarm(assistant):
    rows = read_table(REAL_DEV)

    async def play():
        return sum([(await assistant.parse(row["text"]))["intent"]["name"] == "crisis" for row in rows])

    assert asyncio.run(play()) / len(rows) <= 0.005
