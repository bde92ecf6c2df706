"""The lender's site hands a logged-in customer over, over HTTP as a browser would: by a form, or in the widget."""

import asyncio
import http.client
import itertools
import json
import socket
import threading
from urllib.parse import urlencode

import jwt
import pytest
from sanic import Sanic

from finlit import settings as finlit_settings
from finlit.accounts.binding import bound_customer
from finlit.channels import sessions
from finlit.settings import load

SECRET = "s" * 40
_numbers = itertools.count()


@pytest.fixture(scope="module")
def port():
    """The channel's routes on a free port; Sanic serves one application in a process."""
    from finlit.channels.web import WebChat

    app = Sanic("host-login")
    app.blueprint(WebChat().blueprint(lambda message: None), url_prefix="/webhooks/web")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number = probe.getsockname()[1]
    loop = asyncio.new_event_loop()
    started = threading.Event()

    async def start():
        server = await app.create_server(host="127.0.0.1", port=number, return_asyncio_server=True, access_log=False)
        await server.startup()
        await server.start_serving()
        started.set()

    def serve():
        asyncio.set_event_loop(loop)
        loop.run_until_complete(start())
        loop.run_forever()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    assert started.wait(10)
    yield number
    loop.call_soon_threadsafe(loop.stop)
    thread.join(5)


@pytest.fixture
def site(port, session, settings, monkeypatch):
    """Return a function that posts as the lender's page does; it gives back status and headers."""
    monkeypatch.setenv("FINLIT_HOST_TOKEN_SECRET", SECRET)
    monkeypatch.setenv("FINLIT_SESSION_SECRET", "t" * 40)
    finlit_settings.load.cache_clear()

    def post(body, content_type="application/x-www-form-urlencoded", path="host", fetch_site="cross-site"):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        headers = {
            "Content-Type": content_type,
            "Origin": "https://lender.example" if fetch_site == "cross-site" else f"http://127.0.0.1:{port}",
            "Sec-Fetch-Site": fetch_site,
        }
        connection.request("POST", f"/webhooks/web/{path}", body, headers)
        answer = connection.getresponse()
        said = answer.read()
        post.said = json.loads(said) if said.startswith(b"{") else {}
        return answer.status, dict(answer.getheaders())

    return post


@pytest.fixture
def identify(site):
    """Return a function that posts what our own page, inside the lender's, does with a token of the lender's."""

    def post(body, fetch_site="same-origin"):
        return (*site(json.dumps(body), "application/json", "identify?frame=widget", fetch_site), site.said)

    return post


def token(**changes):
    now = int(load().now().timestamp())
    claims = {"sub": "late-20", "aud": "mingbaizhang", "jti": f"http-{next(_numbers)}", "iat": now, "exp": now + 60}
    return jwt.encode({**claims, **changes}, SECRET, algorithm="HS256")


def conversation_of(headers):
    cookie = headers["Set-Cookie"].split(";")[0].split("=", 1)[1]
    return sessions.session_of(cookie, load().session_secret, load().now()).conversation


def test_a_form_post_opens_a_new_bound_session_and_leads_to_the_chat(site):
    status, headers = site(urlencode({"token": token()}))
    assert (status, headers["Location"]) == (303, "/")
    assert "HttpOnly" in headers["Set-Cookie"] and "SameSite=Lax" in headers["Set-Cookie"]
    assert bound_customer(conversation_of(headers)) == "late-20"


def test_a_token_opens_one_session_only(site):
    good = token()
    assert site(urlencode({"token": good}))[0] == 303
    status, headers = site(urlencode({"token": good}))
    assert status == 403 and "Set-Cookie" not in headers


@pytest.mark.parametrize(
    "body, content_type",
    [("", "application/x-www-form-urlencoded"), ("token=a.b.c", "application/x-www-form-urlencoded"),
     ("[]", "application/json"), ("{", "application/json"), ('{"token": 1}', "application/json"),
     ("token=" + "x" * 5000, "application/x-www-form-urlencoded")],
    ids=["nothing", "no token", "a list", "broken", "a number", "too long"],
)  # fmt: skip
def test_anything_else_is_refused_and_opens_no_session(site, body, content_type):
    status, headers = site(body, content_type)
    assert status == 403 and "Set-Cookie" not in headers


def test_an_expired_token_is_refused(site):
    now = int(load().now().timestamp())
    assert site(urlencode({"token": token(iat=now - 120, exp=now - 1)}))[0] == 403


def test_without_a_secret_the_door_is_shut(site, monkeypatch):
    good = token()
    monkeypatch.setenv("FINLIT_HOST_TOKEN_SECRET", "")
    finlit_settings.load.cache_clear()
    assert site(urlencode({"token": good}))[0] == 403


# The widget: the lender's page gives the token to our page, which posts it


def test_the_widget_gets_a_new_bound_session_with_nothing_said_in_it(identify):
    status, headers, said = identify({"token": token()})
    assert status == 200 and said["verified"] is True and said["turns"] == []
    assert {"HttpOnly", "SameSite=None", "Secure", "Partitioned"} <= set(headers["Set-Cookie"].split("; "))
    assert bound_customer(conversation_of(headers)) == "late-20"
    assert "late-20" not in json.dumps(said)


def test_the_widgets_token_opens_one_session_only_whichever_door_it_comes_to(identify, site):
    good = token()
    assert identify({"token": good})[0] == 200
    status, headers, said = identify({"token": good})
    assert status == 403 and "Set-Cookie" not in headers and "verified" not in said
    assert site(urlencode({"token": good}))[0] == 403


def test_two_customers_one_after_the_other_get_two_conversations(identify):
    first, second = identify({"token": token()})[1], identify({"token": token(sub="late-95")})[1]
    assert bound_customer(conversation_of(first)) == "late-20"
    assert bound_customer(conversation_of(second)) == "late-95"


def test_another_site_can_not_post_a_token_for_the_widget(identify):
    good = token()
    status, headers, _ = identify({"token": good}, fetch_site="cross-site")
    assert status == 403 and "Set-Cookie" not in headers
    assert identify({"token": good})[0] == 200, "a refused request does not use the token up"


@pytest.mark.parametrize("body", [{}, {"token": 1}, {"token": None}, [], "token", {"token": ["a.b.c"]}])
def test_what_is_no_token_is_not_understood(identify, body):
    status, headers, _ = identify(body)
    assert status == 400 and "Set-Cookie" not in headers


@pytest.mark.parametrize("changes", [{"aud": "somebody else"}, {"sub": "nobody"}, {"exp": 1}, {"jti": ""}])
def test_a_widgets_token_that_is_not_good_opens_nothing(identify, changes):
    status, headers, said = identify({"token": token(**changes)})
    assert status == 403 and "Set-Cookie" not in headers and "turns" not in said
