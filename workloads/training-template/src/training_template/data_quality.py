"""Whether requests are what the rows were that a version was trained on, by the constraints that training kept of them.

Told under the names of SageMaker Model Monitor, which has none for what is below zero:
https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-interpreting-violations.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

#: Of columns that requests have and training had not.
MOST_EXTRA = 20


@dataclass(frozen=True)
class Limits:
    #: Percentage points by which more rows may lack a value than in training.
    max_missing_increase: float
    #: Percent of the values of a column that may be nothing that training knew.
    max_unexpected: float


def data_quality(
    requests: pd.DataFrame, constraints: Mapping[str, Any], limits: Limits
) -> tuple[dict[str, Any], list[str]]:
    """@param requests with categories and flags as text, see `Schema.asked`"""
    found = list(violations(requests, constraints["features"], limits))
    report = {"rows": len(requests), "violations": found}
    return report, [
        f"{each['feature_name']}: {each['description']} ({each['constraint_check_type']})" for each in found
    ]


def violations(requests: pd.DataFrame, features: list[Mapping[str, Any]], limits: Limits) -> Iterator[dict[str, str]]:
    for feature in features:
        name = str(feature["name"])
        if name not in requests:
            yield violation(name, "missing_column_check", "no request has this column")
            continue
        known = requests[name].dropna()
        lacking = 100 * (float(feature["completeness"]) - len(known) / len(requests))
        if lacking > limits.max_missing_increase:
            said = f"{100 - 100 * len(known) / len(requests):.1f} % of the values are missing"
            before = f"{100 - 100 * float(feature['completeness']):.1f} % in training"
            yield violation(name, "completeness_check", f"{said}, {before}")
        for check, what, wrong in unexpected(feature, known):
            share = 100 * wrong.mean() if len(known) else 0.0
            if share > limits.max_unexpected:
                # Not which: more people read this than samples.
                counted = f"{int(wrong.sum())} of {len(known)}"
                yield violation(name, check, f"{share:.1f} % of the values are {what}, {counted}")
    had = {str(feature["name"]) for feature in features}
    extra = [str(name) for name in requests if str(name) not in had]
    often = [name for name in extra if 100 * requests[name].notna().mean() > limits.max_unexpected]
    for name in often[:MOST_EXTRA]:
        yield violation(name, "extra_column_check", "training had no such column")


def unexpected(feature: Mapping[str, Any], known: pd.Series) -> Iterator[tuple[str, str, pd.Series]]:
    """What a value can be that training never had: check, words, and for each value whether it is that."""
    kind = feature["inferred_type"]
    if kind == "String":
        domains = feature.get("string_constraints", {}).get("domains")
        if domains is not None:
            yield "categorical_values_check", "unknown", ~known.isin(domains)
    elif kind in ("Integral", "Fractional"):
        numbers = pd.to_numeric(known.map(lambda value: None if isinstance(value, bool) else value), errors="coerce")
        wrong = numbers.isna()
        if kind == "Integral":
            yield "data_type_check", "no whole numbers", wrong | (numbers % 1 != 0)
        else:
            yield "data_type_check", "no numbers", wrong
        if feature.get("num_constraints", {}).get("is_non_negative"):
            yield "non_negative_check", "below zero", numbers < 0


def violation(name: str, check: str, description: str) -> dict[str, str]:
    return {"feature_name": name, "constraint_check_type": check, "description": description}
