"""Which tariff a customer has, of three: a project with several classes, whose names are not in the order of the alphabet, and look like numbers in part."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
from mlflow.models import infer_signature
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from churn.data import customers
from churn.train import model_requirements
from mlplatform.problems import MULTICLASS
from training_template.checkpoint import Checkpoint
from training_template.tables import Schema

TARGET = "tariff"
CLASSES = {"premium": "premium", "basic": "1", "plus": "2"}
NUMBERS = ["tenure_months", "monthly_charge", "support_calls", "usage_gib"]
CATEGORIES = ["contract", "region"]
FLAGS = ["autopay"]


def tariffs(rows: int, seed: int) -> pd.DataFrame:
    frame = customers(rows, seed).drop(columns="churned")
    charge = frame["monthly_charge"] * np.random.default_rng(seed).lognormal(0.0, 0.3, rows)
    return frame.drop(columns="plan").assign(monthly_charge=charge, tariff=frame["plan"].map(CLASSES))


class Tariff:
    schema = Schema(TARGET, NUMBERS, CATEGORIES, FLAGS, MULTICLASS, list(CLASSES.values()))
    codes: list[str] = []
    answered_with = "probabilities"
    defaults: dict[str, Any] = {"strength": 1.0}

    def fit(self, frame: pd.DataFrame, values: Mapping[str, Any], checkpoint: Checkpoint) -> Pipeline:
        numbers = make_pipeline(SimpleImputer(), StandardScaler())
        columns = make_column_transformer(
            (numbers, NUMBERS), (OneHotEncoder(handle_unknown="ignore"), CATEGORIES), ("passthrough", FLAGS)
        )
        model = make_pipeline(columns, LogisticRegression(C=values["strength"], max_iter=500))
        return model.fit(frame[self.schema.inputs], frame[TARGET])

    def answers(self, model: Pipeline, inputs: pd.DataFrame) -> np.ndarray:
        # scikit-learn has its classes in the order of the alphabet.
        order = [list(model.classes_).index(name) for name in self.schema.classes]
        return model.predict_proba(inputs)[:, order]

    def predicted(self, answers: np.ndarray | pd.DataFrame) -> np.ndarray:
        return np.asarray(answers)

    def save(self, model: Pipeline, inputs: pd.DataFrame, folder: Path, metadata: dict[str, Any]) -> None:
        mlflow.pyfunc.save_model(
            folder,
            python_model=InOrder(model, list(self.schema.classes)),
            signature=infer_signature(inputs, self.answers(model, inputs)),
            input_example=inputs.dropna().head(3).reset_index(drop=True),
            pip_requirements=model_requirements(),
            metadata=metadata,
        )


class InOrder(mlflow.pyfunc.PythonModel):
    def __init__(self, model: Pipeline, classes: list[str]) -> None:
        self.model = model
        self.order = [list(model.classes_).index(name) for name in classes]

    def predict(self, context: Any, model_input: pd.DataFrame, params: dict | None = None) -> np.ndarray:
        return self.model.predict_proba(model_input)[:, self.order]


project = Tariff()
