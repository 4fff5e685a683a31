"""Which models are watched: a JSON file that may change while the monitor runs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from drift.quality.decay import Bound


class ConfigurationError(ValueError):
    """The file cannot be used; says where it is wrong."""


@dataclass(frozen=True)
class Quality:
    """How a model's labelled answers are judged, look by look."""

    #: Between two looks.
    every: timedelta
    #: What the latest look is told by.
    bound: Bound
    #: What bad looks in a row are counted by.
    decay: Bound
    windows: int
    #: Whether so many in a row start a training.
    starts: bool

    @property
    def patience(self) -> timedelta:
        """After which a look is missed, as alerts have it, and the next window is in no row with the last one: two may be missing."""
        return 2 * self.every + timedelta(hours=1)


@dataclass(frozen=True)
class Watched:
    name: str
    #: Where the model comes from, as the stack's config has it.
    source: str
    max_psi: float
    every: timedelta
    #: Columns that are not compared.
    ignored: tuple[str, ...] = ()
    #: None where no look judges labelled answers.
    quality: Quality | None = None


@dataclass(frozen=True)
class Events:
    #: Name of the bus on Amazon EventBridge.
    bus: str
    #: Whose models they are: rules of several stacks may listen to one bus.
    stack: str


@dataclass(frozen=True)
class CloudWatch:
    namespace: str
    stack: str


@dataclass(frozen=True)
class Configuration:
    #: One prefix for all models; the model's name comes below it.
    samples: str
    reports: str
    models: tuple[Watched, ...]
    #: Where drift is told as an event; None where nothing waits for it.
    events: Events | None = None
    #: Where looks at live answers leave their reports, by model.
    looks: str = ""
    #: Where the series of quality is kept too; None where there is none.
    cloud_watch: CloudWatch | None = None

    def model(self, name: str) -> Watched:
        for each in self.models:
            if each.name == name:
                return each
        known = ", ".join(each.name for each in self.models) or "none"
        raise ConfigurationError(f"no model {name!r} is watched, only: {known}")


def load(path: Path) -> Configuration:
    try:
        given = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{path}: {error}") from error
    try:
        models = tuple(_watched(each) for each in given["models"])
        events = given.get("events")
        told = None if events is None else Events(str(events["bus"]), str(events["stack"]))
        cloud = given.get("cloudWatch")
        kept = None if cloud is None else CloudWatch(str(cloud["namespace"]), str(cloud["stack"]))
        samples, reports, looks = (str(given.get(name, "")).rstrip("/") for name in ("samples", "reports", "looks"))
        if not samples or not reports:
            raise ValueError("samples and reports are URIs")
        return Configuration(samples, reports, models, told, looks, kept)
    except (KeyError, TypeError, ValueError) as error:
        raise ConfigurationError(f"{path}: {error!r}") from error


def _watched(given: dict[str, Any]) -> Watched:
    drift = given["drift"]
    max_psi, hours = float(drift["maxPsi"]), float(drift["everyHours"])
    if max_psi <= 0 or hours <= 0:
        raise ValueError(f"model {given['name']!r}: maxPsi and everyHours are above zero")
    every = timedelta(hours=hours)
    left_out = ignored(drift.get("columns", {}))
    return Watched(str(given["name"]), str(given["from"]), max_psi, every, left_out, _quality(given.get("quality")))


def _quality(given: dict[str, Any] | None) -> Quality | None:
    if given is None:
        return None
    hours, drop = float(given["everyHours"]), float(given["maxDropPercent"])
    bound = Bound(given.get("metric"), None, drop)
    every, decay = timedelta(hours=hours), given.get("decay")
    if decay is None:
        return Quality(every, bound, bound, 1, starts=False)
    threshold = decay.get("threshold")
    counted = Bound(decay.get("metric", bound.metric), None if threshold is None else float(threshold), drop)
    return Quality(every, bound, counted, int(decay["windows"]), starts=True)


def ignored(columns: Mapping[str, str]) -> tuple[str, ...]:
    """Those of `drift.columns` of a stack that are not compared."""
    return tuple(str(name) for name, said in columns.items() if said == "ignore")
