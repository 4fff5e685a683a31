"""Gaps in optional columns: every row of a file or of a payload is answered as alone, whatever the rows around it."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from mlflow.types import ColSpec, DataType, Schema
from mlflow.types.schema import Array

from model_server import score
from model_server.batch.fitting import Column, alike, alone, fit
from model_server.batch.reading import pieces
from model_server.loading import load
from model_server.protocol import predict

COLUMNS: dict[str, Any] = {
    "x": DataType.double, "d": DataType.double, "f": DataType.float, "l": DataType.long, "i": DataType.integer, "b": DataType.boolean,
    "s": DataType.string, "t": DataType.datetime, "a": Array(DataType.double),
}  # fmt: skip
WHOLE = {
    "x": 1.5,
    "d": 2.5,
    "f": 0.25,
    "l": 9007199254740993,
    "i": 7,
    "b": True,
    "s": "NA",
    "t": "2026-01-02T03:04:05",
    "a": [1.0],
}


class Described(mlflow.pyfunc.PythonModel):
    """Says what it was given of each row, with its type."""

    def predict(self, context, model_input, params=None):
        def said(value):
            if isinstance(value, (list, np.ndarray)):
                return f"list {list(value)}"
            if pd.isna(value):
                return "nothing"
            if isinstance(value, (pd.Timestamp, datetime)):
                return f"{pd.Timestamp(value)}"
            return f"{np.asarray(value).dtype.kind} {value}"

        return [" ".join(f"{name}={said(model_input[name].iloc[at])}" for name in model_input)
                for at in range(len(model_input))]  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    target = tmp_path_factory.mktemp("model") / "m"
    inputs = Schema([ColSpec(kind, name, required=name == "x") for name, kind in COLUMNS.items()])
    signature = mlflow.models.ModelSignature(inputs=inputs, outputs=Schema([ColSpec(DataType.string)]))
    mlflow.pyfunc.save_model(target, python_model=Described(), signature=signature, pip_requirements=[])
    return target


@pytest.fixture(scope="module")
def model(folder):
    return load(str(folder))


def lines(model, rows: list[dict]) -> list[str]:
    body = "".join(json.dumps(row) + "\n" for row in rows).encode()
    answer = predict(body, "application/jsonlines", model, 10**8).body()
    return [json.loads(line)["prediction"] for line in answer.splitlines()]


def batch(model, rows: list[dict], tmp_path: Path, size: int, kind: str = "jsonl") -> list[str]:
    scorer = score._ModelScorer(model)
    file = tmp_path / f"rows.{kind}"
    if kind == "jsonl":
        file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    else:
        names = list(COLUMNS)
        cells = [["" if row.get(name) is None else json.dumps(row[name]).strip('"') for name in names] for row in rows]
        pd.DataFrame(cells, columns=names).to_csv(file, index=False)
    answers: dict[int, str] = {}
    for piece in pieces(file, file.name, size):
        for rows_alike in alone(piece, scorer.columns, scorer.fills):
            fitted, rejected = fit(rows_alike, scorer.columns)
            assert rejected == [] and piece.rejected == []
            for group in alike(fitted, scorer.columns):
                answers.update(zip(group.index, scorer.predict(group), strict=True))
    return [answers[place] for place in range(len(rows))]


gapped = some.lists(
    some.fixed_dictionaries(
        {"x": some.just(1.5)},
        optional={name: some.sampled_from([None, value]) for name, value in WHOLE.items() if name != "x"},
    ),
    min_size=1,
    max_size=12,
)
quiet = settings(deadline=None, max_examples=25, derandomize=True, database=None, suppress_health_check=list(HealthCheck))  # fmt: skip


@given(rows=gapped)
@quiet
def test_each_line_of_a_payload_is_answered_as_alone(model, rows):
    assert lines(model, rows) == [lines(model, [row])[0] for row in rows]


@given(rows=gapped, size=some.integers(1, 12))
@quiet
def test_each_row_of_a_file_is_answered_as_alone_whatever_the_pieces(model, tmp_path_factory, rows, size):
    folder = tmp_path_factory.mktemp("rows")
    one_by_one = [batch(model, [row], folder, 1)[0] for row in rows]
    assert batch(model, rows, folder, size) == one_by_one
    # A truth value that is null is false to MLflow in a request, as docs/model-server.md says.
    asked = [
        lines(model, [row])[0] if row.get("b", True) is not None else batched for row, batched in zip(rows, one_by_one)
    ]
    assert asked == one_by_one
    # CSV cannot leave a column out of one row.
    whole = [{name: row.get(name) for name in COLUMNS} for row in rows]
    assert batch(model, whole, folder, size, "csv") == [batch(model, [row], folder, 1)[0] for row in whole]


def test_an_optional_column_may_have_any_name(tmp_path):
    inputs = Schema([ColSpec(DataType.long, "self", required=False), ColSpec(DataType.double, "x")])
    signature = mlflow.models.ModelSignature(inputs=inputs, outputs=Schema([ColSpec(DataType.string)]))
    mlflow.pyfunc.save_model(tmp_path / "m", python_model=Described(), signature=signature, pip_requirements=[])
    own = load(str(tmp_path / "m"))
    for body, kind in ((b'{"x": 1.5, "self": null}', "application/jsonlines"), (b"self,x\n,1.5\n", "text/csv")):
        assert b"self=nothing x=f 1.5" in predict(body, kind, own, 10**8).body()


@pytest.mark.parametrize("size", [1, 2, 10])
def test_a_row_that_leaves_out_what_is_required_is_set_aside_whatever_is_beside_it(tmp_path, size):
    file = tmp_path / "rows.jsonl"
    file.write_text('{"x": 1.5, "s": "a"}\n{"s": "b"}\n{"x": null, "s": "c"}\n{"x": 2.5, "S": "d"}\n')
    columns = [Column("x", "double", True), Column("s", "string", False)]
    taken, reasons = [], {}
    for piece in pieces(file, file.name, size):
        for group in alone(piece, columns, fills=True):
            fitted, rejected = fit(group, columns)
            taken += [*fitted.index]
            reasons |= {each.row: each.reason for each in rejected}
    assert sorted(taken) == [0, 2]
    assert reasons == {1: "column x is missing", 3: "column s is missing; there is 'S'"}


def test_rows_that_a_model_of_a_library_is_given_nulls_for_share_its_calls(tmp_path):
    file = tmp_path / "rows.jsonl"
    file.write_text('{"x": 1.5, "s": "a"}\n{"x": 2.5}\n{"x": 3.5, "more": 1}\n')
    columns = [Column("x", "double", True), Column("s", "string", False)]
    [piece] = pieces(file, file.name, 10)
    assert [[*group.index] for group in alone(piece, columns, fills=True)] == [[0, 1, 2]]
    assert [[*group.index] for group in alone(piece, columns)] == [[0], [1, 2]]


def test_one_empty_integer_costs_no_other_row(model, tmp_path):
    rows = [{"x": float(place), "l": place} for place in range(200)]
    rows[77] = {"x": 5.0, "l": None}
    answers = batch(model, rows, tmp_path, 10_000)
    assert answers[76].startswith("x=f 76.0 l=i 76") and answers[77].startswith("x=f 5.0 l=nothing")
    assert lines(model, rows)[76:78] == answers[76:78]


@pytest.mark.parametrize("bad", ["old", ""])
def test_long_integers_keep_every_digit_beside_a_row_that_has_none(bad):
    rows = pd.DataFrame({"l": ["9007199254740993", bad, "-9007199254740995"]}, dtype=object)
    frame, _ = fit(rows, [Column("l", "long", False)])
    assert [int(value) for value in frame["l"].dropna()] == [9007199254740993, -9007199254740995]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("2026-01-02", "2026-01-02"), ("2026-01-02 03:04", "2026-01-02T03:04"), ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05"),
        ("2026-01-02T03:04:05+02:00", "2026-01-02T01:04:05"), ("2026-01-02T03:04:05.123456", "2026-01-02T03:04:05.123456"),
        ("20260102", "2026-01-02"),
    ],
)  # fmt: skip
def test_times_are_read_alone_and_among_others(text, wanted):
    column = [Column("t", "datetime", True)]
    for rows in ([text], ["2020-01-01", text, "2021-01-01T00:00:00+05:00"]):
        frame, rejected = fit(pd.DataFrame({"t": rows}, dtype=object), column)
        assert rejected == [] and pd.Timestamp(wanted) in list(frame["t"])
    _, rejected = fit(pd.DataFrame({"t": ["9999-12-31", "soon", 5]}, dtype=object), column)
    assert [each.reason for each in rejected] == [
        f"column t is {said}, not a time" for said in ("'9999-12-31'", "'soon'", "'5'")
    ]
