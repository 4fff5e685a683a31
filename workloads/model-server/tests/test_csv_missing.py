"""What is missing in CSV: online as in a batch run, which reads as every reader of the platform does."""

import json
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
import pytest
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, DataType, Schema

from mlplatform.tables.pandas_words import words_for_missing
from mlplatform.tables.values import MARKS
from model_server import score
from model_server.batch.fitting import alike, fit
from model_server.batch.reading import pieces
from model_server.errors import Refused
from model_server.loading import LoadedModel
from model_server.protocol import predict
from python_models import saved

SCHEMA = Schema([
    ColSpec(DataType.string, "plan"), ColSpec(DataType.string, "note", required=False), ColSpec(DataType.double, "x"),
    ColSpec(DataType.long, "n", required=False), ColSpec(DataType.datetime, "at", required=False),
])  # fmt: skip
WORDS = ["NA", "None", "none", "null", "NULL", "NaN", "nan", "N/A", "n/a", "#N/A", "<NA>", "NaT", "-nan"]


class Says(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    """What each value of a row is, with gaps as `-`."""

    def predict(self, context, model_input, params=None):  # type: ignore[no-untyped-def]
        rows = model_input.to_dict("records")
        return [" ".join("-" if pd.isna(each) else repr(each) for each in row.values()) for row in rows]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> LoadedModel:
    return saved(tmp_path_factory.mktemp("csv") / "m", Says(), ModelSignature(inputs=SCHEMA))


def online(model: LoadedModel, text: str, kind: str = "text/csv") -> Any:
    return json.loads(predict(text.encode(), kind, model, 10**6).body())["predictions"]


def batch(model: LoadedModel, text: str, file: Path) -> Any:
    file.write_text(text)
    scorer = score._ModelScorer(model)
    (piece,) = pieces(file, file.name, 1000)
    rows, rejected = fit(piece.rows, scorer.columns)
    assert rejected == piece.rejected == []
    (group,) = alike(rows, scorer.columns)
    return scorer.predict(group)


@pytest.mark.parametrize("word", WORDS)
def test_a_category_is_text_whatever_it_is_called(model: LoadedModel, tmp_path: Path, word: str) -> None:
    text = f"plan,note,x\n{word},{word},1.5\npro,b,2.0\n"
    assert online(model, text) == [f"'{word}' '{word}' 1.5", "'pro' 'b' 2.0"]
    assert online(model, text) == batch(model, text, tmp_path / "rows.csv")


@pytest.mark.parametrize("word", ["", *WORDS])
def test_in_a_number_or_a_time_it_is_a_gap(model: LoadedModel, tmp_path: Path, word: str) -> None:
    text = f"plan,x,n,at\npro,{word},{word},{word}\n"
    assert online(model, text) == ["'pro' - - -"] == batch(model, text, tmp_path / "rows.csv")


def test_an_empty_field_is_empty_text_where_text_has_to_be_and_a_gap_where_not(
    model: LoadedModel, tmp_path: Path
) -> None:
    for text in ("plan,note,x\n,,1.5\n", 'plan,note,x\n"","",1.5\n'):
        assert online(model, text) == ["'' - 1.5"] == batch(model, text, tmp_path / "rows.csv")


def test_an_empty_field_of_bytes_is_a_gap_as_to_mlflow_and_a_word_is_base64(tmp_path: Path) -> None:
    signature = ModelSignature(inputs=Schema([ColSpec(DataType.binary, "photo"), ColSpec(DataType.double, "x")]))
    model = saved(tmp_path / "m", Says(), signature)
    assert online(model, "photo,x\n,1.5\nnull,2.0\n") == ["- 1.5", "'null' 2.0"]


def test_without_a_header_too(model: LoadedModel, tmp_path: Path) -> None:
    assert online(model, "NA,null,1.5,,\n,,NA,None,NaT\n", "text/csv; header=absent") == [
        "'NA' 'null' 1.5 - -",
        "'' - - - -",
    ]
    unnamed = saved(
        tmp_path / "m", Says(), ModelSignature(inputs=Schema([ColSpec(DataType.string), ColSpec(DataType.double)]))
    )
    assert online(unnamed, "NA,NA\nnull,2\n", "text/csv; header=absent") == ["'NA' -", "'null' 2.0"]


def test_what_is_neither_is_refused(model: LoadedModel) -> None:
    with pytest.raises(Refused):
        online(model, "plan,note,x\npro,b,nothing\n")


def test_pandas_is_told_every_mark_in_any_case() -> None:
    for mark in MARKS:
        assert {mark, mark.upper(), mark.capitalize()} <= set(words_for_missing(number=True))
    assert words_for_missing(number=False) == ("",) and words_for_missing(number=False, required=True) == ()
