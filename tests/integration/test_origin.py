"""The address that a message is counted for is its own, whatever came before on the same connection."""

import asyncio
import http.client
import threading
from contextlib import suppress

import pytest
from sanic import Sanic
from sanic.response import json
from sanic.touchup import TouchUp

from benchmarks.servers import free_port
from finlit.accounts import origin
from finlit.channels import request_ids


@pytest.fixture
def port(monkeypatch):
    rewrite = TouchUp.run

    def rewrite_once(app):
        """Sanic rewrites methods of its own when an app starts, which works once a process: another test had one."""
        with suppress(KeyError):
            rewrite(app)

    monkeypatch.setattr(TouchUp, "run", rewrite_once)
    app, number, loop = Sanic("origins"), free_port(), asyncio.new_event_loop()
    request_ids.install(app)

    async def web(_request):
        origin.comes_from("203.0.113.7")
        return json(origin.address())

    async def wechat(_request):
        return json(origin.address())

    app.add_route(web, "/web")
    app.add_route(wechat, "/wechat")
    server = loop.run_until_complete(
        app.create_server("127.0.0.1", number, return_asyncio_server=True, access_log=False)
    )
    loop.run_until_complete(server.startup())
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield number
    loop.call_soon_threadsafe(loop.stop)
    thread.join()


def test_a_wechat_message_does_not_inherit_the_address_of_a_web_client_on_its_connection(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    said = []
    for path in ("/web", "/wechat"):
        connection.request("GET", path)
        said.append(connection.getresponse().read())
    assert said == [b'"203.0.113.7"', b'""']
