"""
Numbers of each worker that the supervisor and the other workers read, in shared memory: nobody waits for another to read them.

A worker writes only its own place. The clock is CLOCK_MONOTONIC, which all processes of a machine share.
"""

import mmap
import os
import time

_NUMBERS = 4


class Scoreboard:
    def __init__(self, file: int, places: int) -> None:
        self.file = file
        self.places = places
        numbers = memoryview(mmap.mmap(file, _NUMBERS * places * 8)).cast("q")
        self._beats = numbers[:places]
        self._active = numbers[places : 2 * places]
        self._called_at = numbers[2 * places : 3 * places]
        self._free_threads = numbers[3 * places : 4 * places]

    @staticmethod
    def create(places: int) -> "Scoreboard":
        file = os.memfd_create("model-server-scoreboard")
        os.ftruncate(file, _NUMBERS * places * 8)
        os.set_inheritable(file, True)
        return Scoreboard(file, places)

    def clear(self, place: int) -> None:
        self._beats[place] = self._active[place] = self._called_at[place] = self._free_threads[place] = 0

    def beat(self, place: int, called_at: float, free_threads: int) -> None:
        """`called_at`: when the oldest call of the model that still runs began, by time.monotonic, or 0."""
        self._free_threads[place] = free_threads
        self._called_at[place] = int(called_at * 1000)
        self._beats[place] += 1

    def beats(self, place: int) -> int:
        return self._beats[place]

    def calling_seconds(self, place: int) -> float:
        since = self._called_at[place]
        return time.monotonic() - since / 1000 if since else 0.0

    def free_threads(self, place: int) -> int:
        """Threads of a worker that no call of the model holds."""
        return self._free_threads[place]

    def set_active(self, place: int, requests: int) -> None:
        self._active[place] = requests

    def active(self) -> int:
        """Requests that all workers have in hand."""
        return sum(self._active)
