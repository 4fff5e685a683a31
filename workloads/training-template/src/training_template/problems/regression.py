"""A number; an answer is one too."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import numpy as np
import pandas as pd

from mlplatform.evaluation import regression_metrics
from mlplatform.problems import REGRESSION
from mlplatform.tables import columns
from mlplatform.tables.values import NoSuchValue, number_of, text_of
from training_template.problems.wrong import counted

#: Trees count in 32 bits: what is larger is infinite to them.
LARGEST = float(np.finfo(np.float32).max)


class Regression:
    problem_type = REGRESSION
    is_text = False
    labels_are = "a number"

    def problems(self, name: str, target: pd.Series) -> list[str]:
        numbers = columns.numbers(target).values
        wrong = ~np.isfinite(numbers)
        found = counted(name, wrong, target, "no number")
        found += counted(name, numbers.abs().gt(LARGEST) & ~wrong, target, "too large for 32 bits")
        if not found and numbers.nunique() < 2:
            return [f"{name} is always {text_of(numbers.iloc[0])}: there is nothing to learn"]
        return found

    def absent(self, name: str, target: pd.Series) -> list[str]:
        return []

    def typed(self, target: pd.Series) -> pd.Series:
        return columns.numbers(target).values

    def numbers(self, truth: pd.Series) -> pd.Series:
        return truth

    def label(self, value: Any) -> float:
        with suppress(NoSuchValue):
            number = number_of(value)
            if number is not None and math.isfinite(number):
                return number
        raise ValueError(f"{value!r} is no number")

    def refused(self, predicted: np.ndarray, rows: int) -> str | None:
        whole = predicted.shape == (rows,) and predicted.dtype.kind in "iuf" and np.isfinite(predicted).all()
        return None if whole else "the model does not answer every row with a number"

    def metrics(self, truth: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
        return regression_metrics(truth, predicted)

    def beside(self, predicted: np.ndarray) -> dict[str, np.ndarray]:
        return {"prediction": predicted}

    def group(self, truth: np.ndarray, predicted: np.ndarray) -> dict[str, Any]:
        """`mean_error` is above zero where too much is said."""
        return {
            "mean": round(float(truth.mean()), 6),
            "predicted": self.answered(predicted),
            "mean_error": round(float((predicted - truth).mean()), 6),
            "mae": round(float(np.abs(predicted - truth).mean()), 6),
        }

    def answered(self, predicted: np.ndarray) -> float:
        return round(float(predicted.mean()), 6)

    def gap(self, groups: Sequence[Any], evaluation: Mapping[str, Any]) -> float | None:
        """Between the highest and the lowest, in standard deviations of the target: so it is the same in minutes as in hours."""
        means = [float(each) for each in groups]
        deviation = float((evaluation.get("target") or {}).get("std_dev") or 0.0)
        return (max(means) - min(means)) / deviation if len(means) > 1 and deviation > 0 else None

    def summary(self, truth: np.ndarray) -> dict[str, Any]:
        return {"mean": round(float(truth.mean()), 6), "std_dev": round(float(truth.std()), 6)}

    def enough(self, truth: np.ndarray) -> bool:
        return True
