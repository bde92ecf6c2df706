"""A few hundred hostile requests against real servers; `make fuzz-web` sends ten thousand."""

import pytest

from benchmarks.fuzz_web import LEAK, Person, fuzz


def test_hostile_requests_find_nothing():
    found, _ = fuzz(300, seed=7)
    assert found.faults == []
    assert found.statuses[200] > 50 and sum(found.statuses[status] for status in (400, 404, 405, 413)) > 50
    assert found.kinds["sensible"] > 5


@pytest.mark.parametrize(
    "content", [b"Traceback (most recent", b'{"payload": "/x"}', b"in /srv/finlit/channels/web.py", b"sqlalchemy.exc"]
)
def test_a_leak_would_be_seen(content):
    assert LEAK.search(content)
    person = Person(0, 1, 7)
    person._judge("GET", "/webhooks/web/history", 200, content)
    person._judge("GET", "/webhooks/web/history", 500, b"")
    person._judge("GET", "/webhooks/web/history", 200, "暗号2号".encode())
    assert len(person.findings.faults) == 3
