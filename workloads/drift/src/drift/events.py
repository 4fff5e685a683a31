"""Tells that a model drifts or has decayed, on Amazon EventBridge, where training may be started by it."""

from __future__ import annotations

import json
from typing import Any, Protocol

from drift import aws
from drift.check import Report
from drift.quality.decay import Bound
from drift.quality.series import Series

SOURCE = "mlplatform.drift"
DETAIL_TYPE = "Drift detected"
DECAYED = "Quality decayed"
#: An event holds 256 KiB, and who reads it wants the largest.
MOST_NAMED = 20


class NotTaken(RuntimeError):
    """EventBridge did not take the event, and says why."""


class TellsDrift(Protocol):
    def tell(self, report: Report) -> None:
        """@raises whatever keeps it from being told: then it is told again"""
        ...

    def tell_decay(self, model: str, series: Series, bound: Bound) -> None:
        """@raises whatever keeps it from being told: then it is told again"""
        ...


class EventBus:
    """One bus, for the models of one stack."""

    def __init__(self, bus: str, stack: str, client: Any = None) -> None:
        self._bus = bus
        self._stack = stack
        self._client = aws.client("events") if client is None else client

    def tell(self, report: Report) -> None:
        """@raises NotTaken when EventBridge refuses; botocore's errors when it does not answer"""
        self._put(DETAIL_TYPE, detail(self._stack, report))

    def tell_decay(self, model: str, series: Series, bound: Bound) -> None:
        """@raises as `tell`"""
        self._put(DECAYED, decayed(self._stack, model, series, bound))

    def _put(self, detail_type: str, about: dict[str, Any]) -> None:
        entry = {
            "Source": SOURCE,
            "DetailType": detail_type,
            "Detail": json.dumps(about),
            "EventBusName": self._bus,
        }
        answer = self._client.put_events(Entries=[entry])
        if answer["FailedEntryCount"]:
            failed = answer["Entries"][0]
            raise NotTaken(f"{failed.get('ErrorCode')}: {failed.get('ErrorMessage')}")


def detail(stack: str, report: Report) -> dict[str, Any]:
    """What moved, the furthest first, and how far the furthest has."""
    body = report.body
    moved = {name: body[kind][feature]["psi"] for name in body["drifted"] for kind, feature in [name.split(".", 1)]}
    names = sorted(moved, key=lambda name: -moved[name])
    return {
        "stack": stack,
        "model": body["model"],
        "version": body["version"],
        "psi": max(moved.values()),
        "drifted": names[:MOST_NAMED],
        "until": body["until"],
    }


def decayed(stack: str, model: str, series: Series, bound: Bound) -> dict[str, Any]:
    """What the last of the bad looks has measured."""
    judged, last = series.judged(bound), series.last
    found = {} if judged is None else {"metric": judged.metric, "value": judged.value, "limit": judged.limit}
    return {
        "stack": stack,
        "model": model,
        "version": series.decay.version,
        "windows": series.decay.bad,
        **found,
        "until": None if last is None else last.body.get("end"),
    }
