"""Which models are watched: a JSON file that may change while the monitor runs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any


class ConfigurationError(ValueError):
    """The file cannot be used; says where it is wrong."""


@dataclass(frozen=True)
class Watched:
    name: str
    #: Where the model comes from, as the stack's config has it.
    source: str
    max_psi: float
    every: timedelta
    #: Columns that are not compared.
    ignored: tuple[str, ...] = ()


@dataclass(frozen=True)
class Events:
    #: Name of the bus on Amazon EventBridge.
    bus: str
    #: Whose models they are: rules of several stacks may listen to one bus.
    stack: str


@dataclass(frozen=True)
class Configuration:
    #: One prefix for all models; the model's name comes below it.
    samples: str
    reports: str
    models: tuple[Watched, ...]
    #: Where drift is told as an event; None where nothing waits for it.
    events: Events | None = None

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
        return Configuration(str(given["samples"]).rstrip("/"), str(given["reports"]).rstrip("/"), models, told)
    except (KeyError, TypeError, ValueError) as error:
        raise ConfigurationError(f"{path}: {error!r}") from error


def _watched(given: dict[str, Any]) -> Watched:
    drift = given["drift"]
    max_psi, hours = float(drift["maxPsi"]), float(drift["everyHours"])
    if max_psi <= 0 or hours <= 0:
        raise ValueError(f"model {given['name']!r}: maxPsi and everyHours are above zero")
    every = timedelta(hours=hours)
    return Watched(str(given["name"]), str(given["from"]), max_psi, every, ignored(drift.get("columns", {})))


def ignored(columns: Mapping[str, str]) -> tuple[str, ...]:
    """Those of `drift.columns` of a stack that are not compared."""
    return tuple(str(name) for name, said in columns.items() if said == "ignore")
