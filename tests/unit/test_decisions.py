from finlit.dialogue import decisions


def test_a_sentence_that_only_tells_more_claims_no_topic():
    assert decisions.kind({"decision": {"kind": "answered", "label": "overdue_collection", "told": True}}) == "refused"


def test_a_question_is_what_it_was_decided_to_be():
    assert decisions.kind({"decision": {"kind": "asked", "told": False}}) == "asked"
    assert decisions.kind({"decision": None}) == ""
