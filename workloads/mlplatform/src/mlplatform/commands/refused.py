from __future__ import annotations


class Refused(Exception):
    """A command cannot do what it was asked for; the message says what is wrong, and what would do."""
