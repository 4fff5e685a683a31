"""Threads that call the model, and how long each call has lasted: a call cannot be interrupted, but its process can be replaced."""

import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count

from model_server.forks import ending_children

_log = logging.getLogger("model_server.calls")


class Calls:
    """`prepare_thread` runs once in each thread, before its first call."""

    def __init__(self, threads: int, prepare_thread: Callable[[], None] = lambda: None) -> None:
        self._threads = threads
        self._pool = ThreadPoolExecutor(threads, "model", prepare_thread)
        self._numbers = count()
        self._running: dict[int, float] = {}

    def submit(self, act: Callable[[], None]) -> None:
        """`act` answers its requests itself, whatever the model does, and then ends without an exception."""
        self._pool.submit(self._run, act)

    def oldest_start(self) -> float:
        """When the oldest of the running calls began, by time.monotonic; 0 where none runs."""
        return min(list(self._running.values()), default=0.0)

    def free_threads(self) -> int:
        return self._threads - len(self._running)

    def _run(self, act: Callable[[], None]) -> None:
        number = next(self._numbers)
        self._running[number] = time.monotonic()
        try:
            with ending_children():
                act()
        except BaseException:
            _log.exception("a call was left without an answer")
        finally:
            del self._running[number]
