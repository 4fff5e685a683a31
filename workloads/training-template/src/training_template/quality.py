"""What live answers are worth beside what the same version reached when it was judged, by three measures."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from mlplatform.problems import REGRESSION, higher_is_better
from training_template.problems import Problem

#: With fewer rows a measure is mostly chance.
MIN_ROWS = 100
MIN_ROWS_OF_GROUP = 30
PREFIX = "contribution_"


def shares(answers: Any) -> dict[str, float] | None:
    """How much each feature has to say, as a share of all, by mean size. None where answers do not say."""
    if not isinstance(answers, pd.DataFrame):
        return None
    sizes = {
        str(column).removeprefix(PREFIX): float(answers[column].abs().mean())
        for column in answers.columns
        if str(column).startswith(PREFIX)
    }
    total = sum(sizes.values())
    if not sizes or not math.isfinite(total) or total == 0:
        return None
    return {name: round(size / total, 6) for name, size in sizes.items()}


def worse(metric: str, reached: float, baseline: float) -> float:
    """Percent by which a metric is worse than it was; negative where it is better."""
    lost = baseline - reached if higher_is_better(metric) else reached - baseline
    return 100 * lost / max(abs(baseline), 1e-9)


def model_quality(
    problem: Problem,
    truth: np.ndarray,
    predicted: np.ndarray,
    metric: str,
    max_drop_percent: float,
    baseline: Mapping[str, Any],
) -> tuple[dict[str, Any], list[str]]:
    """The metrics of labelled rows, and whether the one that counts has dropped too far."""
    if truth.size < MIN_ROWS or not problem.enough(truth):
        kinds = "" if problem.problem_type == REGRESSION else " of more than one answer"
        return {"rows": int(truth.size)}, [
            f"model quality was not measured: {truth.size} labelled rows, {MIN_ROWS}{kinds} are needed"
        ]
    reached = {name: value for name, value in problem.metrics(truth, predicted).items() if math.isfinite(value)}
    evaluated = baseline.get("candidate", {})
    before = evaluated.get(metric)
    report = {
        "rows": int(truth.size),
        "metrics": {name: round(value, 6) for name, value in reached.items()},
        "evaluated": {name: evaluated[name] for name in reached if evaluated.get(name) is not None},
        "metric": metric,
    }
    if metric not in reached:
        return report, [f"model quality was not judged: these rows have no {metric}"]
    if before is None:
        return report, [f"model quality was not judged: the baseline has no {metric}"]
    drop = worse(metric, reached[metric], float(before))
    report |= {"baseline": before, "worsePercent": round(drop, 3)}
    if drop <= max_drop_percent:
        return report, []
    return report, [f"{metric} is {reached[metric]:.4f}, {drop:.1f} % worse than the {before:.4f} of its evaluation"]


def bias(
    problem: Problem,
    rows: pd.DataFrame,
    predicted: np.ndarray,
    columns: Sequence[str],
    max_increase: float,
    baseline: Mapping[str, Any],
) -> tuple[dict[str, Any], list[str]]:
    """Whether answers to groups of a column lie further apart than when the version was judged, label or no label."""
    report: dict[str, Any] = {}
    problems: list[str] = []
    for column in columns:
        before = baseline.get("groups", {}).get(column)
        if before is None or column not in rows:
            where = "its evaluation" if before is None else "traffic"
            problems.append(f"bias by {column} was not measured: {where} has no such column")
            continue
        live = {
            name: {"rows": int(within.sum()), "predicted": problem.answered(predicted[within])}
            for name, within in groups_of(rows[column])
        }
        now, then = gaps(problem, live, before, "predicted", baseline)
        report[column] = {"groups": live, "gap": now, "baseline": then}
        if now is not None and then is not None and now - then > max_increase:
            problems.append(f"groups of {column} are {now:.3f} apart, {then:.3f} when the version was judged")
    return report, problems


def errors(
    problem: Problem,
    rows: pd.DataFrame,
    truth: np.ndarray,
    predicted: np.ndarray,
    columns: Sequence[str],
    max_increase: float,
    baseline: Mapping[str, Any],
) -> tuple[dict[str, Any], list[str]]:
    """Whether a regression errs to one side in one group, and not in another, more than when the version was judged. Needs labels."""
    report: dict[str, Any] = {}
    problems: list[str] = []
    if problem.problem_type != REGRESSION:
        return report, problems
    for column in columns:
        before = baseline.get("groups", {}).get(column)
        if before is None or column not in rows:
            continue
        live = {
            name: {"rows": int(within.sum()), **problem.group(truth[within], predicted[within])}
            for name, within in groups_of(rows[column])
        }
        now, then = gaps(problem, live, before, "mean_error", baseline)
        report[column] = {"groups": live, "gap": now, "baseline": then}
        if now is not None and then is not None and now - then > max_increase:
            problems.append(
                f"mean errors of groups of {column} are {now:.3f} apart, {then:.3f} when the version was judged"
            )
    return report, problems


def groups_of(values: pd.Series) -> Iterator[tuple[str, np.ndarray]]:
    """Each group that is large enough, and which rows are in it."""
    named = values.map(lambda value: "missing" if value is None or pd.isna(value) else str(value))
    for name in named.unique():
        within = (named == name).to_numpy()
        if within.sum() >= MIN_ROWS_OF_GROUP:
            yield name, within


def gaps(
    problem: Problem,
    live: Mapping[str, Mapping[str, Any]],
    before: Mapping[str, Mapping[str, Any]],
    measure: str,
    baseline: Mapping[str, Any],
) -> tuple[float | None, float | None]:
    """Now and then, of the groups that are large enough on both sides."""
    both = sorted(name for name in live if before.get(name, {}).get("rows", 0) >= MIN_ROWS_OF_GROUP)
    now, then = (problem.gap([side[name][measure] for name in both], baseline) for side in (live, before))
    return now, then


def explainability(answers: Any, min_ndcg: float, baseline: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Whether features matter in the order in which they did: nDCG, which is 1 for the same order.

    https://docs.aws.amazon.com/sagemaker/latest/dg/clarify-model-monitor-feature-attribution-drift.html
    """
    live, before = shares(answers), baseline.get("contributions")
    if live is None or not before:
        whose = "answers do" if live is None else "its evaluation does"
        return {}, [f"explainability was not measured: {whose} not say what each feature added"]
    found = round(ndcg(live, before), 6)
    report = {"shares": live, "baseline": before, "ndcg": found}
    if found >= min_ndcg:
        return report, []
    return report, [f"features matter in another order: nDCG {found:.3f}, least {min_ndcg}"]


def ndcg(live: Mapping[str, float], before: Mapping[str, float]) -> float:
    def gain(order: Sequence[str]) -> float:
        return sum(before.get(name, 0.0) / math.log2(place + 2) for place, name in enumerate(order))

    best = gain(sorted(before, key=lambda name: -before[name]))
    return gain(sorted({*live, *before}, key=lambda name: (-live.get(name, 0.0), name))) / best if best > 0 else 1.0
