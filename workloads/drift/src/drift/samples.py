"""The model server's sampled log: gzip JSON lines in <model>/date=YYYY-MM-DD/<HHMMSS>-….jsonl.gz, one line a row.

Whatever is in there, reading takes bounded memory: lines and files are only read up to a size, and of a large log files
are taken evenly from the whole window.
"""

from __future__ import annotations

import gzip
import json
import logging
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import IO, Any

from drift.store import Entry, Store

logger = logging.getLogger(__name__)

MIB = 1024 * 1024
#: A longer line is no row of a table.
MAX_LINE_BYTES = MIB
#: Unpacked; the server closes a file at 1 MiB, so more is a bomb or another's file.
MAX_FILE_BYTES = 64 * MIB
#: Packed, of one check: about a million rows of twenty columns, a minute of reading.
MAX_TOTAL_BYTES = 64 * MIB
#: Rows are in a file that is closed within a minute; the rest is for clocks that differ.
CLOSED_WITHIN = timedelta(minutes=3)

_name = re.compile(r"/date=(\d{4}-\d{2}-\d{2})/(\d{6})-[^/]*\.jsonl(\.gz)?$")


@dataclass(frozen=True)
class Row:
    at: datetime
    version: str
    track: str
    inputs: dict[str, Any]
    prediction: Any


@dataclass
class Reading:
    """What was met on the way."""

    files_found: int = 0
    files_taken: int = 0
    files_damaged: int = 0
    lines_damaged: int = 0

    def to_dict(self) -> dict[str, int]:
        return {
            "filesFound": self.files_found,
            "filesTaken": self.files_taken,
            "filesDamaged": self.files_damaged,
            "linesDamaged": self.lines_damaged,
        }


class TooLarge(ValueError):
    """A file holds more than the server ever writes into one."""


class Window:
    """The samples of one model between two moments."""

    def __init__(self, store: Store, model: str, since: datetime, until: datetime) -> None:
        self.store = store
        self.since = since
        self.until = until
        found = sorted(
            (closed, entry.key, entry)
            for day in self._days()
            for entry in store.list(f"{model}/date={day}/")
            if (closed := _closed(entry.key)) is not None and since <= closed <= until + CLOSED_WITHIN
        )
        sound = [entry for _, _, entry in found if entry.size <= MAX_FILE_BYTES]
        self.files = _evenly(sound)
        self.reading = Reading(len(found), len(self.files), len(found) - len(sound))

    def live_version(self) -> str | None:
        """Of the newest row that a stable server answered: a canary's rows say nothing about what is live."""
        for entry in reversed(self.files):
            stable = [(row.at, row.version) for row in self._rows(entry, Reading()) if row.track != "canary"]
            if stable:
                return max(stable)[1]
        return None

    def rows(self, version: str) -> Iterator[Row]:
        for entry in self.files:
            for row in self._rows(entry, self.reading):
                if row.version == version:
                    yield row

    def _days(self) -> Iterator[str]:
        day = self.since.date()
        while day <= (self.until + CLOSED_WITHIN).date():
            yield day.isoformat()
            day += timedelta(days=1)

    def _rows(self, entry: Entry, reading: Reading) -> Iterator[Row]:
        try:
            with self.store.open(entry.key) as body:
                unpacked = gzip.GzipFile(fileobj=body) if entry.key.endswith(".gz") else body
                for line in _lines(unpacked, reading):
                    row = _row(line)
                    if row is None:
                        reading.lines_damaged += 1
                    elif self.since <= row.at < self.until:
                        yield row
        except (EOFError, gzip.BadGzipFile, zlib.error, TooLarge) as error:
            reading.files_damaged += 1
            logger.warning("file of samples is damaged", extra={"key": entry.key, "reason": str(error)})


def _lines(body: IO[bytes], reading: Reading) -> Iterator[bytes]:
    total, rest, skipping = 0, b"", False
    while chunk := body.read(64 * 1024):
        total += len(chunk)
        if total > MAX_FILE_BYTES:
            raise TooLarge(f"it holds more than {MAX_FILE_BYTES // MIB} MiB")
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            if skipping:
                skipping = False
            elif line.strip():
                yield line
        if len(rest) > MAX_LINE_BYTES:
            reading.lines_damaged += 0 if skipping else 1
            rest, skipping = b"", True
    if rest.strip() and not skipping:
        yield rest


def _row(line: bytes) -> Row | None:
    try:
        given = json.loads(line)
        at = datetime.fromisoformat(given["ts"])
        inputs, version = given["inputs"], given["version"]
        if at.tzinfo is None or not isinstance(inputs, dict) or not 0 < len(str(version)) <= 100:
            return None
        return Row(at, str(version), str(given.get("track", "stable")), inputs, given.get("prediction"))
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def _closed(key: str) -> datetime | None:
    found = _name.search(f"/{key}")
    if found is None:
        return None
    try:
        return datetime.strptime(found[1] + found[2], "%Y-%m-%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None


def _evenly(files: list[Entry]) -> list[Entry]:
    """All of them, or as many of them, from the whole window, as one check may read."""
    total = sum(entry.size for entry in files)
    if total <= MAX_TOTAL_BYTES:
        return files
    share, taken, owed = MAX_TOTAL_BYTES / total, [], 0.0
    for entry in files:
        owed += entry.size * share
        if owed >= entry.size:
            owed -= entry.size
            taken.append(entry)
    return taken
