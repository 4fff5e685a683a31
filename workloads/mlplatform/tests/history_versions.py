"""Versions with a record, in a registry of a test's own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
from mlflow.entities.model_registry import ModelVersion
from sklearn.linear_model import LinearRegression

from mlplatform.history.manifest import Manifest, ReadObject
from mlplatform.history.recording import recording
from mlplatform.history.tracked import keep
from mlplatform.registry import register

OBJECT = ReadObject("s3://lake/churn/a.csv", 4, "v1", "e1", "0" * 64)


@contextmanager
def registry(folder: Path) -> Iterator[str]:
    before = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(f"sqlite:///{folder}/mlflow.db")
    try:
        yield mlflow.create_experiment("tests", artifact_location=(folder / "artifacts").as_uri())
    finally:
        mlflow.set_tracking_uri(before)


def version(experiment: str, name: str, data: Manifest | None, **more: Any) -> ModelVersion:
    """One more; without data it has no record."""
    frame = pd.DataFrame({"x": [1.0, 2.0, 3.0]})
    with mlflow.start_run(experiment_id=experiment), recording() as noted:
        fitted = LinearRegression().fit(frame, frame["x"])
        model = mlflow.sklearn.log_model(fitted, name="model", pip_requirements=[])
        if data is not None:
            metrics = {"validation": {"rmse": 0.25}}
            keep(noted, model, project="line", metrics=metrics, parameters={"seed": 7}, data=data, **more)
    return register(name, model)
