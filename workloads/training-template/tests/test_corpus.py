"""One table written in every kind of file, and read by every reader: the same values, or the same refusal."""

from __future__ import annotations

import contextlib
import gzip
import json
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mlplatform.tables import columns
from model_server.batch.fitting import Column, fit
from model_server.batch.reading import Unreadable, pieces
from training_template.hyperparameters import Unusable
from training_template.prepare import prepare
from training_template.tables import Schema, passed_over, read, read_text

SCHEMA = Schema("y", ["n"], ["c"], [])
ROWS = [(1.5, "NA", 1), (None, "None", 0), (3.0, None, 1), (-4.0, "null", 0), (1e30, "n/a", 1), (6.0, "ü, \"x\"\n2", 0)]  # fmt: skip
NUMBERS = [np.nan if n is None else n for n, _, _ in ROWS]
TEXTS = [c for _, c, _ in ROWS]


def csv_of(gap: str = "", **how: str) -> bytes:
    frame = pd.DataFrame({"n": [gap if n is None else repr(n) for n, _, _ in ROWS], "c": [c or "" for c in TEXTS],
                          "y": [y for _, _, y in ROWS]})  # fmt: skip
    return frame.to_csv(index=False, **how).encode()


def parquet_of(text: Callable[[pd.Series], pd.Series]) -> bytes:
    target = BytesIO()
    frame = pd.DataFrame({"n": NUMBERS, "c": text(pd.Series(TEXTS, dtype=object)), "y": [y for _, _, y in ROWS]})
    frame.set_index("n").reset_index().to_parquet(target)
    return target.getvalue()


def lines_of(leave_out: bool) -> bytes:
    rows = [{"n": n, "c": c, "y": y} for n, c, y in ROWS]
    kept = [{k: v for k, v in row.items() if v is not None or not leave_out} for row in rows]
    return "\n\n".join(map(json.dumps, kept)).encode()


SAME = {
    "plain.csv": csv_of(), "mark.csv": b"\xef\xbb\xbf" + csv_of(), "windows.csv": csv_of(lineterminator="\r\n"),
    "LARGE.CSV": csv_of(), "packed.csv.gz": gzip.compress(csv_of()), "r.csv": csv_of("NA"), "sql.csv": csv_of("NULL"),
    "python.csv": csv_of("None"), "pandas.csv": csv_of("nan"), "index.csv": b",n,c,y\n" + b"".join(
        b"0," + line + b"\n" for line in [b'1.5,NA,1', b',None,0', b'3.0,,1', b'-4.0,null,0', b'1e30,n/a,1', '6.0,"ü, ""x""\n2",0'.encode()]),
    "nulls.jsonl": lines_of(False), "gaps.ndjson": lines_of(True), "packed.json.gz": gzip.compress(lines_of(True)),
    "text.parquet": parquet_of(lambda text: text), "codes.parquet": parquet_of(lambda text: text.astype("category")),
    "strings.parquet": parquet_of(lambda text: text.astype("string")),
}  # fmt: skip


def same(given: pd.Series, wanted: list) -> None:
    assert [None if pd.isna(value) else value for value in given] == [
        None if pd.isna(value) else value for value in wanted
    ]


@pytest.mark.parametrize("name", SAME)
def test_every_kind_of_file_is_the_same_table_to_every_reader(tmp_path: Path, name: str) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / name).write_bytes(SAME[name])
    trained_on = SCHEMA.typed(read(tmp_path / "in", SCHEMA))
    same(trained_on["n"], NUMBERS)
    same(trained_on["c"], TEXTS)
    asked = [Column("n", "double", False), Column("c", "string", False), Column("y", "long", True)]
    for size in (1, 4, 100):
        parts = list(pieces(tmp_path / "in" / name, name, size))
        fitted = [fit(piece.rows, asked) for piece in parts]
        assert not any(rejected for _, rejected in fitted) and not any(piece.rejected for piece in parts)
        scored = pd.concat([frame for frame, _ in fitted])
        same(scored["n"], NUMBERS)
        same(scored["c"], TEXTS)
    prepare(str(tmp_path / "in"), str(tmp_path / "out"), {})
    again = pd.concat(
        [read(tmp_path / "out" / split, SCHEMA) for split in ("train", "validation", "test")
         if len(read_text(tmp_path / "out" / split))]
    )  # fmt: skip
    assert sorted(map(str, SCHEMA.typed(again)["c"])) == sorted(map(str, trained_on["c"]))


