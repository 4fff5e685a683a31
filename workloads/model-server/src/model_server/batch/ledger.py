"""Notes of which objects were scored, so that each is scored once, whatever runs crash or overlap."""

import hashlib
import json
import logging
import threading
import time
from collections.abc import Callable

from model_server.batch.stores import Item, Store

_log = logging.getLogger("model_server.batch")

STAGING = "_staging/"
SCORED = "_scored/"


class LeaseLost(Exception):
    """The run was silent for so long that others may have taken its objects over."""


def staging(run: str) -> str:
    return f"{STAGING}{run}/"


class Lease:
    """Says that a run is alive, for as long as it is."""

    def __init__(self, store: Store, run: str, seconds: float, now: Callable[[], float] = time.time) -> None:
        self._store, self._key, self._seconds, self._now = store, lease_key(run), seconds, now
        self._until = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._renew, daemon=True)

    def __enter__(self) -> "Lease":
        self._write()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self._store.delete(self._key)

    def check(self) -> None:
        """Raises LeaseLost when others may think that the run is dead."""
        if self._now() > self._until:
            raise LeaseLost("the run did not renew its lease in time")

    def _renew(self) -> None:
        while not self._stop.wait(self._seconds / 4):
            try:
                self._write()
            except Exception as error:  # Tried again soon; `check` notices when it never succeeds.
                _log.warning("the lease could not be renewed", extra={"error": str(error)})

    def _write(self) -> None:
        until = self._now() + self._seconds
        self._store.write(self._key, json.dumps({"until": until}).encode())
        self._until = until


def lease_key(run: str) -> str:
    return f"{staging(run)}lease.json"


def alive(store: Store, run: str, now: float) -> bool:
    found = store.read(lease_key(run))
    return found is not None and json.loads(found[0])["until"] > now


class Ledger:
    """The notes as one run sees them."""

    def __init__(self, store: Store, run: str, now: Callable[[], float] = time.time) -> None:
        self._store, self._run, self._now = store, run, now

    def claim(self, item: Item) -> bool:
        """Takes an object for this run, unless it is scored or a living run has it."""
        key, mine = note_key(item.key, item.etag), self._note(item.key, item.etag, "taken")
        if self._store.write_new(key, mine):
            return True
        found = self._store.read(key)
        if found is None:
            return False  # Given back at this very moment: the next run takes it.
        note = json.loads(found[0])
        if note["run"] == self._run:
            return True
        if note["state"] == "done" or alive(self._store, note["run"], self._now()):
            return False
        return self._store.write_over(key, mine, found[1])

    def finish(self, key: str, etag: str) -> bool:
        """Notes an object as scored by this run; false when another run took it over meanwhile."""
        name = note_key(key, etag)
        found = self._store.read(name)
        note = json.loads(found[0]) if found else None
        if found is None or note is None or note["run"] != self._run:
            return False
        return note["state"] == "done" or self._store.write_over(name, self._note(key, etag, "done"), found[1])

    def give_back(self, item: Item) -> None:
        name = note_key(item.key, item.etag)
        found = self._store.read(name)
        if found is None:
            return
        note = json.loads(found[0])
        if note["run"] == self._run and note["state"] == "taken":
            self._store.delete(name)

    def _note(self, key: str, etag: str, state: str) -> bytes:
        return json.dumps({"key": key, "etag": etag, "run": self._run, "state": state}, sort_keys=True).encode()


def note_key(key: str, etag: str) -> str:
    digest = hashlib.sha256(f"{key}\n{etag}".encode()).hexdigest()
    return f"{SCORED}{digest}.json"
