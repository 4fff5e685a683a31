"""The gate of a model's `training` block, over the report of an evaluation. Pure: settings and numbers in, a verdict out.

`functions/trainingGate/judge.ts` says the same in the same words, where AWS Step Functions ask; a table of cases holds them together.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from mlplatform.gate import Verdict
from mlplatform.problems import MAXIMIZE, MINIMIZE

#: A report names every feature; a message that names hundreds is not read.
MOST_NAMED = 10


def read_report(text: str | bytes) -> Any:
    """The report of an evaluation. NaN and infinity, which are no JSON and which Python writes, were not measured.

    @raises ValueError when it is no JSON
    """
    return json.loads(text, parse_constant=lambda _: None)


def judge(gate: Mapping[str, Any], report: Any, checks: Sequence[str] = ()) -> Verdict:
    """Judges the report of an evaluation. What was not measured does not pass.

    @param gate `metric`, `direction`, `atLeast`, `atMost`, `beatChampion`, `maxDriftPsi`, as in the stack's config
    @param checks beside the metric, as `evaluate` was asked for them: their answers are in the report
    @param report `rows`, and by name: `candidate`, `champion` (null where nothing is live), `drift`
    @raises ValueError where the gate asks nothing: it would let everything pass; for a direction that is none
    """
    if gate.get("direction") not in (None, MAXIMIZE, MINIMIZE):
        raise ValueError(f"gate.direction: {gate['direction']!r}; allowed: {MAXIMIZE}, {MINIMIZE}, or nothing")
    if all(gate.get(name) is None for name in ("atLeast", "atMost", "maxDriftPsi")) and not gate.get("beatChampion"):
        raise ValueError("a gate needs atLeast, atMost, beatChampion or maxDriftPsi: this one asks nothing")
    given = report if isinstance(report, Mapping) else {}
    reasons: list[str] = []
    rows = _measured(given, "rows")
    if rows is None:
        reasons.append("the report does not say how many rows it was measured on")
    elif rows < 1:
        reasons.append("it was measured on no rows")
    metric = gate["metric"]
    value = _measured(given.get("candidate"), metric)
    if value is None:
        reasons.append(f"{metric} was not measured")
    else:
        reasons += [*_broken(gate, value), *_not_better(gate, value, given)]
    if gate.get("maxDriftPsi") is not None:
        reasons += drifted(gate["maxDriftPsi"], given.get("drift"), given.get("drift_by_chance"))
    reasons += _failed(checks, given.get("checks"))
    return Verdict(not reasons, tuple(reasons), _numbers(given))


def _failed(asked: Sequence[str], answers: Any) -> list[str]:
    """Of each check that blocks why it failed. One that was not made did not pass."""
    known = [each for each in answers if isinstance(each, Mapping)] if isinstance(answers, list) else []
    reasons = []
    for check in asked:
        found = [each for each in known if each.get("asked") == check]
        if "effect=warn" in check.split(","):
            continue
        if not found:
            reasons.append(f"the check {check} was not made")
        for each in found:
            if each.get("passed") is not True:
                reasons.append(str(each.get("reason") or f"{each.get('name')} did not pass"))
    return reasons


def _broken(gate: Mapping[str, Any], value: float) -> list[str]:
    metric, least, most = gate["metric"], gate.get("atLeast"), gate.get("atMost")
    reasons = []
    if least is not None and value < least:
        reasons.append(f"{metric} is {value:.4f}, at least {least:.4f} is asked")
    if most is not None and value > most:
        reasons.append(f"{metric} is {value:.4f}, at most {most:.4f} is asked")
    return reasons


def less_is_better(gate: Mapping[str, Any]) -> bool:
    """Where the gate does not say, less is better of a metric that only has an upper bound; of every other, more is."""
    if gate.get("direction") is None:
        return gate.get("atMost") is not None and gate.get("atLeast") is None
    return gate["direction"] == MINIMIZE


def _not_better(gate: Mapping[str, Any], value: float, report: Mapping[str, Any]) -> list[str]:
    metric = gate["metric"]
    if not gate.get("beatChampion"):
        return []
    if "champion" not in report:
        return ["the report does not say whether a version is live"]
    if report["champion"] is None:
        return []
    live = _measured(report["champion"], metric)
    if live is None:
        return [f"{metric} of the live version was not measured on these rows, so it is not beaten"]
    less = less_is_better(gate)
    if value < live if less else value > live:
        return []
    asked = "less than" if less else "more than"
    return [f"{metric} is {value:.4f}, {asked} {live:.4f} is asked: the live version has that"]


def drifted(most: float, drift: Any, chance: Any) -> list[str]:
    """What chance alone reaches with so few rows is no drift."""
    if not isinstance(drift, Mapping) or not drift:
        return ["drift was not measured"]
    reasons = []
    for feature in sorted(drift):
        psi = _measured(drift, feature)
        if psi is None:
            reasons.append(f"drift of {feature} was not measured")
        elif psi > (allowed := max(most, _measured(chance, feature) or 0.0)):
            reasons.append(f"drift of {feature} is {psi:.4f}, at most {allowed:.4f} is allowed")
    rest = len(reasons) - MOST_NAMED
    return [*reasons[:MOST_NAMED], f"and {rest} more features like that"] if rest > 0 else reasons


def _measured(metrics: Any, name: str) -> float | None:
    value = metrics.get(name) if isinstance(metrics, Mapping) else None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return None
    return value


def _numbers(report: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """What is a number, by side."""
    sides = {side: report.get(side) for side in ("candidate", "champion")}
    return {
        side: {name: value for name in metrics if (value := _measured(metrics, name)) is not None}
        for side, metrics in sides.items()
        if isinstance(metrics, Mapping)
    }
