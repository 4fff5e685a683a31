"""What rows a model was trained on, in the two files that SageMaker Model Monitor reads, writes and compares with.

Types are those of the project, not what a file looks like: a category of whole numbers is text here.

https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-byoc-statistics.html
https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-byoc-constraints.html
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from training_template.tables import Schema

#: Below what `validate` writes, and beside the model that was trained.
FOLDER = "baseline"
STATISTICS = "statistics.json"
CONSTRAINTS = "constraints.json"
#: More values than this are no list of what is allowed. As Deequ, which Model Monitor is built on.
MOST_VALUES = 120
#: Buckets that Model Monitor always makes.
BUCKETS = 10
#: Parameters of the sketch of quantiles, as Deequ has them.
SKETCH = {"c": 0.64, "k": 2048.0}


def write_baseline(schema: Schema, rows: pd.DataFrame, folder: Path) -> None:
    """@param rows what is trained on, with the types of the schema"""
    folder = folder / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    # Spark, by which Model Monitor reads rows of JSON, puts their columns into this order.
    features = [described(schema, name, rows[name]) for name in sorted(schema.inputs)]
    version = {"version": 0.0}
    statistics = [{"name": name, "inferred_type": kind, **told} for name, kind, told, _ in features]
    constraints = [{"name": name, "inferred_type": kind, **asked} for name, kind, _, asked in features]
    files = {
        STATISTICS: {**version, "dataset": {"item_count": len(rows)}, "features": statistics},
        CONSTRAINTS: {**version, "features": constraints, "monitoring_config": monitoring()},
    }
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content, allow_nan=False), encoding="utf-8")


def monitoring() -> dict[str, Any]:
    """Every value has its type and is a known one. How far traffic has moved is no matter of these files: drift is checked elsewhere."""
    return {
        "evaluate_constraints": "Enabled",
        "emit_metrics": "Enabled",
        "datatype_check_threshold": 1.0,
        "domain_content_threshold": 1.0,
        "distribution_constraints": {
            "perform_comparison": "Disabled",
            "comparison_threshold": 0.1,
            "comparison_method": "Robust",
            "categorical_comparison_threshold": 0.1,
            "categorical_drift_method": "LInfinity",
        },
    }


def described(schema: Schema, name: str, values: pd.Series) -> tuple[str, str, dict[str, Any], dict[str, Any]]:
    """Name and type of a column, its statistics and its constraints."""
    if name not in schema.numbers:
        return (name, "String", *text(schema.text(name, values)))
    numbers = values.to_numpy(dtype=float)
    known = numbers[np.isfinite(numbers)]
    missing = numbers.size - known.size
    if known.size == 0:
        return name, "Unknown", {}, {"completeness": 0.0}
    kind = "Integral" if (known == np.floor(known)).all() else "Fractional"
    return (name, kind, *number(known, missing))


def number(known: np.ndarray, missing: int) -> tuple[dict[str, Any], dict[str, Any]]:
    least, most = float(known.min()), float(known.max())
    # By hand: numpy refuses numbers that lie closer than it can tell buckets apart, such as two long ids.
    edges = np.linspace(least, most, BUCKETS + 1) if least < most else np.linspace(least - 0.5, most + 0.5, BUCKETS + 1)
    counts = np.bincount(np.searchsorted(edges[1:-1], known, side="right"), minlength=BUCKETS)
    buckets = [
        {"lower_bound": float(edges[place]), "upper_bound": float(edges[place + 1]), "count": float(counts[place])}
        for place in range(BUCKETS)
    ]
    statistics = {
        "common": present(known.size, missing),
        "mean": float(known.mean()),
        "sum": float(known.sum()),
        "std_dev": float(known.std()),
        "min": least,
        "max": most,
        "distribution": {"kll": {"buckets": buckets, "sketch": {"parameters": SKETCH, "data": sketch(known)}}},
    }
    constraints = {"completeness": share(known.size, missing), "num_constraints": {"is_non_negative": least >= 0}}
    return {"numerical_statistics": statistics}, constraints


def text(values: pd.Series) -> tuple[dict[str, Any], dict[str, Any]]:
    counted = values.value_counts()
    missing = int(values.isna().sum())
    buckets = [{"value": str(value), "count": int(count)} for value, count in counted[:MOST_VALUES].items()]
    statistics = {
        "common": present(int(counted.sum()), missing),
        "distinct_count": float(counted.size),
        "distribution": {"categorical": {"buckets": buckets}},
    }
    constraints: dict[str, Any] = {"completeness": share(int(counted.sum()), missing)}
    if counted.size <= MOST_VALUES:
        constraints["string_constraints"] = {"domains": sorted(str(value) for value in counted.index)}
    return {"string_statistics": statistics}, constraints


def present(known: int, missing: int) -> dict[str, int]:
    return {"num_present": known, "num_missing": missing}


def share(known: int, missing: int) -> float:
    return known / (known + missing)


def sketch(known: np.ndarray) -> list[list[float]]:
    """Levels of values, each of which stands for twice as many as one of the level below it; together for all.

    Up to the size of the sketch these are the values themselves, beyond it the middle ones of as many groups.
    """
    rest: Sequence[float] = np.sort(known).tolist()
    levels: list[list[float]] = []
    while len(rest) > SKETCH["k"]:
        odd = len(rest) % 2
        # One that has no other to stand for stays where it is.
        levels.append(list(rest[len(rest) - odd :]))
        # In turn the lower and the upper one of each pair, or all would lean to one side.
        rest = list(rest[len(levels) % 2 : len(rest) - odd : 2])
    return [*levels, list(rest)]
