"""Corrections of Rasa 3.6.21's cost, each as small as it can be; none changes behaviour.

``apply`` refuses to run on another version: look at each correction again first.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any

import rasa
from jsonschema import ValidationError
from jsonschema.exceptions import best_match
from jsonschema.validators import validator_for
from rasa.core.actions.action import RemoteAction
from rasa.core.policies.rule_policy import RulePolicy
from rasa.shared.core.constants import PREVIOUS_ACTION, SHOULD_NOT_BE_SET, USER
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import Event
from rasa.shared.nlu.constants import INTENT

EXPECTED_VERSION = "3.6.21"


class RasaVersionChanged(RuntimeError):
    """Rasa was upgraded: the corrections were written for another version."""


@lru_cache(maxsize=1)
def _action_result_validator() -> Any:
    schema = RemoteAction.action_response_format_spec()
    validator = validator_for(schema)
    validator.check_schema(schema)
    return validator(schema)


def _validate_action_result(self: RemoteAction, result: dict[str, Any]) -> bool:
    """Validate an action's result; stock Rasa checks the schema itself again at every call (29 ms)."""
    error = best_match(_action_result_validator().iter_errors(result))
    if error is None:
        return True
    assert isinstance(error, ValidationError)
    error.message += ". Failed to validate Action server response from API."
    raise error


_walk_event_classes = Event.resolve_by_type


@cache
def _event_class(type_name: str, default: type[Event] | None = None) -> type[Event] | None:
    """Find an event's class; stock Rasa walks all event classes for every stored event (0.1 ms each)."""
    return _walk_event_classes(type_name, default)


_looks_empty = Domain.is_empty


def _is_empty(self: Domain) -> bool:
    """Say whether nothing is in the domain; stock Rasa writes out all answers for every message to find out (1 ms)."""
    found: bool | None = self.__dict__.get("_is_known_to_be_empty")
    if found is None:
        found = self.__dict__["_is_known_to_be_empty"] = _looks_empty(self)
    return found


_possible_keys = RulePolicy._get_possible_keys


def _intent_of(state: Mapping[str, Any]) -> Any:
    return state.get(PREVIOUS_ACTION) and state.get(USER, {}).get(INTENT)


@lru_cache(maxsize=4)
def _by_intent(rules: frozenset[str]) -> dict[Any, list[str]]:
    """Sort rules by the intent that their last state demands, None for those that fit others too."""
    sorted_rules: dict[Any, list[str]] = {}
    for rule in rules:
        intent = _intent_of(json.loads(rule)[-1])
        is_demanded = intent and intent != SHOULD_NOT_BE_SET
        sorted_rules.setdefault(intent if is_demanded else None, []).append(rule)
    return sorted_rules


def _get_possible_keys(self: RulePolicy, lookup: dict[str, str], states: list[Any]) -> set[str]:
    """Find the rules that fit; stock Rasa compares all of them, also those of other intents (2 ms for a message)."""
    if not states:
        return _possible_keys(self, lookup, states)
    known = _by_intent(frozenset(lookup))
    intent = states[-1].get(USER, {}).get(INTENT)
    candidates = [*known.get(None, ()), *(known.get(intent, ()) if intent is not None else ())]
    return _possible_keys(self, {rule: lookup[rule] for rule in candidates}, states)


def apply() -> None:
    """Install the corrections; raises RasaVersionChanged on any other version of Rasa."""
    if rasa.__version__ != EXPECTED_VERSION:
        raise RasaVersionChanged(
            f"written for Rasa {EXPECTED_VERSION}, found {rasa.__version__}: review finlit/dialogue/corrections.py"
        )
    RemoteAction._validate_action_result = _validate_action_result  # type: ignore[method-assign]
    Event.resolve_by_type = staticmethod(_event_class)  # type: ignore[method-assign,assignment]
    Domain.is_empty = _is_empty  # type: ignore[method-assign]
    RulePolicy._get_possible_keys = _get_possible_keys  # type: ignore[method-assign]
