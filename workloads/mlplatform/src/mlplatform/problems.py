"""Types of problems, and the metrics that each is judged by: which there are, and whether more or less is better.

The stack's settings read the same file, so that a gate and a search go the way that the evaluation means.
"""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Literal, get_args

#: As SageMaker calls them, with a small letter first: `models.<name>.problemType` of a stack.
ProblemType = Literal["binaryClassification", "multiclassClassification", "regression"]
PROBLEM_TYPES: tuple[ProblemType, ...] = get_args(ProblemType)
BINARY, MULTICLASS, REGRESSION = PROBLEM_TYPES

MAXIMIZE, MINIMIZE = "maximize", "minimize"

#: By metric: `direction` and `problemTypes`.
METRICS: dict[str, dict[str, object]] = json.loads(files(__package__).joinpath("metrics.json").read_text("utf-8"))
#: Metric of a problem type that is judged where none is named.
USUAL_METRIC: dict[ProblemType, str] = {BINARY: "roc_auc", MULTICLASS: "f1_macro", REGRESSION: "rmse"}


def metrics_of(problem_type: ProblemType) -> list[str]:
    """Names of the metrics that an evaluation reports."""
    return [name for name, metric in METRICS.items() if problem_type in metric["problemTypes"]]  # type: ignore[operator]


def higher_is_better(metric: str) -> bool:
    """Of a metric that is not known here more is."""
    return METRICS.get(metric, {}).get("direction") != MINIMIZE
