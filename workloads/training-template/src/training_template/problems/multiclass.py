"""One of several classes, by its name; an answer is a probability for each, in the order of the classes, or the name alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from mlplatform.baseline import category_of
from mlplatform.category_column import names_rows
from mlplatform.evaluation import multiclass_metrics
from mlplatform.problems import MULTICLASS
from mlplatform.tables.values import NoSuchValue, number_of
from training_template.problems.wrong import counted


class Multiclass:
    problem_type = MULTICLASS
    is_text = True

    def __init__(self, classes: Sequence[str]) -> None:
        self.classes = list(classes)
        self.labels_are = f"one of {', '.join(self.classes)}"
        numbers = [_number(name) for name in self.classes]
        # One gap, or a file of floats, makes 2.0 of the class 2. Where two classes are the same number their text tells them apart.
        self._by_number = {
            number: name
            for name, number in zip(self.classes, numbers)
            if number is not None and numbers.count(number) == 1
        }
        # A file of truth values says true where its table, written as CSV, says True.
        said = [name.lower() for name in self.classes]
        self._by_truth = {text: self.classes[said.index(text)] for text in ("true", "false") if said.count(text) == 1}

    def problems(self, name: str, target: pd.Series) -> list[str]:
        named = self._named(target)
        wrong = ~named.isin(self.classes)
        if wrong.any():
            return counted(name, wrong, target, f"none of {', '.join(self.classes)}")
        if named.nunique() < 2:
            return [f"{name} is always {named.iloc[0]}: there is nothing to learn"]
        return []

    def absent(self, name: str, target: pd.Series) -> list[str]:
        named = self._named(target)
        known = set(named)
        missing = [each for each in self.classes if each not in known]
        if missing:
            return [f"{name} is never {', never '.join(missing)}: it could not be learnt"]
        if names_rows(len(known), len(named)):
            return [f"{name} has {len(known)} classes in {len(named)} rows, too few of each: leave out the rare ones"]
        return []

    def typed(self, target: pd.Series) -> pd.Series:
        return self._named(target)

    def numbers(self, truth: pd.Series) -> pd.Series:
        return truth.map({name: place for place, name in enumerate(self.classes)})

    def label(self, value: Any) -> str:
        name = self._name(value)
        if name not in self.classes:
            raise ValueError(f"{value!r} is none of {', '.join(self.classes)}")
        return str(name)

    def refused(self, predicted: np.ndarray, rows: int) -> str | None:
        if predicted.ndim == 1:
            strange = [name for name in pd.unique(self.said(predicted)) if name not in self.classes]
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
        return multiclass_metrics(truth, self.said(predicted) if predicted.ndim == 1 else predicted, self.classes)

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
        if predicted.ndim == 2:
            means = predicted.mean(axis=0)
        else:
            said = self.said(predicted)
            means = [(said == name).mean() for name in self.classes]
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
        return target.map(self._name).astype(object)

    def _name(self, value: Any) -> str | None:
        name = category_of(value)
        if name is None or name in self.classes:
            return name
        return self._by_truth.get(name.lower()) or self._by_number.get(_number(name), name)

    def said(self, predicted: np.ndarray) -> np.ndarray:
        """The class of each answer: the likeliest."""
        if predicted.ndim == 1:
            return self._named(pd.Series(predicted, dtype=object)).to_numpy(dtype=object)
        return np.asarray(self.classes, dtype=object)[predicted.argmax(axis=1)]


def _number(text: str) -> float | None:
    try:
        return number_of(text)
    except NoSuchValue:
        return None
