"""A follower who leaves is nobody's customer any more, also when the database is away at that moment."""

import asyncio
from types import SimpleNamespace

import pytest
from sqlalchemy.exc import OperationalError

from finlit.accounts import binding
from finlit.channels import wechat, wechat_desk
from finlit.channels.wechat_codec import Codec
from finlit.db import engine
from finlit.settings import overridden
from tests.wechat import config, deliver, event, lists

WHO = "wechat-oLeaves"


class Body:
    """The body of one request, in one piece."""

    def __init__(self, body):
        self._pieces = [body]

    async def read(self):
        return self._pieces.pop() if self._pieces else None


@pytest.fixture
def bound(session, settings):
    with overridden(wechat=config()), engine.sessions(settings.database_url).begin() as opened:
        binding.bind(opened, WHO, "wechat", "late-20", "code", settings.now())


@pytest.fixture
def away(monkeypatch):
    """A database that can't be reached twice."""
    unbind, failures = wechat._unbind, [OperationalError("UPDATE", {}, Exception("away"))] * 2

    def fail_at_first(conversation):
        if failures:
            raise failures.pop()
        unbind(conversation)

    monkeypatch.setattr(wechat, "_unbind", fail_at_first)
    monkeypatch.setattr(wechat_desk, "PUSH_EVERY", 0.05)
    return failures


def leaving(settings):
    query, body = deliver(event("unsubscribe", "oLeaves"), config(), settings.now())
    return SimpleNamespace(args=lists(query), stream=Body(body))


@pytest.mark.parametrize("platform_waits", [True, False])
def test_who_leaves_while_the_database_is_away_is_unbound_as_soon_as_it_is_back(settings, bound, away, platform_waits):
    assert binding.bound_customer(WHO)

    async def play():
        endpoint = wechat._Endpoint(Codec(config()))
        endpoint.open(SimpleNamespace(compute=None, line=None, is_urgent=None), Nobody(), None)
        request = asyncio.ensure_future(endpoint.receive(leaving(settings)))
        if not platform_waits:
            await asyncio.sleep(0.02)
            request.cancel()  # as Sanic does when the platform hangs up
        await asyncio.wait({request})
        await asyncio.sleep(0 if platform_waits else 0.5)
        await endpoint.close()
        return request

    request = asyncio.run(play())
    assert request.cancelled() or request.result().status == 200
    assert not binding.bound_customer(WHO)


class Nobody:
    """A store of deliveries without any."""

    def keep_alive(self, *_):
        return None

    def next_push(self):
        return None

    def doubt(self, _key):
        return False
