"""Every order of deliveries, computations, replies, pushes and deaths of processes, on one store."""

import re
import tempfile
from collections import defaultdict
from datetime import datetime, timedelta, timezone
from pathlib import Path

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from finlit.channels.deliveries import Answer, Claim, Contact, Inbox
from finlit.db import engine, tables

PEOPLE = ("wechat-a", "wechat-b")
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None  # thousands of transactions: keep them off the disk
START = datetime(2026, 11, 23, 2, 0, tzinfo=timezone.utc)


class Store(RuleBasedStateMachine):
    """Two processes on one store; ``«n»`` is the answer to message n."""

    @initialize(may_push=st.booleans())
    def open(self, may_push):
        self.folder = tempfile.TemporaryDirectory(dir=MEMORY)
        self.url = self.database()
        tables.Base.metadata.create_all(engine.engine_for(self.url))
        self.now, self.may_push = START, may_push
        self.births = 0
        self.processes = [self.born(), self.born()]
        self.seen = {}  # number → (person, deliveries so far)
        self.must_arrive = set()
        self.watching = defaultdict(set)  # process → numbers
        self.computing = {}  # number → process
        self.finished = set()
        self.requests = []  # (process, number, deadline)
        self.carriers = defaultdict(set)  # answer → {("reply", number) or ("service",)}
        self.first_handed = defaultdict(list)  # person → answers in the order in which they were handed over
        self.a_process_died = False

    def database(self):
        return f"sqlite:///{self.folder.name}/store.db"

    def born(self):
        self.births += 1
        return Inbox(f"process-{self.births}", lambda: self.url, lambda: self.now)

    def teardown(self):
        if not hasattr(self, "url"):
            return
        try:
            self.nothing_is_lost()
        finally:
            engine.dispose(self.url)
            self.folder.cleanup()

    @rule(person=st.sampled_from(PEOPLE), process=st.integers(0, 1), vital=st.booleans())
    def a_new_message_comes(self, person, process, vital):
        number = len(self.seen) + 1
        self.seen[number] = [person, 0]
        if vital:
            self.must_arrive.add(number)
        self.delivered(number, process)

    @precondition(lambda self: self.seen)
    @rule(data=st.data(), process=st.integers(0, 1))
    def the_platform_delivers_again(self, data, process):
        number = data.draw(st.sampled_from(sorted(self.seen)))
        if self.seen[number][1] < 3:
            self.delivered(number, process)

    def delivered(self, number, process):
        inbox = self.processes[process]
        person = self.seen[number][0]
        is_new = inbox.receive(str(number), person, "body", Contact.MESSAGE)
        assert is_new is (self.seen[number][1] == 0)
        self.seen[number][1] += 1
        self.watching[inbox].add(number)
        self.requests.append((inbox, number, self.now + timedelta(seconds=4.5)))

    @precondition(lambda self: any(self.watching.values()))
    @rule(data=st.data())
    def a_process_tries_to_compute(self, data):
        inbox, number = data.draw(st.sampled_from(sorted(
            ((inbox, number) for inbox, numbers in self.watching.items() for number in numbers),
            key=lambda pair: (pair[0]._owner, pair[1]),
        )))  # fmt: skip
        if self.computing.get(number) is inbox:
            return
        claim = inbox.claim(str(number))
        if claim in (Claim.OURS, Claim.TAKEN_OVER):
            person = self.seen[number][0]
            others = [n for n in self.computing if self.seen[n][0] == person]
            assert not others, f"{number} is computed while {others} is"
            self.computing[number] = inbox
        elif claim is Claim.DONE:
            assert number in self.finished

    @precondition(lambda self: self.computing)
    @rule(data=st.data())
    def a_computation_ends(self, data):
        self.ends(data.draw(st.sampled_from(sorted(self.computing))))

    def ends(self, number):
        inbox = self.computing.pop(number)
        stored = inbox.finish(str(number), Answer((f"«{number}»",), must_arrive=number in self.must_arrive))
        assert stored and number not in self.finished
        self.finished.add(number)
        self.watching[inbox].discard(number)

    @precondition(lambda self: self.requests)
    @rule(data=st.data(), is_gone=st.booleans())
    def a_request_looks_for_its_answer(self, data, is_gone):
        request = self.requests[data.draw(st.integers(0, len(self.requests) - 1))]
        inbox, number, deadline = request
        if self.now > deadline:
            self.requests.remove(request)
            return
        handed = inbox.take(str(number), push_long=self.may_push)
        if handed is not None:
            self.requests.remove(request)
            if is_gone and not handed.again:
                return inbox.give_back(str(number))
            self.handed(handed.text, ("reply", number), number)
            if handed.again:
                inbox.doubt(str(number))

    def handed(self, text, carrier, number):
        for answer in map(int, re.findall(r"«(\d+)»", text)):
            assert self.seen[answer][0] == self.seen[number][0], "an answer went to another person"
            if not self.carriers[answer]:
                self.first_handed[self.seen[answer][0]].append(answer)
            self.carriers[answer].add(carrier)

    @precondition(lambda self: self.may_push)
    @rule(process=st.integers(0, 1), outcome=st.sampled_from(["sent", "refused", "killed"]))
    def a_process_pushes(self, process, outcome):
        inbox = self.processes[process]
        push = inbox.next_push()
        if push is None:
            return
        if not inbox.spend(push.conversation):
            return inbox.keep_for_next_reply(push.key, push.sent)
        if not push.must_arrive:
            assert inbox.pushed(push.key, push.sent + 1)
        if outcome == "refused":
            return inbox.keep_for_next_reply(push.key, push.sent)
        if outcome == "killed" and not push.must_arrive:
            self.handed(push.parts[push.sent], ("service",), int(push.key))  # at most once: it may have gone out
        if outcome == "killed":
            return self.a_process_dies(process)
        self.handed(push.parts[push.sent], ("service",), int(push.key))
        if push.must_arrive:
            assert inbox.pushed(push.key, push.sent + 1)

    @rule(process=st.integers(0, 1))
    def a_process_dies(self, process):
        dead = self.processes[process]
        self.processes[process] = self.born()
        self.a_process_died = True
        self.watching.pop(dead, None)
        self.computing = {number: inbox for number, inbox in self.computing.items() if inbox is not dead}
        self.requests = [request for request in self.requests if request[0] is not dead]

    @rule(seconds=st.sampled_from([0.05, 1, 3, 5, 10, 60]))
    def time_passes(self, seconds):
        end = self.now + timedelta(seconds=seconds)
        while self.now < end:
            self.now = min(end, self.now + timedelta(seconds=1.5))
            for inbox, numbers in self.watching.items():
                for number in numbers:
                    inbox.keep_alive(str(number))

    @invariant()
    def no_answer_goes_two_ways_unless_it_must_arrive(self):
        for answer, carriers in getattr(self, "carriers", {}).items():
            assert len(carriers) <= 1 or answer in self.must_arrive, (answer, carriers)

    @invariant()
    def a_person_gets_the_answers_in_the_order_of_the_questions(self):
        if not getattr(self, "a_process_died", True):
            for answers in self.first_handed.values():
                assert answers == sorted(answers)

    def nothing_is_lost(self):
        """The computations end, then each person writes once more: what was computed has been handed over."""
        self.requests.clear()
        for number in sorted(self.computing):
            self.ends(number)
        self.watching.clear()
        self.time_passes(60)
        for person in PEOPLE:
            number = len(self.seen) + 1
            self.seen[number] = [person, 0]
            self.delivered(number, 0)
            inbox = self.processes[0]
            assert inbox.claim(str(number)) is Claim.OURS
            self.computing[number] = inbox
            self.ends(number)
            handed = inbox.take(str(number))
            self.handed(handed.text, ("reply", number), number)
        assert {answer for answer, carriers in self.carriers.items() if carriers} == self.finished


Store.TestCase.settings = settings(
    max_examples=20,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # shrinking would take minutes: each step is a transaction
)
TestEveryOrder = Store.TestCase
