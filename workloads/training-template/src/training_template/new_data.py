"""Whether rows that are to be trained on have moved from those of the live version: asked before a training is paid for."""

from __future__ import annotations

import tempfile
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from mlplatform.baseline import FILE_NAME, Baseline, BaselineError
from training_template.hyperparameters import Unusable
from training_template.package import unpacked
from training_template.paths import Paths


@dataclass(frozen=True)
class Limits:
    """What a stack says under `training.dataDrift`."""

    #: Population stability index of a column that is too much.
    most: float | None = None
    #: Index that a column has to reach for a training to be worth it.
    least: float | None = None
    #: Whether too much keeps a training from being begun, or is only told.
    blocks: bool = True
    ignored: Collection[str] = ()

    @property
    def asked(self) -> bool:
        return self.most is not None or self.least is not None


def compared_with_live(paths: Paths, rows: pd.DataFrame, limits: Limits) -> dict[str, Any]:
    """For the report of `validate`: the index of each column, what chance reaches, and what of it is too much.

    Where no version is live nothing is compared. Where one is that cannot be compared with, that is told as too much would be.
    """
    nothing = {"drift": None, "drift_by_chance": None, "drifted": [], "unchanged": False}
    given = paths.processing("champion")
    if not given.is_dir() or not any(given.iterdir()):
        return nothing
    from drift.new_data import moved  # It brings SciPy and MLflow.

    try:
        baseline = live_baseline(given)
    except (Unusable, BaselineError) as error:
        why = f"the rows cannot be compared with those of the live version: {error}"
        return {**nothing, "drifted": [] if limits.most is None else [why]}
    found = moved(baseline, rows, limits.ignored)
    return {
        "drift": found.drift,
        "drift_by_chance": found.drift_by_chance,
        "drifted": [] if limits.most is None else found.reasons(limits.most),
        "unchanged": limits.least is not None and found.unchanged(limits.least),
    }


def live_baseline(package: Path) -> Baseline:
    """@raises Unusable, BaselineError where the live version has none that can be read"""
    with tempfile.TemporaryDirectory() as scratch:
        file = unpacked(package, Path(scratch)) / FILE_NAME
        if not file.is_file():
            raise Unusable(f"it has no {FILE_NAME}")
        return Baseline.from_json(file.read_text(encoding="utf-8"))
