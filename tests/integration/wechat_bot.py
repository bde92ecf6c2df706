"""A server process with the real channel and a bot that writes down what it was asked.

Usage: python -m tests.integration.wechat_bot PORT LOG. 「慢 3」 takes three seconds, 「死」 ends the
process after the answer is stored and before it is sent, 「倒」 ends it while it computes.
"""

import asyncio
import os
import sys
from types import SimpleNamespace

from rasa.shared.core.domain import Domain
from sanic import Sanic

from finlit import settings
from finlit.channels import deliveries, wechat
from finlit.content import topics

ANSWER = "utter_test"


def main(port, log):
    responses = {response.name: [dict(response.body)] for response in topics.read(settings.load().data_dir).responses}

    async def bot(message):
        with open(log, "a") as book:  # noqa: PTH123
            book.write(f"{message.message_id} {message.sender_id} {message.text}\n")
        word, _, number = message.text.partition(" ")
        if word == "慢":
            await asyncio.sleep(float(number))
        if word == "倒":
            os._exit(9)
        name = "utter_crisis" if word == "救命" else ANSWER
        custom = {"answer": name, "numbered": False}
        text = "长" * 1500 if word == "长" else f"答「{message.text}」"
        await message.output_channel.send_response(message.sender_id, {"text": text, "custom": custom})
        if word == "死":
            finish = deliveries.Inbox.finish

            def finish_and_die(self, *arguments):
                finish(self, *arguments)
                os._exit(9)

            deliveries.Inbox.finish = finish_and_die

    app = Sanic("wechat_bot")
    agent = SimpleNamespace(domain=Domain.from_dict({"responses": responses}), tracker_store=Nothing(), processor=None)
    app.ctx.agent = agent
    app.blueprint(wechat.WeChat().blueprint(bot), url_prefix="/webhooks/wechat")
    app.run("127.0.0.1", port, access_log=False, motd=False)


class Nothing:
    """No conversation was stored."""

    async def retrieve(self, sender):
        return None


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
