"""The model as it is served: probability and, beside it, what each feature added to the log-odds.

MLflow saves this file with the model and runs it where the model is loaded: it may import nothing of this repository.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
from mlflow.models import set_model
from mlflow.pyfunc import PythonModel


def contributions(weights: dict, inputs: pd.DataFrame) -> pd.DataFrame:
    """By feature, in log-odds, against the usual employee of the training data."""
    columns = {}
    for name, term in weights["numbers"].items():
        values = pd.to_numeric(inputs[name]).astype(float).fillna(term["missing"])
        columns[name] = term["weight"] * (values - term["mean"])
    for name, term in weights["flags"].items():
        columns[name] = term["weight"] * (inputs[name].astype(float) - term["mean"])
    for name, term in weights["categories"].items():
        # A category that training never saw has no weight.
        columns[name] = inputs[name].map(lambda value, known=term["weights"]: known.get(str(value), 0.0)) - term["mean"]
    return pd.DataFrame(columns, index=inputs.index)


def explain(weights: dict, inputs: pd.DataFrame) -> pd.DataFrame:
    """One row for each of `inputs`: `probability`, `base`, `contribution_<feature>`; base and contributions add up."""
    parts = contributions(weights, inputs)
    log_odds = weights["base"] + parts.sum(axis=1)
    answer = parts.add_prefix("contribution_")
    answer.insert(0, "base", weights["base"])
    answer.insert(0, "probability", 1 / (1 + np.exp(-log_odds)))
    return answer


class ExplainedAttrition(PythonModel):
    def load_context(self, context: Any) -> None:
        with open(context.artifacts["weights"], encoding="utf-8") as file:
            self.weights = json.load(file)

    def predict(self, context: Any, model_input: pd.DataFrame, params: dict | None = None) -> pd.DataFrame:
        return explain(self.weights, model_input)


set_model(ExplainedAttrition())
