from datetime import datetime, timedelta, timezone

import jwt
import pytest
from sanic.response import json

from finlit.channels import sessions
from finlit.channels.sessions import LASTS, new_conversation, session_of, token_for

SECRET = "s" * 40
NOW = datetime(2026, 11, 23, 10, 0, tzinfo=timezone.utc)


def test_a_conversation_is_the_servers_and_hard_to_guess():
    first, second = new_conversation(), new_conversation()
    assert first != second and first.startswith("web-") and len(first) > 30
    assert session_of(token_for(first, SECRET, NOW), SECRET, NOW).conversation == first


def test_a_forged_altered_unsigned_or_expired_token_is_nobody():
    token = token_for("web-me", SECRET, NOW)
    assert session_of(token, "t" * 40, NOW) is None
    assert session_of(token[:-2] + "xx", SECRET, NOW) is None
    assert session_of(jwt.encode({"sid": "web-me", "exp": 4102444800}, None, algorithm="none"), SECRET, NOW) is None
    assert session_of(jwt.encode({"sid": "web-me"}, SECRET, algorithm="HS256"), SECRET, NOW) is None
    assert session_of(jwt.encode({"sid": "web-me", "exp": 1e300}, SECRET, algorithm="HS256"), SECRET, NOW) is None
    assert session_of(token, SECRET, NOW + LASTS) is None
    assert session_of("", SECRET, NOW) is None and session_of(None, SECRET, NOW) is None


def test_a_token_is_renewed_in_the_second_half_of_its_life():
    session = session_of(token_for("web-me", SECRET, NOW), SECRET, NOW)
    assert not session.should_be_renewed(NOW + timedelta(days=1))
    assert session.should_be_renewed(NOW + timedelta(days=4))


@pytest.mark.parametrize(
    ("frame", "has", "has_not"),
    [
        (sessions.PAGE, {"HttpOnly", "SameSite=Lax", "Secure", "Path=/"}, {"Partitioned"}),
        (sessions.WIDGET, {"HttpOnly", "SameSite=None", "Secure", "Partitioned", "Path=/"}, set()),
    ],
)
def test_each_frame_has_the_cookie_that_browsers_send_there(frame, has, has_not):
    response = json({})
    sessions.set_cookie(response, frame, "token", secure=True)
    parts = set(response.headers["Set-Cookie"].split("; "))
    assert has <= parts and not has_not & parts and f"{sessions.COOKIES[frame]}=token" in parts


def test_the_public_name_of_a_conversation_tells_nothing_about_its_id():
    name = sessions.public_name("web-me", SECRET)
    assert name != sessions.public_name("web-you", SECRET) and "me" not in name
    assert name != sessions.public_name("web-me", "t" * 40)
