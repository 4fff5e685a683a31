"""Trees of XGBoost as they are served: rows as people send them, encoded as the trees were trained on.

MLflow saves this file with the model and runs it where the model is loaded: it may import nothing of this repository.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import xgboost
from mlflow.models import set_model
from mlflow.pyfunc import PythonModel


def encoding_of(inputs: pd.DataFrame, numbers: list[str], categories: list[str], flags: list[str]) -> dict[str, Any]:
    """What has to be known to write rows as numbers: the columns, and what each category was in these rows."""
    return {
        "numbers": list(numbers),
        "flags": list(flags),
        "categories": {name: sorted(map(str, inputs[name].dropna().unique())) for name in categories},
    }


def category(value: Any) -> str:
    """As text, as in `tables.py`."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def encoded(encoding: dict[str, Any], inputs: pd.DataFrame) -> pd.DataFrame:
    """A column for each number and flag, and one for each value of a category. A value that training never saw is none of them; one that
    is missing is missing in all of them, which trees branch on."""
    columns = [(name, pd.to_numeric(inputs[name]).astype("float32")) for name in encoding["numbers"]]
    columns += [(name, inputs[name].astype("float32")) for name in encoding["flags"]]
    for name, values in encoding["categories"].items():
        missing = inputs[name].isna()
        text = inputs[name].map(category, na_action="ignore")
        for value in values:
            columns.append((f"{name}={value}", (text == value).astype("float32").mask(missing)))
    # By place: the value `b=c` of a column `a` has the name of the value `c` of a column `a=b`.
    frame = pd.DataFrame({place: values for place, (_, values) in enumerate(columns)}, index=inputs.index)
    return frame.set_axis([name for name, _ in columns], axis=1)


def owners(encoding: dict[str, Any]) -> list[str]:
    """The column of the table that each encoded one comes from, in their order."""
    of_categories = [name for name, values in encoding["categories"].items() for _ in values]
    return [*encoding["numbers"], *encoding["flags"], *of_categories]


def matrix(encoding: dict[str, Any], inputs: pd.DataFrame) -> xgboost.DMatrix:
    # Without names: the trees were trained on a table that has no header.
    return xgboost.DMatrix(encoded(encoding, inputs).to_numpy(dtype=np.float32))


def probabilities(booster: xgboost.Booster, encoding: dict[str, Any], inputs: pd.DataFrame) -> np.ndarray:
    """Of no and of yes, or of each class in their order, as classifiers of scikit-learn answer."""
    likely = booster.predict(matrix(encoding, inputs)).astype(float)
    return likely if likely.ndim == 2 else np.column_stack([1 - likely, likely])


def values(booster: xgboost.Booster, encoding: dict[str, Any], inputs: pd.DataFrame) -> np.ndarray:
    """Numbers on the scale of the target."""
    return booster.predict(matrix(encoding, inputs)).astype(float)


def explained(booster: xgboost.Booster, encoding: dict[str, Any], inputs: pd.DataFrame) -> pd.DataFrame:
    """One row for each of `inputs`: `probability`, `base`, `contribution_<feature>` in log-odds; base and contributions add up.

    Of numbers it is `prediction`, and they add up to it, or to its logarithm where the objective has one.
    """
    parts = booster.predict(matrix(encoding, inputs), pred_contribs=True).astype(float)
    names = owners(encoding)
    answer = {}
    for name in inputs.columns:
        own = [at for at, owner in enumerate(names) if owner == name]
        answer[f"contribution_{name}"] = parts[:, own].sum(axis=1)
    base = parts[:, -1]
    if encoding.get("problem_type") == "regression":
        return pd.DataFrame(
            {"prediction": values(booster, encoding, inputs), "base": base, **answer}, index=inputs.index
        )
    probability = 1 / (1 + np.exp(-parts.sum(axis=1)))
    return pd.DataFrame({"probability": probability, "base": base, **answer}, index=inputs.index)


#: By what the project asks for.
ANSWERS = {"probabilities": probabilities, "values": values, "explained": explained}


class BoostedTrees(PythonModel):
    def load_context(self, context: Any) -> None:
        with open(context.artifacts["encoding"], encoding="utf-8") as file:
            self.encoding = json.load(file)
        self.booster = xgboost.Booster(model_file=context.artifacts["trees"])

    def predict(self, context: Any, model_input: pd.DataFrame, params: dict | None = None) -> Any:
        return ANSWERS[self.encoding["answers"]](self.booster, self.encoding, model_input)


set_model(BoostedTrees())
