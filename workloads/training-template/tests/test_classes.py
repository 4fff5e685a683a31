"""A class named by a number is the same one however a file writes the number, wherever a table is read."""

from __future__ import annotations

import importlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from conftest import TABLES, Root
from mlplatform.scaffold import make
from training_template.problems import MULTICLASS, problem_of
from training_template.projects import tariff  # type: ignore[attr-defined]


def floats(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(tariff=frame["tariff"].astype(float))


WRITTEN: dict[str, Callable[[pd.DataFrame, Path], Any]] = {
    "whole.csv": lambda frame, file: frame.to_csv(file, index=False),
    "gap.csv": lambda frame, file: floats(frame).to_csv(file, index=False),
    "floats.parquet": lambda frame, file: floats(frame).to_parquet(file),
    "ints.parquet": lambda frame, file: frame.assign(tariff=frame["tariff"].astype("Int64")).to_parquet(file),
    "floats.jsonl": lambda frame, file: file.write_text("\n".join(
        json.dumps({**row, "tariff": float(row["tariff"])}) for row in json.loads(frame.to_json(orient="records")))),
}  # fmt: skip


@pytest.mark.parametrize("name", WRITTEN)
def test_from_raw_tables_to_an_evaluation(root: Root, tmp_path: Path, name: str) -> None:
    frame = TABLES["tariff"](1500, 5)
    raw = tmp_path / "raw"
    raw.mkdir()
    numbered = frame["tariff"].isin(["1", "2"])
    WRITTEN[name](frame[numbered], raw / name)
    frame[~numbered].to_csv(raw / "others.csv", index=False)
    root.told(project="tariff")
    data = root.paths.processing("data")
    assert root.run("prepare", "--input", str(raw), "--output", str(data)) == 0
    assert root.run("validate") == 0
    assert root.report("validation.json")["problems"] == []
    for split in ("train", "validation"):
        shutil.copytree(data / split, root.paths.channel(split))
    assert root.run("train") == 0
    root.package("candidate", root.paths.model)
    shutil.copytree(data / "test", root.paths.processing("test"))
    assert root.run("evaluate") == 0
    whole = problem_of(MULTICLASS, tariff.project.schema.classes).summary(frame["tariff"].to_numpy())["shares"]
    measured = root.report("evaluation.json")["target"]["shares"]
    assert set(measured) == set(whole) and all(abs(measured[each] - whole[each]) < 0.1 for each in whole)


@pytest.mark.parametrize(
    ("classes", "given", "meant"),
    [
        (["1", "2"], ["2", "2.0", "2.00", 2, 2.0, np.int32(2), np.float32(2)], ["2"] * 7),
        (["1.0", "2.0"], ["2", "2.0", 2, 2.0], ["2.0"] * 4),
        (["2", "2.0", "1"], ["2", "2.0", 1.0], ["2", "2.0", "1"]),
        (
            ["True", "False", "unknown"],
            [True, "true", "False", np.bool_(False), "TRUE"],
            ["True", "True", "False", "False", "True"],
        ),
        (["true", "no"], ["True", True, "no"], ["true", "true", "no"]),
        (["basic", "2"], ["basic", "2.0", " 2"], ["basic", "2", "2"]),
    ],
)
def test_to_the_problem(classes: list[str], given: list[Any], meant: list[str]) -> None:
    problem = problem_of(MULTICLASS, classes)
    target = pd.Series(given, dtype=object)
    assert problem.typed(target).tolist() == meant and [problem.label(each) for each in given] == meant
    assert problem.refused(np.array(given, dtype=object), len(given)) is None
    assert problem.metrics(np.array(meant, dtype=object), np.array(given, dtype=object))["accuracy"] == 1
    assert problem.answered(np.array(given, dtype=object))[meant[0]] == pytest.approx(
        meant.count(meant[0]) / len(meant)
    )


@pytest.mark.parametrize("value", ["3.0", "2.5", 2.5, "two", "", None, float("nan"), True, "nan", "inf"])
def test_what_is_another_number_is_no_class(value: Any) -> None:
    problem = problem_of(MULTICLASS, ["1", "2"])
    assert problem.problems("y", pd.Series(["1", "2", value], dtype=object)) != []
    with pytest.raises(ValueError, match="none of 1, 2"):
        problem.label(value)


@pytest.mark.parametrize("kind", ["binary", "multiclass"])
def test_a_project_learns_from_many_rows_of_which_one_alone_is_of_a_class(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    make(f"rare-{kind}", kind, tmp_path / "rare")
    monkeypatch.syspath_prepend(tmp_path / "rare" / "training" / "src")
    contract, data, trained = (
        importlib.import_module(f"rare_{kind}_project.{name}") for name in ("contract", "sample_data", "train")
    )
    rows = data.sample(10_100, 7)
    rare, *rest = rows[contract.TARGET].unique()
    rows[contract.TARGET] = [rare, *rest, *[rest[0]] * (len(rows) - 1 - len(rest))]
    model = trained.train(rows, {**contract.HYPERPARAMETERS, "max_iter": 2})
    assert rare in model.classes_
