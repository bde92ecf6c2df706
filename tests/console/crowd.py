"""Customers on both channels, five turns a second on each, until standard input ends; run by the project's Python.

Usage: python -m tests.console.crowd CHAT_PORT CLOCK_SHIFT. Prints one JSON line: by channel how many turns
there were, those that failed, how long the slowest took, and how a guided task ended that one more person had
begun before everything else.
"""

import json
import sys
import threading
import time
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace

from finlit.channels.wechat_simulator import NoAnswer, Platform
from tests import wechat
from tests.console.acting import Customer

TURNS_A_SECOND = 5
PEOPLE = 15  # on each channel: one person alone may not say more than thirty things a minute
CALCULATION = "一万，逾期10天，日利率万分之五"
QUESTIONS = ("怎么还款", "逾期几天上征信", "罚息怎么算", "能提前还清吗", "你好")


class Channel:
    """One channel's people, and what became of their turns."""

    def __init__(self, name, ask):
        self.name, self.ask = name, ask  # ask(person, text) → answer
        self.turns, self.failed, self.slowest = 0, [], 0.0
        self.lock = threading.Lock()
        ask(PEOPLE, "罚息怎么算")
        self.question = ask(PEOPLE, "帮我算一算")

    def person(self, number, stop):
        due = time.monotonic() + number / TURNS_A_SECOND
        turn = number
        while not stop.wait(max(0.0, due - time.monotonic())):
            begun = time.monotonic()
            text = QUESTIONS[turn % len(QUESTIONS)]
            try:
                fault = "" if self.ask(number, text) else "没有回答"
            except (OSError, NoAnswer, ValueError) as error:
                fault = repr(error)
            with self.lock:
                self.turns += 1
                self.slowest = max(self.slowest, time.monotonic() - begun)
                if fault:
                    self.failed.append(f"{text}：{fault}")
            turn, due = turn + 1, due + PEOPLE / TURNS_A_SECOND


def main(port, shift):
    project = SimpleNamespace(chat=port)
    on_web = [Customer(project) for _ in range(PEOPLE + 1)]
    address = f"http://127.0.0.1:{port}/webhooks/wechat/webhook"
    on_wechat = Platform(
        wechat.config(account_type="subscription"),
        address,
        lambda: datetime.now(timezone.utc) + timedelta(seconds=shift),
    )
    channels = [
        Channel("web", lambda person, text: on_web[person].ask(text)),
        Channel("wechat", lambda person, text: on_wechat.say(f"oCrowd_{person}", text)),
    ]
    stop = threading.Event()
    threads = [
        threading.Thread(target=channel.person, args=(number, stop)) for channel in channels for number in range(PEOPLE)
    ]
    for thread in threads:
        thread.start()
    print("ready", flush=True)
    sys.stdin.read()
    stop.set()
    for thread in threads:
        thread.join()
    ended = {channel.name: [channel.question, channel.ask(PEOPLE, CALCULATION)] for channel in channels}
    print(json.dumps({
        c.name: {"turns": c.turns, "failed": c.failed, "slowest": c.slowest, "task": ended[c.name]} for c in channels
    }))  # fmt: skip


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))
