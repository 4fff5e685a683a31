"""One training in steps that an orchestrator runs, each in a process of its own and each safe to be tried again.

Only small dictionaries travel between steps. The data is an artifact of the MLflow run, so that every step works on the same
rows and a retraining years later finds them; nobody but MLflow's server needs a key of the store.
"""

from __future__ import annotations

import importlib
import logging
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, TypedDict

import mlflow
import numpy as np
import pandas as pd
from mlflow import MlflowClient

from mlplatform.gate import Verdict
from mlplatform.history.manifest import of_file
from mlplatform.history.recording import Recording, recording
from mlplatform.history.tracked import keep
from mlplatform.problems import BINARY, MULTICLASS, REGRESSION
from mlplatform.registry import promote, quoted
from mlplatform.registry import register as register_model

logger = logging.getLogger(__name__)

DATA_FILE = "data/rows.parquet"
#: Which run of which DAG made an MLflow run: how a step that is tried again finds what it has made already.
DAG_TAG = "airflow.dag_id"
DAG_RUN_TAG = "airflow.dag_run_id"
CANDIDATE_TAG = "mlplatform.candidate"
PARENT_TAG = "mlflow.parentRunId"

#: A model that is fitted on less, or on rows of nearly one kind, is measured on noise.
LEAST_ROWS = 1000
LEAST_SHARE = 0.01
MOST_MISSING = 0.5


class DataRefused(ValueError):
    """The rows are not what a model of this example can be trained on."""


class Data(TypedDict):
    #: Package of the example, such as `churn` or `delivery`.
    example: str
    #: MLflow run of the whole training.
    run: str
    seed: int
    rows: int


class Trained(TypedDict):
    run: str
    model: str
    metrics: dict[str, dict[str, float]]


def extract(example: str, rows: int, seed: int, shift: str, dag_id: str, dag_run_id: str) -> Data:
    """Gets the rows and opens the MLflow run that the other steps go on with."""
    module = _module(example)
    run = _run(_experiment(example), {DAG_TAG: dag_id, DAG_RUN_TAG: dag_run_id}, f"{dag_id} {dag_run_id}")
    frame = module.sample(rows, seed, shift)
    with mlflow.start_run(run), tempfile.TemporaryDirectory() as folder:
        mlflow.log_params({"rows": rows, "seed": seed})
        module.track_data(frame, seed)
        file = Path(folder, Path(DATA_FILE).name)
        frame.to_parquet(file, index=False)
        mlflow.log_artifact(str(file), str(Path(DATA_FILE).parent))
    return {"example": example, "run": run, "seed": seed, "rows": len(frame)}


def check(data: Data) -> Data:
    """@raises DataRefused with every reason, before anything is fitted on the rows"""
    module = _module(data["example"])
    frame = _frame(data)
    reasons = [f"column {name} is not there" for name in (*module.INPUTS, module.TARGET) if name not in frame]
    if len(frame) < LEAST_ROWS:
        reasons.append(f"there are {len(frame)} rows, at least {LEAST_ROWS} are needed")
    if module.TARGET in frame:
        reasons += CHECKS[importlib.import_module(f"{data['example']}.data").PROBLEM_TYPE](frame[module.TARGET])
    for name in module.INPUTS:
        if name in frame and (missing := float(frame[name].isna().mean())) > MOST_MISSING:
            reasons.append(f"{name} is missing in {missing:.0%} of the rows")
    if reasons:
        raise DataRefused("; ".join(reasons))
    return data


def _rare(target: pd.Series) -> list[str]:
    share = float(target.mean())
    return [] if LEAST_SHARE <= share <= 1 - LEAST_SHARE else [f"{target.name} is 1 in {share:.2%} of the rows"]


def _rare_classes(target: pd.Series) -> list[str]:
    shares = target.value_counts(normalize=True)
    if shares.size < 2:
        return [f"{target.name} has {shares.size} classes, at least 2 are needed"]
    return [
        f"{target.name} is {name} in {share:.2%} of the rows" for name, share in shares.items() if share < LEAST_SHARE
    ]


def _no_numbers(target: pd.Series) -> list[str]:
    numbers = pd.to_numeric(target, errors="coerce")
    wrong = int((~np.isfinite(numbers)).sum())
    if wrong > 0:
        return [f"{target.name} is no number in {wrong} rows"]
    return [] if numbers.nunique() > 1 else [f"{target.name} is the same in all rows"]


