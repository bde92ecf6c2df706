"""Conversation tests: whole conversations in plain YAML, played through the real assistant.

``reading`` turns a file into conversations or faults, ``playing`` plays one, ``checks`` holds what
may be expected of a turn, ``running`` plays many at once, the rest shows what came out.
"""
