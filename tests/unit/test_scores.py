from finlit.evaluation.scores import Outcome, summarise


def outcome(intent, ranking, kind="answered", candidates=()):
    return Outcome("问", intent, [(name, 1 / (i + 2)) for i, name in enumerate(ranking)], kind, list(candidates), 0.002)


ROWS = [
    outcome("a", ["a", "b", "c"]),
    outcome("a", ["b", "a", "c"]),
    outcome("b", ["c", "a", "b"], "asked", ["c", "b"]),
    outcome("b", ["b"], "refused"),
    outcome("a", ["out_of_scope", "a"]),
    outcome("out_of_scope", ["a"], "refused"),
    outcome("out_of_scope", ["out_of_scope"]),
    outcome("out_of_scope", ["b"]),
]


def test_each_share_is_counted_by_hand():
    scores = summarise(ROWS)
    assert scores["n"] == 8
    assert scores["accuracy"] == round(4 / 8, 4)  # 1, 4, 6 (refused), 7
    assert scores["top3_accuracy"] == round(7 / 8, 4)  # all but the last
    assert scores["in_scope_accuracy"] == round(2 / 5, 4)
    assert scores["answered_right"] == 0.2
    assert scores["answered_wrong"] == 0.2
    assert (scores["asked"], scores["asked_contains_right"]) == (0.2, 0.2)
    assert scores["refused"] == 0.4  # refused, and told that it is out of scope
    assert scores["out_of_scope"] == {"precision": 0.5, "recall": round(2 / 3, 4)}
    assert scores["latency_ms"]["p50"] == 2.0
