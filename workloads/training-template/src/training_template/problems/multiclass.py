"""One of several classes, by its name; an answer is a probability for each, in the order of the classes, or the name alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from evaluation import multiclass_metrics
from mlplatform.baseline import category_of
from mlplatform.problems import MULTICLASS
from training_template.problems.wrong import counted


class Multiclass:
    problem_type = MULTICLASS
    is_text = True

    def __init__(self, classes: Sequence[str]) -> None:
        self.classes = list(classes)
        self.labels_are = f"one of {', '.join(self.classes)}"

    def problems(self, name: str, target: pd.Series) -> list[str]:
        named = self._named(target)
        wrong = ~named.isin(self.classes)
        if wrong.any():
            return counted(name, wrong, target, f"none of {', '.join(self.classes)}")
        if named.nunique() < 2:
            return [f"{name} is always {named.iloc[0]}: there is nothing to learn"]
        return []

    def absent(self, name: str, target: pd.Series) -> list[str]:
        missing = [each for each in self.classes if each not in set(self._named(target))]
        return [f"{name} is never {', never '.join(missing)}: it could not be learnt"] if missing else []

    def typed(self, target: pd.Series) -> pd.Series:
        return self._named(target)

    def numbers(self, truth: pd.Series) -> pd.Series:
        return truth.map({name: place for place, name in enumerate(self.classes)})

    def label(self, value: Any) -> str:
        name = category_of(value)
        if name not in self.classes:
            raise ValueError(f"{value!r} is none of {', '.join(self.classes)}")
        return str(name)

    def refused(self, predicted: np.ndarray, rows: int) -> str | None:
        if predicted.ndim == 1:
            strange = [name for name in pd.unique(predicted.astype(object)) if name not in self.classes]
            if predicted.size == rows and not strange:
                return None
            return f"the model does not answer every row with {self.labels_are}"
        likely = predicted.shape == (rows, len(self.classes)) and np.isfinite(predicted).all()
        if likely and (predicted >= 0).all() and np.allclose(predicted.sum(axis=1), 1, atol=1e-3):
            return None
        return (
            f"the model does not answer every row with {len(self.classes)} probabilities, of {', '.join(self.classes)}"
        )

    def metrics(self, truth: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
        return multiclass_metrics(truth, predicted, self.classes)

    def beside(self, predicted: np.ndarray) -> dict[str, np.ndarray]:
        said = {"prediction": self.said(predicted)}
        if predicted.ndim == 1:
            return said
        return said | {f"probability_{name}": predicted[:, place] for place, name in enumerate(self.classes)}

    def group(self, truth: np.ndarray, predicted: np.ndarray) -> dict[str, Any]:
        return {
            "shares": {name: round(float((truth == name).mean()), 6) for name in self.classes},
            "predicted": self.answered(predicted),
            "accuracy": round(float((self.said(predicted) == truth).mean()), 6),
        }

    def answered(self, predicted: np.ndarray) -> dict[str, float]:
        means = predicted.mean(axis=0) if predicted.ndim == 2 else [(predicted == name).mean() for name in self.classes]
        return {name: round(float(mean), 6) for name, mean in zip(self.classes, means)}

    def gap(self, groups: Sequence[Any], evaluation: Mapping[str, Any]) -> float | None:
        """The widest of any class, between the group that gets it most and the one least."""
        if len(groups) < 2:
            return None
        return max(
            max(float(each[name]) for each in groups) - min(float(each[name]) for each in groups)
            for name in self.classes
        )

    def summary(self, truth: np.ndarray) -> dict[str, Any]:
        return {"shares": {name: round(float((truth == name).mean()), 6) for name in self.classes}}

    def enough(self, truth: np.ndarray) -> bool:
        return len(set(truth)) > 1

    def _named(self, target: pd.Series) -> pd.Series:
        return target.map(category_of).astype(object)

    def said(self, predicted: np.ndarray) -> np.ndarray:
        """The class of each answer: the likeliest."""
        return predicted if predicted.ndim == 1 else np.asarray(self.classes, dtype=object)[predicted.argmax(axis=1)]
