"""The checks of a gate beside its metric, each with what it found, over the report of an evaluation. Pure.

`evaluate` makes them and keeps the answers in its report; a gate lets nothing pass of which one that blocks was not made, or failed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mlplatform.problems import higher_is_better

KINDS = ("metric", "fairness", "latency", "size")
EFFECTS = ("block", "warn")
#: Rows that a group needs to be compared: of fewer a share is mostly chance.
MIN_ROWS_OF_GROUP = 30


@dataclass(frozen=True)
class Check:
    #: As it was asked for, by which the gate finds the answer.
    asked: str
    kind: str
    values: Mapping[str, str]

    @property
    def effect(self) -> str:
        return self.values.get("effect", "block")

    def number(self, name: str) -> float | None:
        return None if name not in self.values else float(self.values[name])


@dataclass(frozen=True)
class Answer:
    name: str
    value: float | None
    #: In words, such as `at most 0.5`.
    bound: str
    #: Why it failed; None where it passed.
    reason: str | None


def parse(text: str) -> Check:
    """@param text `kind=metric,metric=log_loss,atMost=0.5,effect=warn`, as the stack's settings are told to `evaluate`
    @raises ValueError for what is no such check
    """
    values = dict(pair.partition("=")[::2] for pair in text.split(","))
    kind = values.pop("kind", "")
    if kind not in KINDS or values.get("effect", "block") not in EFFECTS:
        raise ValueError(f"check {text!r}: kind is one of {', '.join(KINDS)}, effect one of {', '.join(EFFECTS)}")
    for name in BOUNDS[kind]:
        if name in values and not math.isfinite(float(values[name])):
            raise ValueError(f"check {text!r}: {name} is a number")
    if not any(name in values for name in BOUNDS[kind]) and "beatChampion" not in values:
        raise ValueError(f"check {text!r}: asks nothing; it needs one of {', '.join(BOUNDS[kind])}")
    return Check(text, kind, values)


BOUNDS = {
    "metric": ("atLeast", "atMost"),
    "fairness": ("maxDifference", "minRatio"),
    "latency": ("maxP99Millis",),
    "size": ("maxMiB",),
}


def made(checks: Sequence[Check], report: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Each check with its answers, as the report keeps it."""
    return [
        {
            "asked": check.asked,
            "name": answer.name,
            "effect": check.effect,
            "passed": answer.reason is None,
            "value": answer.value,
            "bound": answer.bound,
            **({} if answer.reason is None else {"reason": answer.reason}),
        }
        for check in checks
        for answer in ANSWERS[check.kind](check, report)
    ]


def _metric(check: Check, report: Mapping[str, Any]) -> Iterator[Answer]:
    name = check.values["metric"]
    value = _number(report.get("candidate"), name)
    yield from _bounded(check, name, value, (("atLeast", True), ("atMost", False)))
    if check.values.get("beatChampion") != "true":
        return
    beside = f"{name} beside the live version"
    if report.get("champion", value) is None:
        yield Answer(beside, value, "any: no version is live", None)
        return
    live = _number(report.get("champion"), name)
    more = check.values.get("direction", "maximize" if higher_is_better(name) else "minimize") == "maximize"
    bound = f"{'more' if more else 'less'} than {_shown(live)}, which the live version has,"
    better = value is not None and live is not None and (value > live if more else value < live)
    yield Answer(beside, value, bound, None if better else _why(beside, value, bound))


def _fairness(check: Check, report: Mapping[str, Any]) -> Iterator[Answer]:
    column, measure = check.values["column"], check.values["measure"]
    groups = ((report.get("groups") or {}).get(column) or {}).values()
    large = [group.get(measure) for group in groups if (_number(group, "rows") or 0) >= MIN_ROWS_OF_GROUP]
    by_class = [each if isinstance(each, Mapping) else {"": each} for each in large]
    classes = by_class[0].keys() if len(by_class) > 1 else ()
    sides = [[_number(each, name) for each in by_class] for name in classes]
    known = bool(sides) and all(value is not None for side in sides for value in side)
    said = f"{measure} by {column}"
    if "maxDifference" in check.values:
        apart = max(max(side) - min(side) for side in sides) if known else None
        yield from _bounded(check, f"difference of {said}", apart, (("maxDifference", False),))
    if "minRatio" in check.values:
        yield from _bounded(
            check, f"ratio of {said}", min(map(_ratio, sides)) if known else None, (("minRatio", True),)
        )


def _ratio(side: Sequence[Any]) -> float:
    """Of the least to the most; 1 where nobody gets anything. Of numbers below zero there is none."""
    if min(side) < 0:
        return math.nan
    return min(side) / max(side) if max(side) > 0 else 1.0


def _latency(check: Check, report: Mapping[str, Any]) -> Iterator[Answer]:
    value = _number(report.get("serving"), "p99_millis")
    yield from _bounded(check, "p99 of one row in ms", value, (("maxP99Millis", False),))


def _size(check: Check, report: Mapping[str, Any]) -> Iterator[Answer]:
    value = _number(report.get("serving"), "size_mib")
    yield from _bounded(check, "size of the model in MiB", value, (("maxMiB", False),))


ANSWERS = {"metric": _metric, "fairness": _fairness, "latency": _latency, "size": _size}


def _bounded(check: Check, name: str, value: float | None, bounds: Sequence[tuple[str, bool]]) -> Iterator[Answer]:
    """@param bounds names of numbers of the check, and whether each is the least"""
    for key, least in bounds:
        limit = check.number(key)
        if limit is None:
            continue
        bound = f"at {'least' if least else 'most'} {_shown(limit)}"
        known = value is not None and math.isfinite(value)
        holds = known and (value >= limit if least else value <= limit)  # type: ignore[operator]
        yield Answer(
            name, value if known else None, bound, None if holds else _why(name, value if known else None, bound)
        )


def _why(name: str, value: float | None, bound: str) -> str:
    return f"{name} was not measured" if value is None else f"{name} is {_shown(value)}, {bound} is asked"


def _shown(value: float | None) -> str:
    return "not measured" if value is None else f"{value:.4f}"


def _number(values: Any, name: str) -> float | None:
    value = values.get(name) if isinstance(values, Mapping) else None
    known = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if known else None
