"""A row with a gap that the project's data have anywhere can be asked about."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
import pytest

from conftest import TABLES, Root
from training_template.gaps import example, telling
from training_template.splits import split_rows
from training_template.tables import GAPS


def optional_of(folder: Path) -> list[str]:
    schema = mlflow.pyfunc.load_model(str(folder)).metadata.get_input_schema()
    return [spec.name for spec in schema.inputs if not spec.required]


def prepared(root: Root, split: str, project: str, **cells: Any) -> Path:
    """Raw rows without a gap but for these of one split, each in a row of its own, as far as `prepare`."""
    rows = TABLES[project](2000, 5).dropna().reset_index(drop=True).assign(number=lambda frame: range(len(frame)))
    places = split_rows(rows.astype(str), ["number"])[split].index
    rows = rows.astype(object)
    for place, (name, value) in zip(places, cells.items()):
        rows.loc[place, name] = value
    raw, out = root.paths.root / "raw", root.paths.root / "prepared"
    root.put(raw, rows)
    root.told(project=project, split_by="number")
    assert root.run("prepare", "--input", str(raw), "--output", str(out)) == 0, root.failure()
    for each in ("train", "validation", "test"):
        lacking = (pd.read_csv(out / each / "part-00000.csv")[list(cells)].isna()).sum().sum()
        assert lacking == (len(cells) if each == split else 0)
    return out


@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_a_gap_of_any_split_may_be_in_what_is_asked(root: Root, split: str) -> None:
    out = prepared(root, split, "attrition", department="", commute_km="NA")
    (root.paths.root / "input").mkdir(exist_ok=True)
    root.paths.channels.symlink_to(out)
    assert root.run("train") == 0, root.failure()
    assert sorted(optional_of(root.paths.model)) == ["commute_km", "department"]


def test_a_text_that_looks_like_a_gap_is_none(root: Root) -> None:
    out = prepared(root, "test", "attrition", commute_km="null")
    rows = pd.read_csv(out / "test" / "part-00000.csv", keep_default_na=False)
    assert json.loads((out / "train" / GAPS).read_text()) == {"marked": ["commute_km"], "empty": []}
    assert (rows["commute_km"] == "null").sum() == 1


def test_nobody_hears_of_the_file_that_prepare_leaves_and_nothing_stands_there_of_a_dropped_column(root: Root) -> None:
    rows = TABLES["attrition"](1500, 5).assign(note=None)
    root.put(root.paths.root / "raw", rows)
    root.told(project="attrition")
    data = root.paths.processing("data")
    assert root.run("prepare", "--input", str(root.paths.root / "raw"), "--output", str(data), "--drop=note") == 0
    assert "note" not in (data / "train" / GAPS).read_text()
    assert root.run("validate") == 0
    assert root.report("validation.json")["passedOver"] == {}


def test_trees_of_another_algorithm_have_it_too(root: Root, tmp_path: Path) -> None:
    import tarfile

    import xgboost

    out = prepared(root, "test", "attrition", salary_ratio="")
    for split in ("train", "validation"):
        root.paths.processing(split).parent.mkdir(parents=True, exist_ok=True)
        root.paths.processing(split).symlink_to(out / split)
    root.paths.processing("data").symlink_to(out)
    assert root.run("validate", "--rows") == 0, root.failure()
    root.paths.processing("encoding").symlink_to(root.paths.processing("output") / "encoding")
    table = pd.read_csv(root.paths.processing("output") / "rows" / "train" / "part-00000.csv", header=None)
    matrix = xgboost.DMatrix(table.iloc[:, 1:].to_numpy(), table[0])
    booster = xgboost.train({"objective": "binary:logistic"}, matrix, 3)
    booster.save_model(tmp_path / "trees.ubj")
    (root.paths.processing("model")).mkdir()
    with tarfile.open(root.paths.processing("model") / "model.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "trees.ubj", "xgboost-model")
    assert root.run("convert") == 0, root.failure()
    with tarfile.open(root.paths.processing("output") / "model.tar.gz") as archive:
        archive.extractall(tmp_path / "model", filter="data")
    assert optional_of(tmp_path / "model") == ["salary_ratio"]


def test_a_column_that_a_model_cannot_do_without_stays_required() -> None:
    rows = pd.DataFrame({"a": [1.0, 2.0], "b": ["x", "y"]})
    told = telling(rows, rows, ["a", "b"], lambda asked: "no" if asked["a"].isna().any() else None)
    assert told.isna().sum().to_dict() == {"a": 0, "b": 1} and (told.dtypes == rows.dtypes).all()
    assert telling(rows, rows, [], lambda asked: None) is rows


def test_an_example_has_rows_where_each_has_a_gap() -> None:
    rows = pd.DataFrame({"a": [None, None, 1.0, None], "b": [1.0, None, None, 2.0]})
    assert example(rows).isna().sum(axis=1).tolist() == [1, 1, 1]
    assert example(rows.fillna(0)).equals(rows.fillna(0).head(3))
