"""Rows of a file, a piece at a time, whatever its size. Nothing is guessed: text stays text, and whole numbers stay exact."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from mlplatform.tables.files import format_of

LONGEST_LINE_BYTES = 8 * 1024 * 1024
_LONGEST_HEADER_BYTES = 1024 * 1024
_BLOCK_BYTES = 1024 * 1024
#: Of a block, for each column.
_COLUMN_BYTES = 8 * 1024
#: What pandas calls an index that has no name.
_index = re.compile(r"__index_level_\d+__")
_nullable = {f"{sign}int{bits}": f"{sign.upper()}Int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)}


class Unreadable(Exception):
    """The file as a whole cannot be read, such as one that is no Parquet at all."""


@dataclass
class Rejected:
    """A row that is none of the table."""

    row: int
    reason: str


@dataclass
class Piece:
    """Some rows: their places in the file as index."""

    rows: pd.DataFrame
    rejected: list[Rejected] = field(default_factory=list)
    #: Of JSON, where objects differ: the columns that a row does not have, and that are None in it.
    left_out: dict[int, frozenset[str]] = field(default_factory=dict)


def pieces(file: Path, key: str, rows: int) -> Iterator[Piece]:
    """The rows of a file in pieces of at most `rows`; none of a file that holds nothing at all.

    @param key says by its ending what the file is
    @raises Unreadable
    """
    kind = format_of(Path(key).name)
    try:
        if kind == "parquet":
            yield from _parquet(file, rows)
            return
        packed = key.lower().endswith(".gz")
        if kind == "csv":
            yield from _csv(file, packed, rows)
            return
        with _opened(file, packed) as stream:
            yield from _json(stream, rows)
    except (Unreadable, MemoryError):
        raise
    except Exception as error:  # Damage shows in whatever a library stumbles over first.
        raise Unreadable(f"{type(error).__name__}: {error}") from error


def _opened(file: Path, packed: bool) -> BinaryIO:
    return gzip.open(file, "rb") if packed else file.open("rb")  # type: ignore[return-value]


def _lines(stream: BinaryIO) -> Iterator[str]:
    first = True
    while line := stream.readline(LONGEST_LINE_BYTES + 1):
        if first:
            _check_text(line)
        if len(line) > LONGEST_LINE_BYTES:
            raise Unreadable(f"a line is longer than {LONGEST_LINE_BYTES} bytes")
        yield line.decode("utf-8-sig" if first else "utf-8")
        first = False


#: What files begin with that are no text, whatever their name says.
_BEGINNINGS = {
    b"\x1f\x8b": "is packed by gzip, and its name does not end in .gz",
    b"PK\x03\x04": "is a zip archive or a workbook, not text",
    b"PAR1": "is Parquet, and its name says otherwise",
    codecs.BOM_UTF32_LE: "is UTF-32, not UTF-8",
    codecs.BOM_UTF32_BE: "is UTF-32, not UTF-8",
    codecs.BOM_UTF16_LE: "is UTF-16, not UTF-8",
    codecs.BOM_UTF16_BE: "is UTF-16, not UTF-8",
}


def _check_text(begin: bytes) -> None:
    for mark, reason in _BEGINNINGS.items():
        if begin.startswith(mark):
            raise Unreadable(reason)
    if b"\0" in begin[:4]:
        raise Unreadable("is UTF-16 or UTF-32 without a mark, not UTF-8")


class _Text(io.RawIOBase):
    """Bytes of UTF-8 without the mark at their beginning that some programs write."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._held = b""
        # The longest mark that `_check_text` looks for.
        while len(self._held) < 4 and (more := stream.read(4 - len(self._held))):
            self._held += more
        _check_text(self._held)
        self._held = self._held.removeprefix(codecs.BOM_UTF8)

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        if size < 0:
            size = LONGEST_LINE_BYTES
        taken, self._held = self._held[:size], self._held[size:]
        if len(taken) < size:
            taken += self._stream.read(size - len(taken))
        self._decoder.decode(taken, final=not taken)
        return taken

    def put_back(self, taken: bytes) -> None:
        self._held = taken + self._held
        self._decoder.reset()


