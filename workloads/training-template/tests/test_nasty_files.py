"""Files as nobody means to write them: every reader takes the same table, or refuses it with the file and the reason."""

from __future__ import annotations

import datetime as dt
import gzip
import json
import uuid
from collections.abc import Sequence
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from model_server.batch.fitting import Column, fit
from model_server.batch.reading import Unreadable, pieces
from training_template.hyperparameters import Unusable
from training_template.prepare import prepare
from training_template.tables import Schema, read, read_text

SCHEMA = Schema("y", ["n"], ["c"], [])
COLUMNS = [Column("n", "double", False), Column("c", "string", False)]
NUMBERS, TEXTS, ANSWERS = [1.5, -2.0, 3e5, 4.25], ["a", "b", "NA", "ü"], [0, 1, 1, 0]
Cells = Sequence[Any]


def csv(n: Cells = NUMBERS, c: Cells = TEXTS, head: str = "n,c,y", between: str = ",", end: str = "\n") -> str:
    return end.join([head, *(between.join(map(str, row)) for row in zip(n, c, ANSWERS, strict=True))]) + end


def rows(n: Cells = NUMBERS, c: Cells = TEXTS, y: Cells = ANSWERS) -> list[dict[str, Any]]:
    return [{"n": n, "c": c, "y": y} for n, c, y in zip(n, c, y, strict=True)]


def lines(given: Sequence[Any], between: str = "\n") -> str:
    return between.join(map(json.dumps, given))


def parquet(**columns: Any) -> bytes:
    target = BytesIO()
    table = {"n": pa.array(NUMBERS), "c": pa.array(TEXTS), "y": pa.array(ANSWERS), **columns}
    pq.write_table(pa.table({name: values for name, values in table.items() if values is not None}), target)
    return target.getvalue()


def indexed() -> bytes:
    target = BytesIO()
    pd.DataFrame(rows()).set_index("c").to_parquet(target)
    return target.getvalue()


def groups() -> bytes:
    target, part = BytesIO(), pa.table({"n": NUMBERS[:1], "c": TEXTS[:1], "y": ANSWERS[:1]})
    with pq.ParquetWriter(target, part.schema) as writer:
        for place in range(len(NUMBERS)):
            writer.write_table(
                pa.table({"n": [NUMBERS[place]], "c": [TEXTS[place]], "y": [ANSWERS[place]]}, schema=part.schema)
            )
    return target.getvalue()


def wide() -> str:
    return csv(head="n,c,y" + "".join(f",x{place}" for place in range(2000)), end="\n").replace(
        "\n", ",1" * 2000 + "\n"
    ).replace(",x1999" + ",1" * 2000, ",x1999")  # fmt: skip


SAME: dict[str, bytes | str] = {
    "old_mac.csv": csv(end="\r"), "windows.csv": csv(end="\r\n"), "mark.csv": "\ufeff" + csv(), "quoted_mark.csv": '\ufeff"n","c","y"\n' + csv().split("\n", 1)[1],
    "blank_lines.csv": "\n\n" + csv(end="\n\n"), "no_end.csv": csv().rstrip(), "trailing.csv": csv(head="n,c,y,", end=",\n").replace("y,,", "y,"),
    "wide.csv": wide(), "signs.csv": csv(n=["+1.5", "-2.", "3E+5", " 4.25 "]), "quoted.csv": csv(n=[f'"{n}"' for n in NUMBERS], c=[f'"{c}"' for c in TEXTS]),
    "members.csv.gz": gzip.compress(csv().encode()[:9]) + gzip.compress(csv().encode()[9:]), "UPPER.CSV.GZ": gzip.compress(csv().encode()),
    "blank_lines.jsonl": lines(rows(), "\n\n \n"), "windows.jsonl": lines(rows(), "\r\n"), "mark.ndjson": "\ufeff" + lines(rows()),
    "escaped.json": lines(rows()).replace("ü", "\\u00fc"), "text_numbers.jsonl": lines(rows(n=list(map(str, NUMBERS)), y=list(map(str, ANSWERS)))),
    "truths.jsonl": lines(rows(y=[False, True, True, False])), "nested_beside.jsonl": lines([{**row, "o": {"a": [1]}} for row in rows()]),
    "twice.jsonl": '{"n": 7, "n": 1.5, "c": "a", "y": 0}\n' + lines(rows()[1:]),
    "groups.parquet": groups(), "index.parquet": indexed(), "text_numbers.parquet": parquet(n=pa.array(list(map(str, NUMBERS)))),
    "decimal.parquet": parquet(n=pa.array([Decimal(str(n)) for n in NUMBERS], pa.decimal128(20, 3))),
    "decimal256.parquet": parquet(n=pa.array([Decimal(str(n)) for n in NUMBERS], pa.decimal256(50, 3))),
    "float32.parquet": parquet(n=pa.array(NUMBERS, pa.float32())), "codes.parquet": parquet(n=pa.array(NUMBERS).dictionary_encode(), c=pa.array(TEXTS).dictionary_encode()),
    "large.parquet": parquet(c=pa.array(TEXTS, pa.large_string())), "view.parquet": parquet(c=pa.array(TEXTS).cast(pa.string_view())),
    "bytes.parquet": parquet(c=pa.array([text.encode() for text in TEXTS])), "truths.parquet": parquet(y=pa.array([False, True, True, False])),
    "int8.parquet": parquet(y=pa.array(ANSWERS, pa.int8())), "uint64.parquet": parquet(y=pa.array(ANSWERS, pa.uint64())),
    "nested_beside.parquet": parquet(o=pa.array([{"a": [1]}] * 4)),
}  # fmt: skip


