"""Public data sets through prepare, validate, train, evaluate and the drift check: does anything crash, does chance raise an alarm?

    uv venv /tmp/public && uv pip install --python /tmp/public -r workloads/requirements/training.txt statsmodels==0.15.0 vega_datasets==0.9.0
    export MLFLOW_DISABLE_TELEMETRY=true GIT_PYTHON_REFRESH=quiet OMP_NUM_THREADS=1 PYTHONWARNINGS=ignore
    cd workloads && PYTHONPATH=training-template/src:examples:mlplatform/src:drift/src:model-server/src /tmp/public/bin/python ../bench/datasets.py

The tables are those that scikit-learn, statsmodels and vega_datasets bring along; nothing is fetched. With names as arguments only these,
with `--drift-only` nothing is trained. Prints a line for each: rows, columns, what training said, how many of `SPLITS` random halves were told
as drift against the other half (with the columns), and which columns were moved by a deviation, or got a new value in three of ten rows,
without being told. Then the sums. Ends with 1 where something crashed or a move was not told.

Many of these tables have fewer than the 340 rows that `validate` asks for: then it refuses, and training does so in the same words.
"""

from __future__ import annotations

import gzip
import importlib
import json
import logging
import os
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
from mlflow.models import infer_signature
from sklearn import datasets as sklearn_datasets
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OrdinalEncoder

from drift.check import MIN_ROWS, check
from drift.configuration import Watched
from drift.store import Folder
from mlplatform.baseline import Baseline
from mlplatform.problems import BINARY, MULTICLASS, REGRESSION
from training_template import projects
from training_template.command import main as command
from training_template.tables import Schema

#: Random halves of each table.
SPLITS = 20
#: Columns with the answer. Of a table that is not named here it is the last column of numbers, and the question a regression.
TARGETS = {
    "sklearn.iris": "target", "sklearn.wine": "target", "sklearn.breast_cancer": "target", "sklearn.digits": "target",
    "statsmodels.anes96": "vote", "statsmodels.ccard": "OWNRENT", "statsmodels.fair": "occupation", "statsmodels.heart": "censors",
    "statsmodels.modechoice": "choice", "statsmodels.randhie": "mdvis", "statsmodels.spector": "GRADE", "statsmodels.grunfeld": "invest",
    "vega.airports": "latitude", "vega.burtin": "Gram_Staining", "vega.cars": "Origin", "vega.iris": "species", "vega.ohlc": "signal",
    "vega.la_riots": "race", "vega.seattle_weather": "weather", "vega.stocks": "price", "vega.barley": "yield",
}  # fmt: skip
#: Answers of numbers that are names of classes.
CODES = {"sklearn.iris", "sklearn.wine", "sklearn.digits", "statsmodels.fair"}
NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def tables() -> Iterator[tuple[str, pd.DataFrame]]:
    import statsmodels.datasets
    from vega_datasets import local_data

    for name in ("iris", "wine", "breast_cancer", "diabetes", "digits", "linnerud"):
        yield f"sklearn.{name}", getattr(sklearn_datasets, f"load_{name}")(as_frame=True).frame
    for folder in sorted(Path(statsmodels.datasets.__file__).parent.iterdir()):
        if (folder / "data.py").is_file():
            module = importlib.import_module(f"statsmodels.datasets.{folder.name}")
            yield f"statsmodels.{folder.name}", module.load_pandas().data.reset_index()
    for name in (each.replace("-", "_") for each in local_data.list_datasets()):
        yield f"vega.{name}", getattr(local_data, name)()


class InOrder(mlflow.pyfunc.PythonModel):
    """Answers with the probability of each class, or with a number."""

    def __init__(self, model: Pipeline, classes: list[str]) -> None:
        self.model, self.classes = model, classes

    def predict(self, context: Any, model_input: pd.DataFrame, params: dict | None = None) -> np.ndarray:
        if not hasattr(self.model, "classes_"):
            return self.model.predict(model_input)
        known = self.model.predict_proba(model_input)
        return known[:, [list(self.model.classes_).index(name) for name in self.classes]] if self.classes else known


