"""The sampled prediction log: rows, what was predicted, by which version; written to a directory or S3, off the hot path."""

import gzip
import json
import logging
import os
import queue
import random
import socket
import threading
import time
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pandas as pd

from model_server.protocol import Predicted
from model_server.settings import Settings

_log = logging.getLogger("model_server.samples")

_QUEUED_REQUESTS = 2000
_ROWS_PER_REQUEST = 100
_FILE_ROWS = 10_000
_FILE_BYTES = 1024 * 1024
_FILE_SECONDS = 60.0
_UNNAMED_COLUMNS = 100
_TRIES = 3


class Sampler:
    """`offer` never waits: what has no room is counted and dropped."""

    def __init__(self, settings: Settings) -> None:
        self._share = settings.sample_percent / 100 if settings.sample_uri else 0.0
        self._model = settings.name
        self._track = settings.track
        self._names: list[str] = []
        self._queue: queue.Queue[tuple[float, str, str, Any, Any] | None] = queue.Queue(_QUEUED_REQUESTS)
        self._counts = {"total": 0, "dropped": 0}
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        if self._share:
            writer = _Writer(f"{settings.sample_uri}".rstrip("/") + f"/{settings.name}")
            self._thread = threading.Thread(target=self._run, args=(writer,), name="samples", daemon=True)
            self._thread.start()

    def name_columns(self, names: list[str]) -> None:
        """Names of the columns of rows that are offered from now on."""
        self._names = names

    def offer(self, request_id: str, version: str, rows: list[Any], answer: Any) -> None:
        if self._share and random.random() < self._share:
            self._put(request_id, version, (self._names, rows), answer, len(rows))

    def offer_data(self, request_id: str, version: str, predicted: Predicted) -> None:
        if self._share and random.random() < self._share:
            size = len(predicted.data) if hasattr(predicted.data, "__len__") else 1
            self._put(request_id, version, predicted.data, predicted.answer, size)

    def _put(self, request_id: str, version: str, data: Any, answer: Any, rows: int) -> None:
        try:
            self._queue.put_nowait((time.time(), request_id, version, data, answer))
        except queue.Full:
            self._add("dropped", rows)

    def _add(self, kind: str, rows: int) -> None:
        with self._lock:
            self._counts[kind] += rows

    def take_counts(self) -> list[tuple[str, int]]:
        with self._lock:
            taken = [
                (f"{kind}_total" if kind == "dropped" else kind, rows) for kind, rows in self._counts.items() if rows
            ]
            self._counts = dict.fromkeys(self._counts, 0)
        return taken

    def close(self, seconds: float) -> None:
        """Writes what is left."""
        if self._thread is not None:
            try:
                self._queue.put(None, timeout=seconds)
            except queue.Full:
                return
            self._thread.join(seconds)

    def _run(self, writer: "_Writer") -> None:
        lines: list[bytes] = []
        size = 0
        opened = time.monotonic()
        while True:
            try:
                item = self._queue.get(timeout=max(0.1, opened + _FILE_SECONDS - time.monotonic()))
            except queue.Empty:
                item = ()  # type: ignore[assignment]
            if item:
                added = self._lines(*item)
                lines += added
                size += sum(map(len, added))
            full = len(lines) >= _FILE_ROWS or size >= _FILE_BYTES or time.monotonic() - opened >= _FILE_SECONDS
            if lines and (full or item is None):
                self._add("total" if writer.write(b"".join(lines)) else "dropped", len(lines))
            if full or item is None:
                lines, size, opened = [], 0, time.monotonic()
            if item is None:
                return

    def _lines(self, moment: float, request_id: str, version: str, data: Any, answer: Any) -> list[bytes]:
        try:
            rows = _rows(data)
            answers = _answers(answer, len(rows))
        except Exception:  # A form that cannot be shown as rows must not end the log.
            _log.exception("a request cannot be put into the prediction log", extra={"request_id": request_id})
            return []
        ts = datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        head = {"ts": ts, "request_id": request_id, "model": self._model, "version": version, "track": self._track}
        places = range(len(rows))
        if len(rows) > _ROWS_PER_REQUEST:
            places = [place * len(rows) // _ROWS_PER_REQUEST for place in range(_ROWS_PER_REQUEST)]  # type: ignore[assignment]
        return [
            json.dumps({**head, "inputs": rows[place], "prediction": answers[place]}, default=str).encode() + b"\n"
            for place in places
        ]


def _rows(data: Any) -> list[dict[str, Any]]:
    if isinstance(data, tuple):
        names, rows = data
        if not names:
            return _unnamed(np.array(rows))
        return [{name: _plain(value) for name, value in zip(names, row)} for row in rows]
    if isinstance(data, pd.DataFrame):
        return [{str(name): _plain(value) for name, value in row.items()} for row in data.to_dict("records")]
    if isinstance(data, dict):
        columns = {str(name): np.asarray(values) for name, values in data.items()}
        size = len(next(iter(columns.values())))
        flat = {name: values.tolist() for name, values in columns.items() if values.shape == (size,)}
        return [{name: _plain(values[place]) for name, values in flat.items()} for place in range(size)]
    return _unnamed(np.asarray(data))


def _unnamed(values: np.ndarray) -> list[dict[str, Any]]:
    rows = values.reshape(len(values), -1)
    if rows.shape[1] > _UNNAMED_COLUMNS:
        return [{} for _ in rows]
    return [{str(place): _plain(value) for place, value in enumerate(row)} for row in rows.tolist()]


def _answers(answer: Any, count_rows: int) -> list[Any]:
    if isinstance(answer, dict):
        answer = [{name: values[place] for name, values in answer.items()} for place in range(count_rows)]
    return [_plain(each) for each in answer]


def _plain(value: Any) -> Any:
    """A JSON value without NaN and infinity."""
    if isinstance(value, dict):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [_plain(each) for each in value]
    if isinstance(value, (pd.Timestamp, datetime)):
        return None if value is pd.NaT else value.isoformat()
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)


class _Writer:
    def __init__(self, address: str) -> None:
        self._address = address
        self._host = socket.gethostname()
        self._numbers = count(1)
        self._store: Any = None

    def write(self, text: bytes) -> bool:
        now = datetime.now(UTC)
        name = f"{now:%H%M%S}-{self._host}-{os.getpid()}-{next(self._numbers)}.jsonl.gz"
        content = gzip.compress(text, 6, mtime=0)
        for attempt in range(_TRIES):
            try:
                self._put(f"date={now:%Y-%m-%d}", name, content)
                return True
            except Exception as error:  # Whatever the store says, predictions go on.
                _log.error(
                    "the prediction log cannot be written", extra={"address": self._address, "error": str(error)}
                )
                time.sleep(2**attempt)
        return False

    def _put(self, folder: str, name: str, content: bytes) -> None:
        if not self._address.startswith("s3://"):
            target = Path(self._address) / folder
            target.mkdir(parents=True, exist_ok=True)
            partial = target / f".{name}"
            partial.write_bytes(content)
            partial.replace(target / name)
            return
        if self._store is None:
            import boto3

            self._store = boto3.client("s3")
        parts = urlsplit(self._address)
        key = f"{parts.path.lstrip('/')}/{folder}/{name}"
        self._store.put_object(Bucket=parts.netloc, Key=key, Body=content, ContentType="application/gzip")
