"""Whether a candidate is good enough to go live. Pure: numbers in, a verdict with its reasons out."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from mlplatform.problems import higher_is_better


@dataclass(frozen=True)
class Rule:
    """What one metric has to reach."""

    metric: str
    #: Without it as `metrics.json` says of the metric, and true of one that is not there.
    higher_is_better: bool | None = None
    #: By how much the candidate must beat the simple model that anyone could have made.
    beat_baseline_by: float = 0.0
    #: How much worse than the live version it may be: the noise of the evaluation.
    worse_than_champion_by: float = 0.0
    #: Absolute bound, whatever the others reach.
    bound: float | None = None

    def __post_init__(self) -> None:
        if self.higher_is_better is None:
            object.__setattr__(self, "higher_is_better", higher_is_better(self.metric))


@dataclass(frozen=True)
class Verdict:
    passed: bool
    #: One sentence for each rule that was broken.
    reasons: tuple[str, ...] = ()
    #: What was compared.
    metrics: dict[str, dict[str, float]] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def gate(
    rules: list[Rule],
    candidate: Mapping[str, float],
    baseline: Mapping[str, float],
    champion: Mapping[str, float] | None = None,
) -> Verdict:
    """Judges by metrics that were measured on the same rows. Without a champion only the baseline has to be beaten.

    @raises ValueError without a rule: a gate that asks nothing lets everything pass
    """
    if not rules:
        raise ValueError("a gate needs at least one rule")
    reasons = [reason for rule in rules for reason in _broken(rule, candidate, baseline, champion)]
    metrics = {"candidate": dict(candidate), "baseline": dict(baseline)}
    if champion is not None:
        metrics["champion"] = dict(champion)
    return Verdict(not reasons, tuple(reasons), metrics)


def _broken(
    rule: Rule,
    candidate: Mapping[str, float],
    baseline: Mapping[str, float],
    champion: Mapping[str, float] | None,
) -> list[str]:
    sign = 1 if rule.higher_is_better else -1
    value = candidate.get(rule.metric, math.nan)
    if not math.isfinite(value):
        return [f"{rule.metric} was not measured"]
    reasons = []
    side = "at least" if rule.higher_is_better else "at most"

    def demand(least: float, why: str) -> None:
        if not math.isfinite(least):
            reasons.append(f"{rule.metric} of the other side was not measured, so {why} cannot be judged")
        elif sign * value < sign * least - 1e-12:
            reasons.append(f"{rule.metric} is {value:.4f}, {side} {least:.4f} is asked: {why}")

    demand(baseline.get(rule.metric, math.nan) + sign * rule.beat_baseline_by, "the baseline and its margin")
    if champion is not None:
        demand(champion.get(rule.metric, math.nan) - sign * rule.worse_than_champion_by, "what is live")
    if rule.bound is not None:
        demand(rule.bound, "the bound of the rule")
    return reasons
