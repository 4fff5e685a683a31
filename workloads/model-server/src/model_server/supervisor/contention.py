"""Whether a silent process could have run: one that waits for a processor says nothing about what it would do with it."""

import contextlib
import os
import time


class Contention:
    """Looks at one process, again and again. Figures of a process that is gone count as those of one that could run."""

    def __init__(self) -> None:
        self._looked_at = 0.0
        self._used = 0.0

    def kept_from_running(self, pid: int) -> bool:
        """
        True where a thread of the process waits for a processor and all of them together had less than half of one since the last look.

        What sleeps, as C code may that holds the interpreter's lock, waits for nothing; what computes on a machine with a processor for
        it has all of one.
        """
        now, used = time.monotonic(), _seconds_used(pid)
        seconds, share = now - self._looked_at, used - self._used
        self._looked_at, self._used = now, used
        return share < seconds / 2 and _wants_to_run(pid)


def _seconds_used(pid: int) -> float:
    # The clock of another process, as clock_getcpuclockid(3) of the C library makes its number.
    with contextlib.suppress(OSError):
        return time.clock_gettime((~pid << 3) | 2)
    return 0.0


def _wants_to_run(pid: int) -> bool:
    try:
        threads = os.listdir(f"/proc/{pid}/task")
    except OSError:
        return False
    return any(_state(pid, thread) == b"R" for thread in threads)


def _state(pid: int, thread: str) -> bytes:
    """The letter behind the name, which may hold brackets itself: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html"""
    try:
        with open(f"/proc/{pid}/task/{thread}/stat", "rb") as file:
            return file.read().rpartition(b") ")[2][:1]
    except OSError:
        return b""
