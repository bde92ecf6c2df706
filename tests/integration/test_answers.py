"""Every answer, as both channels show it."""

import pytest
import yaml

from finlit import answers, settings
from finlit.content import checks, facts, topics
from tests.integration.conftest import Conversation

CONTENT = topics.read(settings.load().data_dir)
INTENTS = yaml.safe_load((settings.load().root / "domain.yml").read_text(encoding="utf-8"))["intents"]
KNOWLEDGE = sorted(
    response.name
    for response in CONTENT.responses
    if response.name.removeprefix("utter_").split("/")[0] in set(INTENTS) - checks.CONTROL
)


def test_the_content_has_no_error():
    assert [str(problem) for problem in checks.problems(settings.load()) if problem.severity == "error"] == []


def test_every_intent_of_the_taxonomy_is_known():
    assert len(INTENTS) == 79  # 78 of the taxonomy and the fallback


@pytest.mark.parametrize("name", KNOWLEDGE)
def test_an_answer_names_its_sources_and_fits_wechat(name):
    current = settings.load()
    registry = facts.load(current.data_dir / "facts.yml")
    body = next(response.body for response in CONTENT.responses if response.name == name)
    answer = answers.build(body, name, registry, current.now().date(), answers.PLACEHOLDERS_KEPT)
    assert answer.cites
    assert len(answers.for_wechat(answer, registry)["text"].encode()) <= answers.WECHAT_LIMIT_BYTES
    assert "[F-" not in answer.text and "[CONTRACT]" not in answer.text


def test_the_same_question_is_answered_in_both_forms(assistant):
    web = Conversation(assistant).say("罚息怎么算的")
    wechat = Conversation(assistant, "wechat").say("罚息怎么算的")
    assert web["intent"] == wechat["intent"] == "fee_penalty"
    assert web["replies"][0]["custom"]["sources"]
    assert "依据：" in wechat["replies"][0]["text"] and "1. " in wechat["replies"][0]["text"]