def put(folder: Path, name: str, body: bytes | str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(body if isinstance(body, bytes) else body.encode())
    return folder / name


def prepared(folder: Path, out: Path) -> pd.DataFrame:
    prepare(str(folder), str(out), {})
    parts = [read(out / split, SCHEMA) for split in ("train", "validation", "test") if len(read_text(out / split))]
    return pd.concat(parts, ignore_index=True)


def scored(file: Path, name: str, size: int = 3) -> tuple[pd.DataFrame, list[str]]:
    """As batch does, wherever it runs."""
    parts, reasons = [], []
    for piece in pieces(file, name, size):
        frame, rejected = fit(piece.rows, COLUMNS)
        parts.append(frame)
        reasons += [each.reason for each in [*piece.rejected, *rejected]]
    return pd.concat(parts), reasons


@pytest.mark.parametrize("name", SAME)
def test_the_same_table_to_every_reader(tmp_path: Path, name: str) -> None:
    file = put(tmp_path / "in", name, SAME[name])
    wanted = sorted(zip(NUMBERS, TEXTS, ANSWERS, strict=True))
    for frame in (read(tmp_path / "in", SCHEMA), prepared(tmp_path / "in", tmp_path / "out")):
        assert SCHEMA.problems(frame) == []
        assert sorted(SCHEMA.typed(frame)[["n", "c", "y"]].itertuples(index=False, name=None)) == wanted
    frame, reasons = scored(file, name)
    assert reasons == [] and frame["n"].tolist() == NUMBERS and frame["c"].tolist() == TEXTS


TEXT_OF: dict[str, tuple[pa.Array, list[str]]] = {
    "uuid": (pa.ExtensionArray.from_storage(pa.uuid(), pa.array([uuid.UUID(int=place).bytes for place in range(4)], pa.binary(16))), [str(uuid.UUID(int=place)) for place in range(4)]),
    "bytes": (pa.array([b"\xff\x00", b"\x00\x01", b"ok", b"\x80"]), ["ff00", "0001", "ok", "80"]),
    "date32": (pa.array([dt.date(2026, 1, 31)] * 4), ["2026-01-31"] * 4), "time64": (pa.array([dt.time(1, 2, 3)] * 4, pa.time64("us")), ["01:02:03"] * 4),
    "duration": (pa.array([dt.timedelta(days=1)] * 4), ["1 days 00:00:00"] * 4), "timestamp": (pa.array([dt.datetime(2026, 1, 31)] * 4), ["2026-01-31 00:00:00"] * 4),
    "far": (pa.array([dt.datetime(9999, 1, 1)] * 4, pa.timestamp("us")), ["9999-01-01 00:00:00"] * 4),
    "zone": (pa.array([dt.datetime(2026, 1, 31)] * 4, pa.timestamp("us", "Europe/Berlin")), ["2026-01-31 01:00:00+01:00"] * 4),
    "double": (pa.array([7.0, 2.5, 1e20, -3.0]), ["7", "2.5", "100000000000000000000", "-3"]), "half": (pa.array([7.0, 2.5, 7.0, 1.0], pa.float16()), ["7", "2.5", "7", "1"]),
    "float": (pa.array([0.1, 2.5, 7.0, 1.0], pa.float32()), ["0.10000000149011612", "2.5", "7", "1"]),
    "truth": (pa.array([True, False] * 2), ["True", "False"] * 2), "decimal": (pa.array([Decimal("7.00")] * 4), ["7"] * 4),
}  # fmt: skip


@pytest.mark.parametrize("kind", TEXT_OF)
def test_a_category_of_any_kind_is_the_same_text_to_every_reader(tmp_path: Path, kind: str) -> None:
    values, texts = TEXT_OF[kind]
    file = put(tmp_path / "in", "a.parquet", parquet(c=values))
    assert SCHEMA.typed(read(tmp_path / "in", SCHEMA))["c"].tolist() == texts
    assert sorted(SCHEMA.typed(prepared(tmp_path / "in", tmp_path / "out"))["c"]) == sorted(texts)
    assert scored(file, file.name)[0]["c"].tolist() == texts


def test_a_wide_table_comes_in_pieces_of_many_rows(tmp_path: Path) -> None:
    row = ",".join(["1.25"] * 1000) + "\n"
    file = put(tmp_path, "wide.csv", ",".join(f"n{place}" for place in range(1000)) + "\n" + row * 2000)
    found = [len(piece.rows) for piece in pieces(file, file.name, 10_000)]
    assert sum(found) == 2000 and len(found) <= 2


UNREADABLE: dict[str, tuple[bytes | str, str]] = {
    "utf16.csv": (csv().encode("utf-16"), "is UTF-16, not UTF-8"), "utf16le.csv": (csv().encode("utf-16-le"), "is UTF-16 or UTF-32 without a mark"),
    "utf16be.csv": (csv().encode("utf-16-be"), "is UTF-16 or UTF-32 without a mark"), "utf32.csv": (csv().encode("utf-32"), "is UTF-32, not UTF-8"),
    "utf16.jsonl": (lines(rows()).encode("utf-16"), "is UTF-16, not UTF-8"), "latin.csv": (csv().encode("latin-1"), "'utf-8' codec can't decode byte 0xfc"),
    "semicolons.csv": (csv(head="n;c;y", between=";"), "separated by semicolons"), "tabs.csv": (csv(head="n\tc\ty", between="\t"), "separated by tabs"),
    "strokes.csv": (csv(head="n|c|y", between="|"), "separated by strokes"), "german.csv": (csv(head="n;c;y", between=";").replace(".", ","), "separated by semicolons"),
    "excel.csv": ("sep=,\n" + csv(), "note to a spreadsheet"), "workbook.csv": (b"PK\x03\x04" + bytes(99), "a zip archive or a workbook"),
    "packed.csv": (gzip.compress(csv().encode()), "is packed by gzip, and its name"), "packed_twice.csv.gz": (gzip.compress(gzip.compress(csv().encode())), "is packed by gzip"),
    "parquet.csv": (parquet(), "is Parquet, and its name"), "plain.csv.gz": (csv(), "Not a gzipped file"), "rest.csv.gz": (gzip.compress(csv().encode()) + b"rest", "Not a gzipped file"),
    "twice.csv": (csv(head="n,n,c"), "two columns have the same name: n"), "text.parquet": (csv(), "Parquet magic bytes"), "cut.parquet": (parquet()[:-9], "Parquet"),
    "list.json": (json.dumps(rows()), "is a list of objects"), "pretty.json": (json.dumps(rows(), indent=1), "is JSON over several lines"),
    "object.json": (json.dumps(rows()[0], indent=1), "is JSON over several lines"), "one_line.csv": ("n,c,y" + "x" * 9_000_000, "longer than"),
}  # fmt: skip


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_file_that_is_no_table_is_refused_by_every_reader_with_its_reason(tmp_path: Path, name: str) -> None:
    body, reason = UNREADABLE[name]
    file = put(tmp_path / "in", name, body)
    for reader in (
        lambda: read(tmp_path / "in", SCHEMA),
        lambda: read_text(tmp_path / "in"),
        lambda: prepare(str(tmp_path / "in"), str(tmp_path / "out"), {}),
    ):
        with pytest.raises(Unusable, match=f"{name} cannot be read: .*{reason}"):
            reader()
    with pytest.raises(Unreadable, match=reason):
        scored(file, name)
    assert not (tmp_path / "out").exists()


WRONG_ROWS: dict[str, tuple[str, int, str]] = {
    "short.csv": (csv() + "1\n", 4, "has 1 fields where the header has 3"), "long.csv": (csv() + "1,a,0,9\n", 4, "has 4 fields where the header has 3"),
    "blanks.csv": (csv() + "   \n", 4, "has 1 fields"), "open.csv": (csv() + '1,"a,0\n2,b,1\n3,c,0\n', 4, "over 3 lines: is a quote not closed"),
    "half.jsonl": (lines(rows()) + '\n{"n": 1, "c": "\\ud800", "y": 0}', 4, "half a character"), "damaged.jsonl": ('{"n": 1,\n' + lines(rows()), 0, "is no JSON"),
    "list.jsonl": (lines([[1, 2], *rows()]), 0, "is list, not an object"), "null.jsonl": ("null\n" + lines(rows()), 0, "is NoneType"),
    "deep.jsonl": (lines(rows()) + '\n{"n": ' + "[" * 90_000 + "]" * 90_000 + "}", 4, "recursion"),
    "digits.jsonl": (lines(rows()) + '\n{"n": ' + "9" * 5000 + "}", 4, "is no JSON: Exceeds the limit"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG_ROWS)
def test_a_row_that_is_none_is_refused_alone_or_with_its_table_and_said_with_its_number(
    tmp_path: Path, name: str
) -> None:
    body, row, reason = WRONG_ROWS[name]
    file = put(tmp_path / "in", name, body)
    with pytest.raises(Unusable, match=f"{name} cannot be read: its row {row} .*{reason}"):
        read(tmp_path / "in", SCHEMA)
    with pytest.raises(Unusable, match=f"{name} cannot be read: its row {row} .*{reason}"):
        prepare(str(tmp_path / "in"), str(tmp_path / "out"), {})
    frame, reasons = scored(file, name)
    assert frame["n"].tolist() == NUMBERS and len(reasons) == 1 and reason in reasons[0]


WRONG_VALUES: dict[str, tuple[bytes | str, str]] = {
    "thousands.csv": (csv(n=['"1,234.5"', *NUMBERS[1:]]), "n is no number in 1 rows, first '1,234.5'"), "percent.csv": (csv(n=["5%", *NUMBERS[1:]]), "n is no number in 1 rows"),
    "underscore.csv": (csv(n=["1_000", *NUMBERS[1:]]), "n is no number in 1 rows"), "hex.csv": (csv(n=["0x10", *NUMBERS[1:]]), "n is no number in 1 rows"),
    "minus.csv": (csv(n=["−5", *NUMBERS[1:]]), "n is no number in 1 rows"), "arabic.csv": (csv(n=["١", *NUMBERS[1:]]), "n is no number in 1 rows"),
    "truth.csv": (csv(n=["True", *NUMBERS[1:]]), "n is no number in 1 rows"), "truth.jsonl": (lines(rows(n=[True, *NUMBERS[1:]])), "n is no number in 1 rows"),
    "truths.parquet": (parquet(n=pa.array([True, False, True, None])), "n is no number in 3 rows"), "list.jsonl": (lines(rows(n=[[1], *NUMBERS[1:]])), "n is no number in 1 rows"),
    "list.parquet": (parquet(n=pa.array([[n] for n in NUMBERS])), "n is no number in 4 rows"), "object.jsonl": (lines(rows(n=[{"a": 1}, *NUMBERS[1:]])), "n is no number in 1 rows"),
    "date.parquet": (parquet(n=pa.array([dt.date(2026, 1, 1)] * 4)), "n is no number in 4 rows, first '2026-01-01'"), "duration.parquet": (parquet(n=pa.array([dt.timedelta(1)] * 4)), "n is no number in 4 rows"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG_VALUES)
def test_a_value_that_is_no_number_is_none_to_every_reader(tmp_path: Path, name: str) -> None:
    body, reason = WRONG_VALUES[name]
    file = put(tmp_path / "in", name, body)
    [said] = SCHEMA.problems(read(tmp_path / "in", SCHEMA))
    [after] = SCHEMA.problems(prepared(tmp_path / "in", tmp_path / "out"))
    assert said.startswith(reason) and after.startswith(reason.partition(", first")[0])
    frame, reasons = scored(file, name)
    assert len(reasons) == int(reason.partition(" rows")[0].rpartition(" ")[2]) and "not a number" in reasons[0]
    assert len(frame) == len(NUMBERS) - len(reasons)


@pytest.mark.parametrize("body", [csv(n=["inf", "-Infinity", "1e400", "9" * 400]),
                                  '{"n": 1e400, "c": "a", "y": 0}\n{"n": Infinity, "c": "a", "y": 0}\n{"n": -Infinity, "c": "a", "y": 1}\n{"n": -1e39, "c": "b", "y": 1}',
                                  parquet(n=pa.array([np.inf, -np.inf, np.inf, 1e39]))], ids=["csv", "jsonl", "parquet"])  # fmt: skip
def test_numbers_beyond_what_can_be_trained_on_are_refused_there_and_scored_as_they_are(
    tmp_path: Path, body: bytes | str
) -> None:
    name = "a.parquet" if isinstance(body, bytes) else "a.jsonl" if body.startswith("{") else "a.csv"
    file = put(tmp_path / "in", name, body)
    for frame in (read(tmp_path / "in", SCHEMA), prepared(tmp_path / "in", tmp_path / "out")):
        [said] = SCHEMA.problems(frame)
        assert said.startswith("n is beyond 3.403e+38, the largest number that can be trained on, in 4 rows")
    scores, reasons = scored(file, name)
    assert reasons == [] and (scores["n"].abs() > 1e38).all()


@pytest.mark.parametrize("body", [lines(rows(c=[["a"], "b", "NA", "ü"])), lines(rows(c=[{"a": 1}, "b", "NA", "ü"]))])
def test_a_category_that_is_a_list_or_an_object_is_refused(tmp_path: Path, body: str) -> None:
    file = put(tmp_path / "in", "a.jsonl", body)
    [said] = SCHEMA.problems(read(tmp_path / "in", SCHEMA))
    assert said.startswith("c is a list or an object in 1 rows, first ")
    frame, reasons = scored(file, file.name)
    assert len(frame) == 3 and "not text" in reasons[0]


@pytest.mark.parametrize("name", ["a.csv", "a.parquet"])
def test_a_column_whose_name_differs_in_spaces_or_capitals_is_no_other_and_said(tmp_path: Path, name: str) -> None:
    target = BytesIO()
    frame = pd.DataFrame({"n": NUMBERS, " C": TEXTS, "y": ANSWERS})
    frame.to_csv(target, index=False) if name == "a.csv" else frame.to_parquet(target)
    file = put(tmp_path / "in", name, target.getvalue())
    assert SCHEMA.problems(read(tmp_path / "in", SCHEMA)) == ["column c is missing; there is ' C'"]
    with pytest.raises(Unusable, match="columns are missing: c; 'c', there is ' C'"):
        prepare(str(tmp_path / "in"), str(tmp_path / "out"), {"split_by": "n,c"})
    scores, reasons = scored(file, name)
    assert scores.empty and reasons == ["column c is missing; there is ' C'"] * 4


@pytest.mark.parametrize(("name", "body"), [("a.csv", ",,\n1,a,0\n"), ("a.jsonl", "{}\n{}\n"), ("a.parquet", parquet(n=None, c=None, y=None))])  # fmt: skip
def test_a_table_without_a_column_is_refused(tmp_path: Path, name: str, body: bytes | str) -> None:
    put(tmp_path / "in", name, body)
    assert SCHEMA.problems(read(tmp_path / "in", SCHEMA)) == [f"column {each} is missing" for each in "ncy"]
    with pytest.raises(Unusable, match="the tables have no column with a name"):
        prepare(str(tmp_path / "in"), str(tmp_path / "out"), {})


@pytest.mark.parametrize(("name", "body"), [("a.csv", "n,c,y\n"), ("b.csv", "n,c,y"), ("a.parquet", parquet(n=pa.array([], pa.float64()), c=pa.array([], pa.string()), y=pa.array([], pa.int64())))])  # fmt: skip
def test_a_table_without_a_row_is_one_and_nothing_can_be_learnt(tmp_path: Path, name: str, body: bytes | str) -> None:
    file = put(tmp_path / "in", name, body)
    assert SCHEMA.problems(read(tmp_path / "in", SCHEMA)) == ["there are no rows"]
    assert prepare(str(tmp_path / "in"), str(tmp_path / "out"), {}) == {"train": 0, "validation": 0, "test": 0}
    assert scored(file, name)[1] == [] and len(scored(file, name)[0]) == 0


def test_a_whole_number_of_json_that_no_float_can_be_is_none_as_to_the_server(tmp_path: Path) -> None:
    file = put(tmp_path / "in", "a.jsonl", lines(rows(n=[10**400, *NUMBERS[1:]])))
    [said] = SCHEMA.problems(read(tmp_path / "in", SCHEMA))
    [after] = SCHEMA.problems(prepared(tmp_path / "in", tmp_path / "out"))
    assert said.startswith("n is no number in 1 rows") and after.startswith("n is beyond 3.403e+38")
    frame, reasons = scored(file, file.name)
    assert len(frame) == 3 and "not a number" in reasons[0]
