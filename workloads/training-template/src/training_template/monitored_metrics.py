"""What was measured of a candidate, under the names that SageMaker Model Monitor gives model quality.

Curves are left out: they have a point for every row. https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-model-quality-metrics.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from sklearn.metrics import (
    accuracy_score,
    confusion_matrix,
    fbeta_score,
    mean_absolute_error,
    mean_squared_error,
    precision_score,
    r2_score,
    recall_score,
    roc_auc_score,
)

from mlplatform.evaluation import THRESHOLD
from mlplatform.problems import REGRESSION
from training_template.problems import Problem
from training_template.problems.multiclass import Multiclass

#: Model Monitor gives a standard deviation from so many rows on, that of five draws of four fifths of them each.
LEAST_ROWS, DRAWS, SHARE = 200, 5, 0.8

Measure = Callable[[np.ndarray, np.ndarray], float]


def monitored_metrics(problem: Problem, truth: np.ndarray, predicted: np.ndarray) -> dict[str, Any]:
    """The section of a report that belongs to the type of the problem. Numbers that there are none of are `"NaN"` there."""
    if isinstance(problem, Multiclass):
        said, true = problem.said(predicted).astype(str), truth.astype(str)
        matrix = _confusion(true, said, problem.classes)
        return {"multiclass_classification_metrics": {"confusion_matrix": matrix, **_measured(true, said, _weighted)}}
    if problem.problem_type == REGRESSION:
        return {"regression_metrics": _measured(truth, predicted, _of_numbers)}
    said = (predicted >= THRESHOLD).astype(int)
    found = {**_measured(truth, said, _of_yes), **_measured(truth, predicted, {"auc": _order})}
    return {"binary_classification_metrics": {"confusion_matrix": _confusion(truth, said, [0, 1]), **found}}


def _order(truth: np.ndarray, probability: np.ndarray) -> float:
    return float(roc_auc_score(truth, probability)) if np.ptp(truth) > 0 else float("nan")


def _rate(of: int, wrong: bool) -> Measure:
    """Share of the rows of one truth that are said to be otherwise, or not."""

    def rate(truth: np.ndarray, said: np.ndarray) -> float:
        own = said[truth == of]
        return float(((own != of) == wrong).mean()) if own.size else float("nan")

    return rate


_of_yes: Mapping[str, Measure] = {
    "recall": lambda truth, said: recall_score(truth, said, zero_division=np.nan),
    "precision": lambda truth, said: precision_score(truth, said, zero_division=np.nan),
    "accuracy": accuracy_score,
    "true_positive_rate": _rate(1, False),
    "true_negative_rate": _rate(0, False),
    "false_positive_rate": _rate(0, True),
    "false_negative_rate": _rate(1, True),
    "f0_5": lambda truth, said: fbeta_score(truth, said, beta=0.5, zero_division=np.nan),
    "f1": lambda truth, said: fbeta_score(truth, said, beta=1, zero_division=np.nan),
    "f2": lambda truth, said: fbeta_score(truth, said, beta=2, zero_division=np.nan),
}
_weighted: Mapping[str, Measure] = {
    "accuracy": accuracy_score,
    "weighted_recall": lambda truth, said: recall_score(truth, said, average="weighted", zero_division=0),
    "weighted_precision": lambda truth, said: precision_score(truth, said, average="weighted", zero_division=0),
    "weighted_f0_5": lambda truth, said: fbeta_score(truth, said, beta=0.5, average="weighted", zero_division=0),
    "weighted_f1": lambda truth, said: fbeta_score(truth, said, beta=1, average="weighted", zero_division=0),
    "weighted_f2": lambda truth, said: fbeta_score(truth, said, beta=2, average="weighted", zero_division=0),
}
_of_numbers: Mapping[str, Measure] = {
    "mae": mean_absolute_error,
    "mse": mean_squared_error,
    "rmse": lambda truth, said: float(np.sqrt(mean_squared_error(truth, said))),
    "r2": lambda truth, said: r2_score(truth, said) if np.ptp(truth) > 0 else float("nan"),
}


def _measured(truth: np.ndarray, said: np.ndarray, measures: Mapping[str, Measure]) -> dict[str, Any]:
    random = np.random.default_rng(0)
    draws = []
    if truth.size >= LEAST_ROWS:
        draws = [random.choice(truth.size, int(SHARE * truth.size), replace=False) for _ in range(DRAWS)]
    found = {}
    for name, measure in measures.items():
        spread = float(np.std([measure(truth[rows], said[rows]) for rows in draws])) if draws else float("nan")
        found[name] = {"value": _number(measure(truth, said)), "standard_deviation": _number(spread)}
    return found


def _number(value: float) -> float | str:
    return float(value) if np.isfinite(value) else "NaN"


def _confusion(truth: np.ndarray, said: np.ndarray, classes: list[Any]) -> dict[str, dict[str, int]]:
    counts = confusion_matrix(truth, said, labels=classes)
    return {
        str(true): {str(other): int(counts[row, column]) for column, other in enumerate(classes)}
        for row, true in enumerate(classes)
    }
