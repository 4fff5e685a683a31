"""Measures of a model by the type of its problem, each beside what a simple model reaches on the same rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    brier_score_loss,
    f1_score,
    log_loss,
    mean_absolute_error,
    mean_absolute_percentage_error,
    r2_score,
    roc_auc_score,
    root_mean_squared_error,
)

from mlplatform.baseline import category_of

#: At least so likely is a yes.
THRESHOLD = 0.5


def binary_metrics(truth: np.ndarray, probability: np.ndarray) -> dict[str, float]:
    """Order (`roc_auc`, `average_precision`), honesty of the probabilities (`log_loss`, `brier`), and what is said at one half."""
    said = np.asarray(probability) >= THRESHOLD
    return {
        "roc_auc": float(roc_auc_score(truth, probability)),
        "average_precision": float(average_precision_score(truth, probability)),
        "log_loss": float(log_loss(truth, probability, labels=[0, 1])),
        "brier": float(brier_score_loss(truth, probability)),
        "accuracy": float(accuracy_score(truth, said)),
        "f1": float(f1_score(truth, said, zero_division=0.0)),
    }


def multiclass_metrics(truth: np.ndarray, answers: np.ndarray, classes: Sequence[str]) -> dict[str, float]:
    """Of classes by name. Without probabilities there are neither honesty nor order to measure, and NaN says so.

    @param answers a probability for each class, in the order of `classes`, or the class itself
    """
    names = np.asarray(classes, dtype=object)
    likely = answers.ndim == 2
    said = names[answers.argmax(axis=1)] if likely else answers
    truth, said = truth.astype(str), said.astype(str)
    return {
        "accuracy": float(accuracy_score(truth, said)),
        # The mean recall of the classes that there are: that of scikit-learn warns of those that are only said.
        "balanced_accuracy": float(np.mean([(said[truth == name] == name).mean() for name in np.unique(truth)])),
        "f1_macro": float(f1_score(truth, said, average="macro", zero_division=0.0)),
        "log_loss": _surprise(truth, answers, classes) if likely else float("nan"),
        "roc_auc_ovr": _one_against_the_rest(truth, answers, classes) if likely else float("nan"),
    }


def regression_metrics(truth: np.ndarray, prediction: np.ndarray) -> dict[str, float]:
    """`mape` has no value where a truth is zero, and `r2` none where all are the same."""
    return {
        "rmse": float(root_mean_squared_error(truth, prediction)),
        "mae": float(mean_absolute_error(truth, prediction)),
        "mape": float(mean_absolute_percentage_error(truth, prediction)) if np.all(truth != 0) else float("nan"),
        "r2": float(r2_score(truth, prediction)) if np.ptp(truth) > 0 else float("nan"),
    }


def _surprise(truth: np.ndarray, answers: np.ndarray, classes: Sequence[str]) -> float:
    # By hand: scikit-learn takes the columns to be in the order of the alphabet.
    places = {name: place for place, name in enumerate(classes)}
    likely = np.asarray(answers, dtype=float)
    likely = likely / likely.sum(axis=1, keepdims=True)
    told = likely[np.arange(truth.size), [places[name] for name in truth]]
    return float(-np.log(np.maximum(told, np.finfo(float).eps)).mean())


def _one_against_the_rest(truth: np.ndarray, answers: np.ndarray, classes: Sequence[str]) -> float:
    """The mean over the classes that some rows have and some have not."""
    found = []
    for place, name in enumerate(classes):
        own = truth == name
        if 0 < own.sum() < own.size:
            found.append(roc_auc_score(own, answers[:, place]))
    return float(np.mean(found)) if found else float("nan")


@dataclass(frozen=True)
class Interval:
    low: float
    high: float


def gain_interval(
    truth: np.ndarray,
    candidate: np.ndarray,
    baseline: np.ndarray,
    seed: int,
    resamples: int = 200,
    measure: Callable[[np.ndarray, np.ndarray], float] = roc_auc_score,
) -> Interval:
    """Where the gain over the baseline lies with 95 % confidence, by resampling the same rows for both.

    @param measure of which more is better; without one ROC AUC
    """
    random = np.random.default_rng(seed)
    gains = []
    for _ in range(resamples):
        rows = random.integers(0, truth.size, truth.size)
        if np.ptp(truth[rows]) > 0:
            gains.append(measure(truth[rows], candidate[rows]) - measure(truth[rows], baseline[rows]))
    low, high = np.quantile(gains, [0.025, 0.975])
    return Interval(float(low), float(high))


class MeanByGroup:
    """The simple model: the mean of each group of one column, drawn to the overall mean where rows are few. Of a yes or no it is a rate."""

    def __init__(self, column: str, weight: float = 20.0) -> None:
        self.column = column
        self.weight = weight

    def fit(self, inputs, truth: np.ndarray) -> MeanByGroup:
        self.overall = float(np.mean(truth))
        groups = np.asarray(self._groups(inputs))
        self.means = {}
        for group in np.unique(groups):
            within = truth[groups == group]
            self.means[str(group)] = float((within.sum() + self.weight * self.overall) / (within.size + self.weight))
        return self

    def predict(self, inputs) -> np.ndarray:
        return np.asarray([self.means.get(group, self.overall) for group in self._groups(inputs)])

    def _groups(self, inputs) -> list[str]:
        return [category_of(value) or "missing" for value in inputs[self.column]]