class AnyProject:
    """Trees over whatever columns a table has."""

    codes: list[str] = []
    defaults: dict[str, Any] = {"max_iter": 20}

    def __init__(self, name: str, frame: pd.DataFrame) -> None:
        numbers = [str(each) for each in frame.select_dtypes("number")]
        target = TARGETS.get(name, numbers[-1] if numbers else "")
        values = frame[target].dropna()
        kind, classes = REGRESSION, []
        if name in CODES or values.dtype.kind not in "iuf":
            kind, classes = MULTICLASS, sorted(str(each).removesuffix(".0") for each in values.unique())
        elif set(values.unique()) == {0, 1}:
            kind = BINARY
        moments = [str(each) for each in frame.select_dtypes("datetime")]
        categories = [str(each) for each in frame if str(each) not in [*numbers, *moments, target]]
        inputs = [each for each in numbers if each != target]
        if not inputs and not categories:
            categories = moments
        self.schema = Schema(target, inputs, categories, [], kind, classes, most_values=255)
        self.answered_with = "values" if kind == REGRESSION else "probabilities"

    def fit(self, frame: pd.DataFrame, values: Mapping[str, Any], checkpoint: Any) -> Pipeline:
        encode = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan, encoded_missing_value=np.nan)
        columns = [("categories", encode, self.schema.categories), ("numbers", "passthrough", self.schema.numbers)]
        trees = (
            HistGradientBoostingRegressor if self.schema.problem_type == REGRESSION else HistGradientBoostingClassifier
        )
        model = trees(max_iter=values["max_iter"], min_samples_leaf=5, early_stopping=False, random_state=7)
        return Pipeline([("columns", ColumnTransformer(columns)), ("trees", model)]).fit(
            frame[self.schema.inputs], frame[self.schema.target]
        )

    def answers(self, model: Pipeline, inputs: pd.DataFrame) -> np.ndarray:
        return InOrder(model, list(self.schema.classes)).predict(None, inputs)

    def predicted(self, answers: np.ndarray) -> np.ndarray:
        return np.asarray(answers)[:, 1] if self.schema.problem_type == BINARY else np.asarray(answers)

    def save(self, model: Pipeline, inputs: pd.DataFrame, folder: Path, metadata: dict[str, Any]) -> None:
        mlflow.pyfunc.save_model(
            folder,
            python_model=InOrder(model, list(self.schema.classes)),
            signature=infer_signature(inputs, self.answers(model, inputs)),
            pip_requirements=["scikit-learn"],
            metadata=metadata,
        )


#: By name: a module of each, which the container looks for, takes its project from here.
PROJECTS: dict[str, AnyProject] = {}


def trained(name: str, frame: pd.DataFrame, root: Path) -> tuple[str, Any]:
    """What the commands said, in a few words, and a model where there is one."""
    PROJECTS[name] = project = AnyProject(name, frame)
    module = name.replace(".", "_")
    (root / "projects").mkdir()
    (root / "projects" / f"{module}.py").write_text(
        f"import sys\nproject = sys.modules['__main__'].PROJECTS[{name!r}]\n", encoding="utf-8"
    )
    projects.__path__[1:] = [str(root / "projects")]
    raw, data, output = root / "raw", root / "processing" / "data", root / "processing" / "output"
    raw.mkdir()
    half = len(frame) // 2
    # As people have them: some in text, some not.
    frame[:half].to_csv(raw / "first.csv", index=False)
    frame[half:].to_parquet(raw / "second.parquet", index=False)
    (root / "input" / "config").mkdir(parents=True)
    (root / "input" / "config" / "hyperparameters.json").write_text(json.dumps({"project": module}))
    os.environ["TRAINING_ROOT"] = str(root)

    def run(*arguments: str) -> str | None:
        if command(list(arguments)) == 0:
            return None
        reason = (root / "output" / "failure").read_text()
        return f"CRASHED in {arguments[0]}: {reason}" if "Traceback" in reason else f"{arguments[0]} refused: {reason}"

    refused = run("prepare", "--input", str(raw), "--output", str(data))
    if refused:
        return refused, None
    refused = run("validate")
    if refused:
        return refused, None
    report = json.loads((output / "validation.json").read_text())
    said = "valid" if report["passed"] else f"not valid: {'; '.join(report['problems'])}"
    (root / "input" / "data").symlink_to(data)
    refused = run("train")
    if refused:
        return f"{said}; {refused}", None
    shutil.copytree(root / "model", root / "processing" / "candidate")
    (root / "processing" / "test").symlink_to(data / "test")
    refused = run("evaluate")
    if refused:
        return f"{said}; {refused}", None
    evaluation = json.loads((output / "evaluation.json").read_text())
    metrics = {key: round(value, 3) for key, value in list(evaluation["candidate"].items())[:1] if value is not None}
    return f"{said}; trained, {project.schema.problem_type} {metrics}", mlflow.pyfunc.load_model(str(root / "model"))


