"""Hostile requests to every web address of servers that are started for it, on loopback only.

``wire`` sends one request and never waits longer than it says, ``attacks`` makes the requests, ``person`` is a
conversation that suffers them and wants its questions answered all the same, ``findings`` judges what comes back.
"""
