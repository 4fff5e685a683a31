"""Children that a model forks. One that comes back from the model's code would be a second server that nobody knows, and nobody would end it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def ending_children() -> Iterator[None]:
    """Round a call of the model's code: who comes out of it in another process than it went in ends."""
    own = os.getpid()
    try:
        yield
    finally:
        if os.getpid() != own:
            os._exit(0)
