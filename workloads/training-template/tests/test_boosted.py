"""What SageMaker's own XGBoost reads and leaves: its part is done here by the same library, as the container calls it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import mlflow
import numpy as np
import pandas as pd
import pytest
import xgboost

from conftest import ANSWERS, TABLES, Root
from mlplatform.baseline import FILE_NAME, Baseline
from training_template import boosted
from training_template.paths import Paths
from training_template.projects import find
from training_template.rows import write_rows
from training_template.splits import split_rows
from training_template.tables import Schema, read_typed

both = pytest.mark.parametrize("project", TABLES)
TREES = {"eta": 0.1, "max_depth": 4, "seed": 7}
#: By the type of the problem, as a stack says it.
OBJECTIVES: dict[str, dict[str, Any]] = {
    "churn": {"objective": "binary:logistic"},
    "attrition": {"objective": "binary:logistic"},
    "delivery": {"objective": "reg:squarederror"},
    "tariff": {"objective": "multi:softprob", "num_class": 3},
}


def rows_of(folder: Path) -> xgboost.DMatrix:
    """As the container reads a channel of CSV."""
    return xgboost.DMatrix(f"{folder}?format=csv&label_column=0&delimiter=,")


def train(rows: Path, model: Path, rounds: int = 120, **values: Any) -> xgboost.Booster:
    """As the container trains, and keeps, in algorithm mode."""
    booster = xgboost.train(
        {**TREES, **OBJECTIVES["churn"], **values}, rows_of(rows / "train"), num_boost_round=rounds, verbose_eval=False
    )
    model.mkdir(parents=True)
    booster.save_model(model / "xgboost-model")
    return booster


def validated(root: Root, project: str, frame: pd.DataFrame) -> Path:
    root.told(project=project)
    root.data(frame)
    assert root.run("validate", "--rows") == 0
    assert root.report("validation.json")["passed"]
    return root.paths.processing("output")


def to_convert(root: Root, project: str, frame: pd.DataFrame, trained: Path, encoding: Path) -> Root:
    """A processing job of its own, with what the ones before it have left."""
    job = Root(Paths(root.paths.root.parent / "convert"), root.environment)
    job.told(project=project)
    for split, part in split_rows(frame).items():
        job.put(job.paths.processing(split), part)
    job.package("model", trained)
    if encoding.is_dir():
        encoding.rename(job.paths.processing("encoding"))
    return job


@pytest.fixture(scope="session")
def converted(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[Path, xgboost.Booster, Path]]:
    """Package, trees and rows of a project; nobody writes to them."""
    made: dict[str, tuple[Path, xgboost.Booster, Path]] = {}

    def of(project: str) -> tuple[Path, xgboost.Booster, Path]:
        if project not in made:
            with pytest.MonkeyPatch.context() as environment:
                root = Root(Paths(tmp_path_factory.mktemp(project) / "ml"), environment)
                frame = TABLES[project](4000, 7)
                output = validated(root, project, frame)
                booster = train(output / "rows", root.paths.model, **OBJECTIVES[project])
                job = to_convert(root, project, frame, root.paths.model, output / "encoding")
                assert job.run("convert") == 0
                made[project] = job.paths.processing("output") / "model.tar.gz", booster, output / "rows"
        return made[project]

    return of


@pytest.fixture
def folder(converted: Callable[[str], tuple[Path, xgboost.Booster, Path]], tmp_path: Path) -> Callable[[str], Path]:
    def of(project: str) -> Path:
        with tarfile.open(converted(project)[0]) as archive:
            archive.extractall(tmp_path / "model", filter="data")
        return tmp_path / "model"

    return of


@both
def test_rows_have_no_header_the_answer_first_and_numbers_alone(project: str, root: Root) -> None:
    frame = TABLES[project](2000, 7)
    rows = validated(root, project, frame) / "rows"
    assert {part.name for part in rows.iterdir()} == {"train", "validation"}, "nothing may learn from the rest"
    encoding = json.loads((rows.parent / "encoding" / "encoding.json").read_text())
    _, known = find({"project": project})
    for split in ("train", "validation"):
        typed = read_typed(root.paths.processing("data") / split, known.schema)
        read, expected = rows_of(rows / split), boosted.encoded(encoding, typed)
        assert read.num_row() == len(typed) and read.num_col() == len(boosted.owners(encoding))
        assert np.allclose(read.get_label(), known.schema.problem.numbers(typed[known.schema.target]).astype(float))
        assert read.num_nonmissing() == int(expected.notna().to_numpy().sum()) < expected.size
        assert np.allclose(read.get_data().toarray(), expected.fillna(0.0), rtol=1e-6)


@both
def test_the_model_answers_rows_as_people_send_them_as_the_trees_answer_theirs(
    project: str, converted: Callable[[str], tuple[Path, xgboost.Booster, Path]], folder: Callable[[str], Path]
) -> None:
    _, booster, rows = converted(project)
    model = mlflow.pyfunc.load_model(str(folder(project)))
    _, known = find({"project": project})
    assert model.metadata.metadata["project"] == project
    assert model.metadata.get_input_schema().input_names() == known.schema.inputs
    held_out = split_rows(TABLES[project](4000, 7))["validation"].reset_index(drop=True)
    answers = model.predict(held_out[known.schema.inputs])
    assert np.allclose(known.predicted(answers), booster.predict(rows_of(rows / "validation")), atol=1e-6)
    if project == "attrition":
        parts = answers[[f"contribution_{name}" for name in known.schema.inputs]].sum(axis=1) + answers["base"]
        assert np.allclose(1 / (1 + np.exp(-parts)), answers["probability"], atol=1e-6)


@both
def test_it_is_as_good_as_the_project_s_own_model_and_judged_beside_it(
    project: str,
    root: Root,
    converted: Callable[[str], tuple[Path, xgboost.Booster, Path]],
    trained: Callable[[str], Root],
) -> None:
    candidate = root.paths.processing("candidate")
    candidate.mkdir(parents=True)
    (candidate / "model.tar.gz").write_bytes(converted(project)[0].read_bytes())
    root.package("champion", trained(project).paths.model)
    root.put(root.paths.processing("test"), TABLES[project](3000, 11))
    root.told(project=project)
    assert root.run("evaluate") == 0
    report = root.report("evaluation.json")
    assert report["problems"] == [] and report["rows"] == 3000
    metric, least = {"delivery": ("r2", 0.7), "tariff": ("roc_auc_ovr", 0.8)}.get(project, ("roc_auc", 0.65))
    assert report["candidate"][metric] > max(least, report["champion"][metric] - 0.05)
    assert (report["contributions"] is not None) == (project == "attrition")


@pytest.mark.parametrize("project", ["attrition", "tariff"])
def test_it_loads_where_there_is_nothing_of_this_repository(project: str, folder: Callable[[str], Path]) -> None:
    script = (
        "import sys, mlflow; model = mlflow.pyfunc.load_model(sys.argv[1]);"
        "print(len(model.predict(model.input_example)));"
        "assert not [name for name in sys.modules if name.startswith(('training_template', 'mlplatform', 'churn'))]"
    )
    found = subprocess.run(
        [sys.executable, "-I", "-c", script, str(folder(project))], capture_output=True, text=True, timeout=120
    )
    assert found.returncode == 0, found.stderr[-2000:]
    assert found.stdout.strip() == "3"


@both
def test_what_it_was_trained_on_is_beside_it(project: str, folder: Callable[[str], Path]) -> None:
    baseline = Baseline.from_json((folder(project) / FILE_NAME).read_text())
    assert set(baseline.features) == set(find({"project": project})[1].schema.inputs)
    assert set(baseline.predictions) == ANSWERS[project]


def test_a_value_that_training_never_saw_is_no_value_and_a_missing_one_is_missing() -> None:
    seen = pd.DataFrame({"size": [1.0, 2.0], "plan": ["basic", "plus"], "new": [True, False]})
    encoding = boosted.encoding_of(seen, ["size"], ["plan"], ["new"])
    asked = pd.DataFrame({"size": [np.nan, 1.0], "plan": ["gold", None], "new": [False, True]})
    found = boosted.encoded(encoding, asked)
    assert list(found) == ["size", "new", "plan=basic", "plan=plus"]
    assert boosted.owners(encoding) == ["size", "new", "plan", "plan"]
    assert np.array_equal(found.to_numpy(), [[np.nan, 0, 0, 0], [1, 1, np.nan, np.nan]], equal_nan=True)


def test_a_value_and_a_column_that_are_called_alike_stay_two(tmp_path: Path) -> None:
    schema = Schema("a=b=c", ["a=x"], ["a", "a=b"], [])
    frame = pd.DataFrame({"a=x": [0.5, 1.5], "a": ["x", "b=c"], "a=b": ["c", "d"], "a=b=c": [0, 1]})
    encoding = write_rows(SimpleNamespace(schema=schema, answered_with="probabilities"), {"train": frame}, tmp_path)  # type: ignore[arg-type]
    assert boosted.encoded(encoding, frame).to_numpy().tolist() == [[0.5, 0, 1, 1, 0], [1.5, 1, 0, 0, 1]]
    assert len(boosted.owners(encoding)) == 5
    written = (tmp_path / "rows" / "train" / "part-00000.csv").read_text().splitlines()
    assert written == ["0,0.5,0.0,1.0,1.0,0.0", "1,1.5,1.0,0.0,0.0,1.0"]


def test_data_that_do_not_pass_become_no_rows_and_without_being_asked_none_do(root: Root) -> None:
    root.told(project="churn")
    frame = TABLES["churn"](2000, 7)
    root.data(frame)
    assert root.run("validate") == 0
    assert not (root.paths.processing("output") / "rows").exists()
    root.data(frame.assign(churned=0))
    assert root.run("validate", "--rows") == 0
    assert not root.report("validation.json")["passed"]
    assert not (root.paths.processing("output") / "rows").exists()


def test_a_category_that_is_a_name_is_a_problem_of_the_data(root: Root) -> None:
    frame = TABLES["churn"](6000, 7)
    root.told(project="churn")
    root.data(frame.assign(region=[f"street {number}" for number in range(len(frame))]))
    assert root.run("validate", "--rows") == 0
    report = root.report("validation.json")
    assert not report["passed"] and re.search(r"region has \d+ values, at most 1000", report["problems"][0])


def old_format(model: Path) -> None:
    (model / "xgboost-model").write_bytes(b"binf" + b"\0" * 64)


def folds(model: Path) -> None:
    (model / "xgboost-model").rename(model / "xgboost-model-0")


@pytest.mark.parametrize(
    ("values", "spoil", "reason"),
    [
        ({"objective": "reg:squarederror"}, lambda model: None, r"objective reg:squarederror; allowed with binaryClassification: binary:logistic"),
        ({}, old_format, r"xgboost-model is nothing that XGBoost [\d.]+ reads"),
        ({}, folds, r"model.tar.gz has no xgboost-model at its root"),
    ],
)  # fmt: skip
def test_trees_that_are_no_such_model_leave_the_reason(
    root: Root, values: dict[str, Any], spoil: Callable[[Path], None], reason: str
) -> None:
    frame = TABLES["churn"](1500, 7)
    output = validated(root, "churn", frame)
    train(output / "rows", root.paths.model, 2, **values)
    spoil(root.paths.model)
    job = to_convert(root, "churn", frame, root.paths.model, output / "encoding")
    assert job.run("convert") == 1
    assert re.search(reason, job.failure())
    assert not job.paths.processing("output").exists()


def test_trees_of_other_rows_leave_the_reason(root: Root) -> None:
    frame = TABLES["churn"](1500, 7)
    output = validated(root, "churn", frame)
    train(output / "rows", root.paths.model, 2)
    encoding = output / "encoding" / "encoding.json"
    told = json.loads(encoding.read_text())
    told["categories"]["plan"].append("gold")
    encoding.write_text(json.dumps(told))
    job = to_convert(root, "churn", frame, root.paths.model, output / "encoding")
    assert job.run("convert") == 1
    assert re.search(r"the trees know 15 columns, the encoding 16", job.failure())


def test_trees_of_another_number_of_classes_leave_the_reason(root: Root) -> None:
    frame = TABLES["tariff"](1500, 7)
    output = validated(root, "tariff", frame)
    train(output / "rows", root.paths.model, 2, objective="multi:softprob", num_class=4)
    job = to_convert(root, "tariff", frame, root.paths.model, output / "encoding")
    assert job.run("convert") == 1
    assert "the trees know 4 classes, the project 3: write num_class of the latter" in job.failure()


def test_contributions_to_a_number_add_up_to_it(root: Root, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(find({"project": "delivery"})[1], "answered_with", "explained")
    frame = TABLES["delivery"](1500, 7)
    output = validated(root, "delivery", frame)
    booster = train(output / "rows", root.paths.model, 20, **OBJECTIVES["delivery"])
    encoding = json.loads((output / "encoding" / "encoding.json").read_text())
    found = boosted.explained(booster, encoding, frame.drop(columns="minutes"))
    assert list(found)[:2] == ["prediction", "base"]
    parts = found.filter(like="contribution_").sum(axis=1) + found["base"]
    assert np.allclose(parts, found["prediction"], rtol=1e-4)