#: What keeps a target from being learnt, by the type of the problem.
CHECKS: dict[str, Callable[[pd.Series], list[str]]] = {
    BINARY: _rare,
    MULTICLASS: _rare_classes,
    REGRESSION: _no_numbers,
}


def train(data: Data, parameters: Mapping[str, Any] | None = None, candidate: str = "") -> Trained:
    """Fits one model: in the training's own run, or as one of several candidates in a run below it."""
    module = _module(data["example"])
    run = data["run"]
    if candidate:
        tags = {PARENT_TAG: run, CANDIDATE_TAG: candidate}
        run = _run(_experiment(data["example"]), tags, candidate)
    with mlflow.start_run(run), recording() as noted:
        fitted = module.fit(_frame(data), data["seed"], **(parameters or {}))
    _keep_history(data, noted, fitted, parameters or {})
    logger.info("trained %s", fitted.metrics)
    return {"run": run, "model": fitted.model.model_uri, "metrics": fitted.metrics}


def best(data: Data, candidates: Sequence[Trained]) -> Trained:
    """The candidate that is best by the first rule of the gate; the comparison is kept with the run."""
    rule = _module(data["example"]).RULES[0]
    sign = 1 if rule.higher_is_better else -1
    ranked = sorted(candidates, key=lambda each: -sign * each["metrics"]["model"][rule.metric])
    with mlflow.start_run(data["run"]):
        mlflow.log_dict({"by": rule.metric, "candidates": ranked}, "candidates.json")
    return ranked[0]


def judge(data: Data, trained: Trained, name: str) -> dict[str, Any]:
    """Whether it is good enough to go live; what was compared is kept with the run."""
    verdict: Verdict = _module(data["example"]).judge(_frame(data), data["seed"], trained["metrics"], name)
    with mlflow.start_run(data["run"]):
        mlflow.log_dict(verdict.to_dict(), "gate.json")
    return verdict.to_dict()


def register(trained: Trained, name: str) -> str:
    """The version of the registry; the same model never gets a second one."""
    return str(register_model(name, mlflow.models.get_model_info(trained["model"])).version)


def go_live(name: str, version: str, verdict: Mapping[str, Any]) -> dict[str, str | None]:
    """Moves the alias; the release controller does the rest.

    @raises mlplatform.registry.GateClosed with the reasons when the version did not pass
    """
    found = MlflowClient().get_model_version(name, version)
    passed = Verdict(bool(verdict["passed"]), tuple(verdict["reasons"]), dict(verdict["metrics"]))
    before = promote(found, passed)
    return {"version": version, "before": str(before.version) if before else None}


def _module(example: str) -> ModuleType:
    return importlib.import_module(f"{example}.train")


def _experiment(name: str) -> str:
    return mlflow.set_experiment(name).experiment_id


def _run(experiment_id: str, tags: Mapping[str, str], name: str) -> str:
    """The run with these tags; made where there is none yet."""
    client = MlflowClient()
    wanted = " and ".join(f"tags.`{key}` = {quoted(value)}" for key, value in tags.items())
    for run in client.search_runs([experiment_id], wanted, max_results=1):
        return str(run.info.run_id)
    return str(client.create_run(experiment_id, tags=dict(tags), run_name=name).info.run_id)


def _keep_history(data: Data, noted: Recording, fitted: Any, parameters: Mapping[str, Any]) -> None:
    tags = MlflowClient().get_run(data["run"]).data.tags
    uri = f"runs:/{data['run']}/{DATA_FILE}"
    with tempfile.TemporaryDirectory() as folder:
        rows = of_file(uri, Path(mlflow.artifacts.download_artifacts(uri, dst_path=folder)).read_bytes())
    keep(
        noted,
        fitted.model,
        project=data["example"],
        metrics={"validation": fitted.metrics["model"]},
        parameters={"seed": data["seed"], **parameters},
        data=rows,
        engine="airflow",
        source=f"{tags.get(DAG_TAG, '')} {tags.get(DAG_RUN_TAG, '')}".strip(),
    )


def _frame(data: Data) -> pd.DataFrame:
    with tempfile.TemporaryDirectory() as folder:
        return pd.read_parquet(mlflow.artifacts.download_artifacts(f"runs:/{data['run']}/{DATA_FILE}", dst_path=folder))
