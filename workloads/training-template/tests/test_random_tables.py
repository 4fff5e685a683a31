"""
Tables drawn at random, written in many ways: every reader has the same values, in pieces of any size, and what one refuses all refuse.

A sample; `python tests/test_random_tables.py 1000` draws so many.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pandas as pd
import pytest

from model_server.batch.fitting import Column, alone, fit
from model_server.batch.reading import Unreadable, pieces
from random_tables import Rows, drawn, spoiled, written
from training_template.hyperparameters import Unusable
from training_template.prepare import prepare
from training_template.tables import SPLITS, Schema, read, read_text

SCHEMA = Schema("y", ["n"], ["c"], ["f"])
TRAINED_ON = ["n", "c", "f", "y"]
COLUMNS = [Column("n", "double", False), Column("w", "long", False), Column("c", "string", False), Column("f", "boolean", True),
           Column("t", "datetime", False), Column("y", "long", True)]  # fmt: skip
SCORED = [column.name for column in COLUMNS]


def plain(value: Any) -> Any:
    if value is None or value is pd.NA or value is pd.NaT or value != value:
        return None
    if isinstance(value, pd.Timestamp):
        return value.isoformat()
    value = value.item() if hasattr(value, "item") else value
    return value + 0.0 if isinstance(value, float) else value  # Written as text, -0.0 is 0.


def cells(frame: pd.DataFrame, names: list[str]) -> list[str]:
    rows = frame.reindex(columns=names).astype(object).itertuples(index=False)
    return [repr([plain(value) for value in row]) for row in rows]


def wanted(rows: Rows, names: list[str]) -> list[str]:
    return [repr([plain(row[name]) for name in names]) for row in rows]


def scored(file: Path, size: int) -> list[str]:
    """As batch fits them, in the order of the file."""
    found: dict[int, str] = {}
    for piece in pieces(file, file.name, size):
        assert piece.rejected == []
        for group in alone(piece, COLUMNS, fills=True):
            fitted, rejected = fit(group, COLUMNS)
            assert rejected == []
            found |= zip(fitted.index, cells(fitted, SCORED), strict=True)
    return [found[row] for row in sorted(found)]


def compare(seed: int, folder: Path) -> None:
    random = Random(seed)
    rows = drawn(random, random.choice((1, 2, 5, 20)))
    given = written(rows, random)
    file = put(folder / "in", given.name, given.body)
    assert cells(SCHEMA.typed(read(folder / "in", SCHEMA)), TRAINED_ON) == wanted(rows, TRAINED_ON), given
    for size in (1, 3, 1000):
        assert scored(file, size) == wanted(rows, SCORED), given
    prepare(str(folder / "in"), str(folder / "out"), {})
    parts = [read(folder / "out" / split, SCHEMA) for split in SPLITS if len(read_text(folder / "out" / split))]
    assert sorted(cells(SCHEMA.typed(pd.concat(parts)), TRAINED_ON)) == sorted(wanted(rows, TRAINED_ON)), given
    compare_refusals(folder, spoiled(given, random))


def compare_refusals(folder: Path, bad: Any) -> None:
    file = put(folder / "bad", bad.name, bad.body)
    refused = [refuses(each) for each in (lambda: read(folder / "bad", SCHEMA), lambda: read_text(folder / "bad"),
                                          lambda: prepare(str(folder / "bad"), str(folder / "none"), {}))]  # fmt: skip
    try:
        refused.append(any(piece.rejected for piece in pieces(file, file.name, 5)))
    except Unreadable:
        refused.append(True)
    assert all(refused), (bad, refused)


def refuses(take: Callable[[], Any]) -> bool:
    try:
        take()
    except Unusable:
        return True
    return False


def put(folder: Path, name: str, body: bytes) -> Path:
    folder.mkdir(parents=True)
    (folder / name).write_bytes(body)
    return folder / name


@pytest.mark.parametrize("seed", range(40))
def test_a_random_table_is_the_same_to_every_reader(tmp_path: Path, seed: int) -> None:
    compare(seed, tmp_path)


if __name__ == "__main__":
    for each in range(int(sys.argv[1])):
        with tempfile.TemporaryDirectory() as scratch:
            try:
                compare(each, Path(scratch))
            except AssertionError as error:
                raise AssertionError(f"seed {each}") from error
    print(sys.argv[1], "tables are the same to every reader")