REFUSED = {
    "cut.csv.gz": gzip.compress(csv_of())[:-9], "none.parquet": b"PAR1 or not", "twice.csv": b"n,n,c,y\n1,2,a,1\n",
    "latin.csv": b"n,c,y\n1,\xfcber,1\n", "short.csv": b"n,c,y\n1,a,1\n2,b\n", "words.jsonl": b'{"n": 1}\nwords\n',
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_one_reader_refuses_every_reader_refuses_and_says_which_file(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(REFUSED[name])
    for reader in (lambda folder: read(folder, SCHEMA), read_text):
        with pytest.raises(Unusable, match=f"{name} cannot be read: "):
            reader(tmp_path)
    with contextlib.suppress(Unreadable):
        assert any(piece.rejected for piece in pieces(tmp_path / name, name, 10))


def test_hidden_empty_and_foreign_files_are_passed_over_and_counted(tmp_path: Path) -> None:
    files = {"a.csv": csv_of(), ".ipynb_checkpoints/a-checkpoint.csv": csv_of(), "_SUCCESS": b"", "_temporary/b.csv": csv_of(),
             ".a.csv.crc": b"x", "README.md": b"x", "a.csv.bak": b"x", "b.csv": b"", "deep/er/c.csv": csv_of()}  # fmt: skip
    for name, body in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(body)
    (tmp_path / "mark.csv").write_bytes(b"\xef\xbb\xbf\n")
    assert len(read(tmp_path, SCHEMA)) == 2 * len(ROWS)
    assert passed_over(tmp_path) == {"hidden": 4, "foreign": 2, "empty": 1}


@pytest.mark.parametrize("value", ["1e39", "-3.5e38", "1.797e308", "inf"])
def test_numbers_that_cannot_be_trained_on_are_said_with_their_column(value: str) -> None:
    frame = pd.DataFrame({"n": ["1", value], "c": ["a", "b"], "y": ["1", "0"]})
    [said] = SCHEMA.problems(frame)
    assert said.startswith("n is beyond 3.403e+38") and f"first '{value}'" in said


def test_a_category_of_more_values_than_can_be_learnt_is_said() -> None:
    schema = Schema("y", [], ["c"], [], most_values=3)
    frame = pd.DataFrame({"c": list("abcd"), "y": [0, 1, 0, 1]})
    assert schema.too_many(frame) == [
        "c has 4 different values, at most 3 can be learnt: leave out the rare ones, or the column"
    ]
    assert schema.too_many(frame.head(3)) == []


@pytest.mark.parametrize("read", [columns.numbers, columns.integers, columns.truths, columns.texts])
@pytest.mark.parametrize("kind", ["object", "string"])
def test_a_value_means_the_same_among_many_rows_as_among_few(
    read: Callable[[pd.Series], columns.Column], kind: str
) -> None:
    texts = ["1", " 2.0 ", "5e3", "9007199254740993", "True", "no", "x", "NA", "", "é", None]
    few = pd.Series(texts, dtype=object).astype(kind)
    copies = columns.FEW_ROWS // len(few) + 1
    alone, among = read(few), read(pd.concat([few] * copies, ignore_index=True))
    for part in ("values", "missing", "bad"):
        assert [*map(repr, getattr(among, part))] == [*map(repr, getattr(alone, part))] * copies
