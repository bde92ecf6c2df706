import json
import time

import pytest
import rasa
from jsonschema import ValidationError
from rasa.core.actions.action import RemoteAction
from rasa.core.policies.rule_policy import RulePolicy
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import Event, SlotSet

from finlit.dialogue import corrections


@pytest.fixture(autouse=True)
def corrected():
    corrections.apply()


def test_a_good_action_result_passes_and_a_bad_one_still_fails():
    action = RemoteAction("action_x", None)
    assert action._validate_action_result({"events": [], "responses": [{"text": "好"}]})
    with pytest.raises(ValidationError):
        action._validate_action_result({"events": "none"})


def test_validating_a_result_no_longer_checks_the_schema_itself_each_time():
    action = RemoteAction("action_x", None)
    action._validate_action_result({"events": []})
    started = time.perf_counter()
    for _ in range(20):
        action._validate_action_result({"events": []})
    corrected_cost = time.perf_counter() - started
    import jsonschema

    started = time.perf_counter()
    for _ in range(20):
        jsonschema.validate({"events": []}, RemoteAction.action_response_format_spec())
    assert corrected_cost < (time.perf_counter() - started) / 3


def test_an_events_class_is_found_as_before_and_an_unknown_one_still_raises():
    assert Event.resolve_by_type("slot") is SlotSet
    assert Event.resolve_by_type("topic") is None
    with pytest.raises(ValueError):
        Event.resolve_by_type("no_such_event")


@pytest.mark.parametrize(("content", "is_empty"), [("{}", True), ("responses: {utter_x: [{text: 好}]}", False)])
def test_an_empty_domain_is_told_from_one_that_has_something_and_that_only_once(content, is_empty, monkeypatch):
    domain = Domain.from_yaml(content)
    assert domain.is_empty() is is_empty
    monkeypatch.setattr(Domain, "as_dict", lambda self: pytest.fail("all answers are written out again"))
    assert domain.is_empty() is is_empty


def rule(*states):
    return json.dumps(list(states), sort_keys=True)


def said(intent, previous="action_listen", **slots):
    state = {"user": {"intent": intent}, "slots": slots}
    return {**state, "prev_action": {"action_name": previous}} if previous else state


RULES = [
    rule({}, said("greet")),
    rule(said("greet"), said("greet", "utter_greet")),
    rule({}, said("bill", loan="a")),
    rule({}, said("bill", loan="should_not_be_set")),
    rule({}, said("should_not_be_set")),
    rule({}, {"prev_action": {"action_name": "action_listen"}}),
    rule({}, {"prev_action": {"action_name": "action_listen"}, "slots": {"loan": ["a", "b"]}}),
    rule(said("bill", None)),
    rule({}),
]
STATES = [
    [{}],
    [{}, said("greet")],
    [{}, said("bill")],
    [{}, said("bill", loan="a")],
    [said("bill"), said("greet"), said("greet", "utter_greet")],
    [{}, {"user": {"text": "你好"}, "prev_action": {"action_name": "action_listen"}}],
    [{}, {"prev_action": {"action_name": "action_listen"}, "slots": {"loan": ("a", "b")}}],
    [said("bill", None)],
    [],
]


@pytest.mark.parametrize("states", STATES)
def test_the_rules_that_fit_are_those_that_stock_rasa_finds(states):
    policy = RulePolicy.__new__(RulePolicy)
    lookup = dict.fromkeys(RULES, "action_listen")
    found = policy._get_possible_keys(lookup, states)
    assert found == corrections._possible_keys(policy, lookup, states)


def test_a_message_is_compared_with_the_rules_of_its_intent_only(monkeypatch):
    policy, compared = RulePolicy.__new__(RulePolicy), []
    monkeypatch.setattr(
        RulePolicy, "_is_rule_applicable", lambda _self, key, *_: compared.append(json.loads(key)[-1]) or True
    )
    lookup = {rule({}, said(f"intent_{number}")): "action_listen" for number in range(200)}
    policy._get_possible_keys(lookup, [said("intent_7")])
    assert compared == [said("intent_7")]


def test_another_version_of_rasa_is_refused_loudly(monkeypatch):
    monkeypatch.setattr(rasa, "__version__", "3.7.0")
    with pytest.raises(corrections.RasaVersionChanged, match="3.7.0"):
        corrections.apply()
