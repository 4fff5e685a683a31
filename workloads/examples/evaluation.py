"""Measures of a yes-or-no model, each beside what a simple model reaches on the same rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score

from mlplatform.baseline import category_of


def binary_metrics(truth: np.ndarray, probability: np.ndarray) -> dict[str, float]:
    """Order (`roc_auc`, `average_precision`) and honesty of the probabilities (`log_loss`, `brier`)."""
    return {
        "roc_auc": float(roc_auc_score(truth, probability)),
        "average_precision": float(average_precision_score(truth, probability)),
        "log_loss": float(log_loss(truth, probability, labels=[0, 1])),
        "brier": float(brier_score_loss(truth, probability)),
    }


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
) -> Interval:
    """Where the gain in ROC AUC over the baseline lies with 95 % confidence, by resampling the same rows for both."""
    random = np.random.default_rng(seed)
    gains = []
    for _ in range(resamples):
        rows = random.integers(0, truth.size, truth.size)
        if 0 < truth[rows].sum() < rows.size:
            gains.append(roc_auc_score(truth[rows], candidate[rows]) - roc_auc_score(truth[rows], baseline[rows]))
    low, high = np.quantile(gains, [0.025, 0.975])
    return Interval(float(low), float(high))


class RateByGroup:
    """The simple model: the rate of yes in each group of one column, drawn to the overall rate where rows are few."""

    def __init__(self, column: str, weight: float = 20.0) -> None:
        self.column = column
        self.weight = weight

    def fit(self, inputs, truth: np.ndarray) -> RateByGroup:
        self.overall = float(np.mean(truth))
        groups = np.asarray(self._groups(inputs))
        self.rates = {}
        for group in np.unique(groups):
            within = truth[groups == group]
            self.rates[str(group)] = float((within.sum() + self.weight * self.overall) / (within.size + self.weight))
        return self

    def probability(self, inputs) -> np.ndarray:
        return np.asarray([self.rates.get(group, self.overall) for group in self._groups(inputs)])

    def _groups(self, inputs) -> list[str]:
        return [category_of(value) or "missing" for value in inputs[self.column]]
