from datetime import datetime, timedelta, timezone

import jwt

from finlit.channels.limits import SlidingMinute
from finlit.channels.sessions import LASTS, conversation_of, new_session

SECRET = "s" * 40
NOW = datetime.now(timezone.utc)


def test_a_session_is_the_servers_and_hard_to_guess():
    first, second = (conversation_of(new_session(SECRET, NOW), SECRET) for _ in range(2))
    assert first != second and first.startswith("web-") and len(first) > 30


def test_a_forged_altered_unsigned_or_expired_token_is_nobody():
    token = new_session(SECRET, NOW)
    assert conversation_of(new_session("t" * 40, NOW), SECRET) is None
    assert conversation_of(token[:-2] + "xx", SECRET) is None
    assert conversation_of(jwt.encode({"sid": "web-me", "exp": 4102444800}, None, algorithm="none"), SECRET) is None
    assert conversation_of(new_session(SECRET, NOW - LASTS - timedelta(minutes=1)), SECRET) is None
    assert conversation_of("", SECRET) is None and conversation_of(None, SECRET) is None


def test_the_limit_counts_each_sender_alone_and_recovers_after_a_minute():
    limit = SlidingMinute(3)
    assert [limit.allow("a", 0.0) for _ in range(4)] == [True, True, True, False]
    assert limit.allow("b", 0.0)
    assert not limit.allow("a", 59.9)
    assert limit.allow("a", 60.1)
