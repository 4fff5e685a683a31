"""A project over whatever columns a test draws: `project.schema` is set to them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OrdinalEncoder

from mlplatform.problems import BINARY, REGRESSION
from training_template.checkpoint import Checkpoint
from training_template.saved_functions import save
from training_template.tables import Schema


class Drawn:
    schema: Schema
    codes: list[str] = []
    defaults: dict[str, Any] = {"max_iter": 5}

    @property
    def answered_with(self) -> str:
        return "values" if self.schema.problem_type == REGRESSION else "probabilities"

    def fit(self, frame: pd.DataFrame, values: Mapping[str, Any], checkpoint: Checkpoint) -> Pipeline:
        encode = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan, encoded_missing_value=np.nan)
        rest = [*self.schema.numbers, *self.schema.flags]
        columns = make_column_transformer((encode, list(self.schema.categories)), ("passthrough", rest))
        trees = (
            HistGradientBoostingRegressor if self.schema.problem_type == REGRESSION else HistGradientBoostingClassifier
        )
        model = trees(max_iter=values["max_iter"], random_state=7, early_stopping=False)
        return make_pipeline(columns, model).fit(frame[self.schema.inputs], frame[self.schema.target])

    def answers(self, model: Pipeline, inputs: pd.DataFrame) -> np.ndarray:
        return model.predict(inputs) if self.schema.problem_type == REGRESSION else model.predict_proba(inputs)

    def predicted(self, answers: np.ndarray | pd.DataFrame) -> np.ndarray:
        found = np.asarray(answers)
        return found[:, 1] if self.schema.problem_type == BINARY else found

    def save(self, model: Pipeline, inputs: pd.DataFrame, folder: Path, metadata: dict[str, Any]) -> None:
        method = "predict" if self.schema.problem_type == REGRESSION else "predict_proba"
        save(model, inputs, self.answers(model, inputs), folder, metadata, method, __name__, None)


project = Drawn()