def _csv(file: Path, packed: bool, rows: int) -> Iterator[Piece]:
    """In small blocks, since memory holds several. A row that is longer than one makes it begin anew, in large ones."""
    done = 0
    for block in (_BLOCK_BYTES, LONGEST_LINE_BYTES):
        try:
            with _opened(file, packed) as stream:
                for piece in _csv_blocks(stream, rows, block):
                    if done and block == LONGEST_LINE_BYTES:
                        piece = Piece(
                            piece.rows[piece.rows.index >= done], [each for each in piece.rejected if each.row >= done]
                        )
                        if piece.rows.empty and not piece.rejected:
                            continue
                    else:
                        done += len(piece.rows) + len(piece.rejected)
                    yield piece
            return
        except pa.ArrowInvalid as error:
            if "straddl" not in str(error):
                raise
            if block == LONGEST_LINE_BYTES:
                raise Unreadable(f"a row is longer than {LONGEST_LINE_BYTES} bytes") from error


def _csv_blocks(stream: BinaryIO, rows: int, block_bytes: int) -> Iterator[Piece]:
    text = _Text(stream)
    begin = b""
    while len(begin) < _LONGEST_HEADER_BYTES and (more := text.read(_LONGEST_HEADER_BYTES)):
        begin += more
    if not begin.strip():
        return
    if len(begin) >= _LONGEST_HEADER_BYTES and b"\n" not in begin and b"\r" not in begin:
        raise Unreadable(f"its first line is longer than {_LONGEST_HEADER_BYTES} bytes")
    text.put_back(begin)
    header = next(csv.reader(io.StringIO(begin.decode(errors="ignore"), newline="")), [])
    while not header:  # Lines before it that are empty.
        begin = begin.lstrip(b"\r\n")
        header = next(csv.reader(io.StringIO(begin.decode(errors="ignore"), newline="")), [])
    _check_header(header)
    wrong: list[Rejected] = []

    def reject(row: Any) -> str:
        # The first row is the header, and none of the file's rows.
        reason = f"has {row.actual_columns} fields where the header has {row.expected_columns}"
        if row.text and "\n" in row.text.strip():
            reason += f", over {row.text.strip().count(chr(10)) + 1} lines: is a quote not closed?"
        wrong.append(Rejected(row.number - 2, reason))
        return "skip"

    places = [str(place) for place in range(len(header))]
    reader = pa.csv.open_csv(
        pa.PythonFile(text, mode="r"),
        # In one thread: in several nobody knows the number of a row that is passed over.
        read_options=pa.csv.ReadOptions(
            use_threads=False,
            # Each piece costs something for each column: of a wide table a small one would hold a few rows.
            block_size=max(block_bytes, min(LONGEST_LINE_BYTES, len(header) * _COLUMN_BYTES)),
            column_names=places,
        ),
        parse_options=pa.csv.ParseOptions(newlines_in_values=True, invalid_row_handler=reject),
        convert_options=pa.csv.ConvertOptions(
            strings_can_be_null=False, check_utf8=False, column_types=dict.fromkeys(places, pa.string())
        ),
    )
    # A column without a name is an index that was written with the rows.
    named = [place for place, name in enumerate(header) if name]
    names = [header[place] for place in named]
    next_row = -1
    for batch in reader:
        table = pa.Table.from_batches([batch]).select(named).rename_columns(names)
        numbers, next_row, skipped = _numbered(table.num_rows, next_row, wrong)
        if numbers.size and numbers[0] == -1:
            table, numbers = table.slice(1), numbers[1:]
        for start in range(0, max(table.num_rows, 1 if skipped else 0), rows):
            part = table.slice(start, rows).to_pandas()
            part.index = numbers[start : start + rows]
            yield Piece(part, skipped)
            skipped = []
    _, _, skipped = _numbered(0, next_row, wrong)
    if skipped or next_row <= 0:
        yield Piece(pd.DataFrame(columns=names, dtype=object), skipped)


def _numbered(count: int, begin: int, wrong: list[Rejected]) -> tuple[np.ndarray, int, list[Rejected]]:
    """Numbers of the next rows, the one after them, and those in between that are none. Takes the latter out of `wrong`."""
    numbers, skipped, at = [], [], begin
    while count or (wrong and wrong[0].row == at):
        if wrong and wrong[0].row == at:
            skipped.append(wrong.pop(0))
            at += 1
            continue
        run = min(count, wrong[0].row - at) if wrong else count
        numbers.append(np.arange(at, at + run))
        at, count = at + run, count - run
    return np.concatenate(numbers) if numbers else np.zeros(0, dtype=int), at, skipped


