from finlit.nlu.decision import Thresholds, decide

T = Thresholds(answer_at=0.5, ask_at=0.15, margin=0.35, candidate_at=0.08)
ALL = frozenset("abcd")


def test_a_likely_question_is_answered():
    assert decide([("a", 0.6), ("b", 0.3)], T, ALL).kind == "answered"


def test_a_clear_lead_is_answered_below_the_threshold():
    assert decide([("a", 0.45), ("b", 0.05)], T, ALL).kind == "answered"


def test_near_rivals_are_asked_back_with_at_most_three_questions():
    decision = decide([("a", 0.3), ("b", 0.28), ("c", 0.2), ("d", 0.15)], T, ALL)
    assert (decision.kind, decision.candidates) == ("asked", ["a", "b", "c"])


def test_what_has_no_plain_question_is_not_offered():
    assert decide([("a", 0.3), ("b", 0.28)], T, frozenset("b")).candidates == ["b"]


def test_nothing_likely_is_refused():
    assert decide([("a", 0.1), ("b", 0.09)], T, ALL).kind == "refused"
    assert decide([], T, ALL).kind == "refused"
