"""The pages and an echo on the project's Sanic, without Rasa's agent. Usage: python -m tests.integration.page_server PORT SECONDS.

``SECONDS`` is what a whole request may take.
"""

import sys

from sanic import Sanic
from sanic.response import json

from finlit.channels import careful_http, root_page


async def echo(request):
    return json({"bytes": len(request.body)})


def main(port, seconds):
    careful_http.WHOLE_REQUEST_WITHIN = seconds
    root_page.install()
    app = Sanic("page_server")
    root_page.add_chat_page(app)
    app.add_route(echo, "/echo", methods=["POST"])
    app.run("127.0.0.1", port, access_log=False, motd=False)


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))