def _json(stream: BinaryIO, rows: int) -> Iterator[Piece]:
    decode = json.JSONDecoder().decode
    kept: dict[int, dict[str, Any]] = {}
    rejected: list[Rejected] = []
    number = -1
    for line in _lines(stream):
        if not line.strip():
            continue
        number += 1
        if number == 0 and line.strip() in ("[", "{", "[{"):
            raise Unreadable("is JSON over several lines, not an object a line: write JSON lines")
        try:
            value = decode(line)
            if "\\ud" in line.lower():
                _check_whole(value)
        except (ValueError, RecursionError) as error:
            rejected.append(Rejected(number, f"is no JSON: {error}"))
        else:
            if isinstance(value, dict):
                kept[number] = value
            elif number == 0 and isinstance(value, list) and value and all(isinstance(each, dict) for each in value):
                raise Unreadable("is a list of objects, not an object a line: write JSON lines")
            else:
                rejected.append(Rejected(number, f"is {type(value).__name__}, not an object with columns"))
        if len(kept) + len(rejected) >= rows:
            yield _piece_of(kept, rejected)
            kept, rejected = {}, []
    if kept or rejected:
        yield _piece_of(kept, rejected)


def _piece_of(kept: dict[int, dict[str, Any]], rejected: list[Rejected]) -> Piece:
    frame = frame_of(list(kept.values()), list(kept))
    names = frozenset(frame.columns)
    return Piece(
        frame, rejected, {row: names.difference(value) for row, value in kept.items() if len(value) < len(names)}
    )


def _check_whole(value: Any) -> None:
    """@raises ValueError for half a character, which JSON can say and no text can hold"""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise ValueError(f"half a character, {error.object[error.start]!a}") from error


def frame_of(rows: list[dict[str, Any]], index: list[int] | None = None) -> pd.DataFrame:
    """Objects of JSON as they are; what a row does not have is None."""
    names = list(rows[0]) if rows else []
    if all(list(row) == names for row in rows):
        cells: Any = zip(*(row.values() for row in rows), strict=True)
    else:
        names = list(dict.fromkeys(name for row in rows for name in row))
        cells = ([row.get(name) for row in rows] for name in names)
    columns = {name: pd.Series(_objects(values), index) for name, values in zip(names, cells, strict=True)}
    return pd.DataFrame(columns, index=range(len(rows)) if index is None else index)


def _objects(values: Any) -> np.ndarray:
    """Lists among them stay lists."""
    found = np.empty(len(values), dtype=object)
    found[:] = values
    return found


def _parquet(file: Path, rows: int) -> Iterator[Piece]:
    with pq.ParquetFile(file) as opened:
        names = opened.schema_arrow.names
        _check_names(names)
        kept = [name for name in names if _index.fullmatch(name) is None]
        begin = 0
        for batch in opened.iter_batches(batch_size=rows):
            index = pd.RangeIndex(begin, begin + batch.num_rows)
            begin += batch.num_rows
            yield Piece(pd.DataFrame({name: _column(batch.column(name), index) for name in kept}, index=index))
        if begin == 0:
            yield Piece(pd.DataFrame(columns=kept, dtype=object))


def _column(values: Any, index: pd.Index) -> pd.Series:
    """Of Arrow, without what pandas would make of gaps, codes and nested values."""
    if isinstance(values, pa.ExtensionArray):
        if isinstance(values.type, pa.UuidType):
            return pd.Series([None if each is None else str(each) for each in values.to_pylist()], index, dtype=object)
        values = values.storage
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    kind = values.type
    if pa.types.is_nested(kind) or pa.types.is_decimal(kind) or (values.null_count and pa.types.is_boolean(kind)):
        maps = pa.types.is_map(kind)
        found = [dict(value) if maps and value is not None else value for value in values.to_pylist()]
        return pd.Series(found, index, dtype=object)
    if values.null_count and pa.types.is_integer(kind):
        return pd.Series(values.to_pandas(types_mapper=_nullable_type), index=None).set_axis(index)
    return values.to_pandas(date_as_object=True).set_axis(index)


def _nullable_type(kind: pa.DataType) -> Any:
    name = _nullable.get(str(kind))
    return None if name is None else pd.api.types.pandas_dtype(name)


def _check_header(header: list[str]) -> None:
    if len(header) == 1:
        [name] = header
        for sign, said in (("\t", "tabs"), (";", "semicolons"), ("|", "strokes")):
            if all(part.strip() for part in name.split(sign)) and sign in name:
                raise Unreadable(f"its columns are separated by {said}, not by commas")
    if header[0].lower().startswith("sep="):
        raise Unreadable("its first line is a note to a spreadsheet, not the names of columns: take it out")
    _check_names([name for name in header if name])


def _check_names(names: list[str]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise Unreadable(f"two columns have the same name: {', '.join(twice[:10])}")
