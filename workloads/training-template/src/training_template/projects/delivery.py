"""How many minutes a delivery takes: boosted trees, which are fitted in rounds and can be interrupted between them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
from mlflow.models import infer_signature
from sklearn.pipeline import Pipeline

from churn.train import TRUSTED_TYPES, model_requirements
from delivery.data import CATEGORIES, FLAGS, NUMBERS, PROBLEM_TYPE, TARGET
from delivery.features import delivery_model
from training_template.checkpoint import Checkpoint
from training_template.gaps import example
from training_template.tables import Schema

#: Trees between two looks at whether the job has to end.
ROUND = 20


class Delivery:
    schema = Schema(TARGET, NUMBERS, CATEGORIES, FLAGS, PROBLEM_TYPE, most_values=255)
    codes: list[str] = []
    answered_with = "values"
    defaults: dict[str, Any] = {"seed": 7, "max_iter": 120, "learning_rate": 0.08}

    def fit(self, frame: pd.DataFrame, values: Mapping[str, Any], checkpoint: Checkpoint) -> Pipeline:
        model, done = checkpoint.load(TRUSTED_TYPES)
        if model is None:
            model = delivery_model(values["max_iter"], values["learning_rate"], values["seed"])
            model.set_params(trees__warm_start=True)
        while done < values["max_iter"]:
            done = min(done + ROUND, values["max_iter"])
            model.set_params(trees__max_iter=done)
            model.fit(frame[self.schema.inputs], frame[TARGET])
            checkpoint.save(model, done)
        return model.set_params(trees__warm_start=False)

    def answers(self, model: Pipeline, inputs: pd.DataFrame) -> np.ndarray:
        return model.predict(inputs)

    def predicted(self, answers: np.ndarray | pd.DataFrame) -> np.ndarray:
        return np.asarray(answers)

    def save(self, model: Pipeline, inputs: pd.DataFrame, folder: Path, metadata: dict[str, Any]) -> None:
        mlflow.sklearn.save_model(
            model,
            folder,
            signature=infer_signature(inputs, self.answers(model, inputs)),
            input_example=example(inputs),
            skops_trusted_types=TRUSTED_TYPES,
            pip_requirements=model_requirements(),
            metadata=metadata,
        )


project = Delivery()
