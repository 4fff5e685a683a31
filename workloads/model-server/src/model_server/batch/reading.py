"""Rows of an object, a piece at a time, whatever its size."""

import csv
import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

LONGEST_LINE_BYTES = 8 * 1024 * 1024
_ENDINGS = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl", ".parquet": "parquet"}


class Unreadable(Exception):
    """The object as a whole cannot be read, such as one that is no Parquet at all."""


@dataclass
class Rejected:
    """A row that cannot be scored."""

    row: int
    reason: str


@dataclass
class Piece:
    """Some rows: their places in the object as index."""

    rows: pd.DataFrame
    rejected: list[Rejected] = field(default_factory=list)


def format_of(key: str) -> str | None:
    """`csv`, `jsonl` or `parquet`, by the ending of a name; nothing for other objects and hidden ones."""
    path = Path(key)
    if any(part.startswith((".", "_")) for part in path.parts):
        return None
    ending = Path(path.stem).suffix if path.suffix == ".gz" else path.suffix
    found = _ENDINGS.get(ending.lower())
    return None if path.suffix == ".gz" and found == "parquet" else found


def pieces(file: Path, key: str, rows: int) -> Iterator[Piece]:
    """The rows of a file in pieces of at most `rows`. Raises Unreadable."""
    kind = format_of(key)
    try:
        if kind == "parquet":
            yield from _parquet(file, rows)
            return
        with gzip.open(file, "rb") if key.endswith(".gz") else open(file, "rb") as stream:
            lines = _lines(stream)
            yield from _csv(lines, rows) if kind == "csv" else _json(lines, rows)
    except (OSError, EOFError, UnicodeDecodeError, csv.Error, pa.ArrowException) as error:
        raise Unreadable(f"{type(error).__name__}: {error}") from error


def _lines(stream: BinaryIO) -> Iterator[str]:
    first = True
    while line := stream.readline(LONGEST_LINE_BYTES + 1):
        if len(line) > LONGEST_LINE_BYTES:
            raise Unreadable(f"a line is longer than {LONGEST_LINE_BYTES} bytes")
        yield line.decode("utf-8-sig" if first else "utf-8")
        first = False


def _csv(lines: Iterator[str], rows: int) -> Iterator[Piece]:
    csv.field_size_limit(LONGEST_LINE_BYTES)
    reader = csv.reader(lines)
    header = next(reader, None)
    if header is None:
        return
    if len(set(header)) != len(header):
        raise Unreadable("two columns of the header have the same name")
    kept: dict[int, list[str]] = {}
    rejected: list[Rejected] = []
    number = -1
    for cells in reader:
        if not cells:
            continue
        number += 1
        if len(cells) == len(header):
            kept[number] = cells
        else:
            rejected.append(Rejected(number, f"has {len(cells)} fields where the header has {len(header)}"))
        if len(kept) + len(rejected) >= rows:
            yield Piece(_table(kept, header), rejected)
            kept, rejected = {}, []
    if kept or rejected:
        yield Piece(_table(kept, header), rejected)


def _table(rows: dict[int, list[str]], header: list[str]) -> pd.DataFrame:
    return pd.DataFrame(list(rows.values()), index=list(rows), columns=header, dtype=object)


def _json(lines: Iterator[str], rows: int) -> Iterator[Piece]:
    kept: dict[int, dict[str, Any]] = {}
    rejected: list[Rejected] = []
    number = -1
    for line in lines:
        if not line.strip():
            continue
        number += 1
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            rejected.append(Rejected(number, f"is no JSON: {error}"))
        else:
            if isinstance(value, dict):
                kept[number] = value
            else:
                rejected.append(Rejected(number, f"is {type(value).__name__}, not an object with columns"))
        if len(kept) + len(rejected) >= rows:
            yield Piece(_frame(kept), rejected)
            kept, rejected = {}, []
    if kept or rejected:
        yield Piece(_frame(kept), rejected)


def _frame(rows: dict[int, dict[str, Any]]) -> pd.DataFrame:
    columns = list(dict.fromkeys(name for row in rows.values() for name in row))
    cells = [[row.get(name) for name in columns] for row in rows.values()]
    return pd.DataFrame(cells, index=list(rows), columns=columns, dtype=object)


def _parquet(file: Path, rows: int) -> Iterator[Piece]:
    with pq.ParquetFile(file) as opened:
        begin = 0
        for batch in opened.iter_batches(batch_size=rows):
            frame = batch.to_pandas()
            frame.index = pd.RangeIndex(begin, begin + len(frame))
            begin += len(frame)
            yield Piece(frame)
