"""A yes or a no, 1 or 0 in tables; an answer is the probability of yes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import numpy as np
import pandas as pd

from mlplatform.evaluation import binary_metrics
from mlplatform.problems import BINARY
from mlplatform.tables import columns
from mlplatform.tables.values import NoSuchValue, number_of, text_of, truth_of
from training_template.problems.wrong import counted


class Binary:
    problem_type = BINARY
    is_text = False
    labels_are = "1 or 0"

    def problems(self, name: str, target: pd.Series) -> list[str]:
        numbers = self.numbers_of(target)
        wrong = ~numbers.isin([0, 1])
        if wrong.any():
            return counted(name, wrong, target, "neither 0 nor 1")
        if numbers.nunique() < 2:
            return [f"{name} is always {text_of(numbers.iloc[0])}: there is nothing to learn"]
        return []

    def absent(self, name: str, target: pd.Series) -> list[str]:
        return []

    def typed(self, target: pd.Series) -> pd.Series:
        return self.numbers_of(target).astype(int)

    @staticmethod
    def numbers_of(target: pd.Series) -> pd.Series:
        """1 and 0; yes and no may be written as true and false too, as a file of truth values says it."""
        read = columns.numbers(target)
        if not read.bad.any():
            return read.values
        said = columns.truths(target)
        truths = said.values.where(~(said.bad | said.missing)).map({True: 1.0, False: 0.0}).astype(float)
        return read.values.where(~read.bad, truths)

    def numbers(self, truth: pd.Series) -> pd.Series:
        return truth

    def label(self, value: Any) -> float:
        for read in (truth_of, number_of):
            with suppress(NoSuchValue):
                number = read(value)
                if number in (0, 1):
                    return float(number)
        raise ValueError(f"{value!r} is neither 1 nor 0")

    def refused(self, predicted: np.ndarray, rows: int) -> str | None:
        whole = predicted.shape == (rows,) and np.isfinite(predicted).all()
        if whole and ((predicted >= 0) & (predicted <= 1)).all():
            return None
        return "the model does not answer every row with a probability"

    def metrics(self, truth: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
        return binary_metrics(truth, predicted)

    def beside(self, predicted: np.ndarray) -> dict[str, np.ndarray]:
        return {"probability": predicted}

    def group(self, truth: np.ndarray, predicted: np.ndarray) -> dict[str, Any]:
        both = 0 < truth.sum() < truth.size
        return {
            "rate": round(float(truth.mean()), 6),
            "predicted": self.answered(predicted),
            "roc_auc": round(binary_metrics(truth, predicted)["roc_auc"], 6) if both else None,
        }

    def answered(self, predicted: np.ndarray) -> float:
        return round(float(predicted.mean()), 6)

    def gap(self, groups: Sequence[Any], evaluation: Mapping[str, Any]) -> float | None:
        """Between the group that is said yes to most and the one least."""
        means = [float(each) for each in groups]
        return max(means) - min(means) if len(means) > 1 else None

    def summary(self, truth: np.ndarray) -> dict[str, Any]:
        return {"rate": round(float(truth.mean()), 6)}

    def enough(self, truth: np.ndarray) -> bool:
        return bool(truth.min() != truth.max())