class One:
    """The baseline of the only version there is."""

    def __init__(self, baseline: Baseline) -> None:
        self.baseline = baseline

    def of(self, model: str, source: str, version: str) -> Baseline:
        return self.baseline


def checked(baseline: Baseline, live: pd.DataFrame, answers: Any, folder: Path) -> dict[str, Any]:
    """The report of a check of these rows, by way of samples as the model server writes them."""
    rows = json.loads(live.to_json(orient="records", date_format="iso"))
    at = NOW - timedelta(hours=1)
    lines = [
        json.dumps({"ts": at.isoformat(), "request_id": str(place), "model": "m", "version": "1", "track": "stable", "inputs": row, "prediction": answer})
        for place, (row, answer) in enumerate(zip(rows, np.asarray(answers).tolist(), strict=True))
    ]  # fmt: skip
    store = Folder(folder)
    store.write(f"m/date={at:%Y-%m-%d}/{at:%H%M%S}-pod-1-0.jsonl.gz", gzip.compress("\n".join(lines).encode(), 1))
    return check(
        Watched("m", "models:/m@champion", 0.2, timedelta(days=1)), store, One(baseline), NOW - timedelta(days=1), NOW
    ).body


def moved(frame: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Every number by one deviation, and three of ten texts to a value that training never saw."""
    random = np.random.default_rng(seed)
    found = frame.copy()
    for name in found:
        if found[name].dtype.kind in "iuf":
            found[name] = found[name] + (found[name].std() or 1.0)
        elif found[name].dtype.kind not in "Mb":
            found[name] = found[name].astype(object).where(random.random(len(found)) > 0.3, "never seen before")
    return found


def drift(frame: pd.DataFrame, target: str, model: Any, project: AnyProject | None) -> tuple[Counter, int, list[str]]:
    """Columns that were told though nothing has changed, of how many checks; and those that were moved and not told."""
    frame.columns = [str(name) for name in frame]
    inputs = frame.drop(columns=target)
    answers = frame[target].to_numpy()
    if model is not None and project is not None:
        answers = model.predict(project.schema.typed(frame, labelled=False))
    false: Counter = Counter()
    checks, silent = 0, []
    with tempfile.TemporaryDirectory() as scratch:
        for seed in range(SPLITS):
            order = np.random.default_rng(seed).permutation(len(frame))
            here, there = order[: len(order) // 2], order[len(order) // 2 :]
            baseline = Baseline.of(inputs.iloc[here], answers[here])
            body = checked(baseline, inputs.iloc[there], answers[there], Path(scratch, str(seed)))
            if body["verdict"] == "notEnoughData":
                assert len(there) < MIN_ROWS, body
                break
            checks += 1
            false.update(body["drifted"])
            false["checks"] += bool(body["drifted"])
            if seed == 0:
                body = checked(baseline, moved(inputs.iloc[there], seed), answers[there], Path(scratch, "moved"))
                silent = [name for name in body["features"] if f"features.{name}" not in body["drifted"]]
    return false, checks, silent


def main(arguments: list[str]) -> int:
    logging.disable(logging.CRITICAL)
    drift_only, wanted = "--drift-only" in arguments, [each for each in arguments if not each.startswith("-")]
    sums: Counter = Counter()
    for name, frame in tables():
        if wanted and name not in wanted:
            continue
        sums["tables"] += 1
        said, model = "", None
        if not drift_only:
            with tempfile.TemporaryDirectory() as root:
                said, model = trained(name, frame.copy(), Path(root))
        project = AnyProject(name, frame)
        false, checks, silent = drift(frame, project.schema.target, model, project)
        wrong = false.pop("checks", 0)
        sums.update(trained=model is not None, valid=said.startswith("valid"), crashed="CRASHED" in said)
        sums.update(checks=checks, alarms=wrong, silent=len(silent), checked=checks > 0)
        told = f"{wrong} of {checks} halves drifted {dict(false) or ''}" if checks else "too few rows for drift"
        print(f"{name} {frame.shape}: {said}; {told}{f'; not told: {silent}' if silent else ''}", flush=True)
    print(dict(sums))
    return 1 if sums["crashed"] or sums["silent"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
