"""Errors that a command shows as one line."""


class CommandError(Exception):
    """Something the person at the terminal can mend; the message says, in Chinese, what to do."""
