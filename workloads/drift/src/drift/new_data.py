"""How far rows that are to be trained on have moved from those that a live version was trained on."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from drift.baselines import Baselines
from drift.comparison import all_compared
from mlplatform.baseline import IGNORED, PREDICTIONS, Baseline
from mlplatform.registry import incumbent
from mlplatform.training_gate import drifted


@dataclass(frozen=True)
class Moved:
    """By column, the target among them where the baseline has it."""

    drift: dict[str, float]
    #: What chance alone reaches with so many rows, of which nothing is said.
    drift_by_chance: dict[str, float]
    #: Columns that neither are passed over nor could be compared, the target among them.
    not_compared: tuple[str, ...]

    def reasons(self, most: float) -> list[str]:
        """Why they are too far away, in the words of the gate; nothing where they are not."""
        return drifted(most, self.drift, self.drift_by_chance)

    def unchanged(self, least: float) -> bool:
        """Whether no column has moved so far. What was not compared, a target among it, may have."""
        return not self.not_compared and all(
            psi < max(least, self.drift_by_chance[name]) for name, psi in self.drift.items()
        )


def moved(baseline: Baseline, rows: Mapping[str, Iterable[Any]], ignored: Collection[str] = ()) -> Moved:
    """
    @param rows a DataFrame, or values by column, with the target
    @param ignored columns that are not compared, beside those that the baseline leaves out
    """
    known = {**baseline.features, **baseline.target}
    columns = {name: column for name, column in known.items() if name in rows and name not in ignored}
    found = all_compared(columns, lambda name: rows[name])
    # Answers are no columns of what is trained on.
    left_out = [name for name, why in baseline.left_out.items() if why != IGNORED and not name.startswith(PREDICTIONS)]
    missed = [name for name in (*known, *left_out) if name not in columns and name not in ignored]
    return Moved(
        {name: psi for name, (psi, _) in found.items()},
        {name: chance for name, (_, chance) in found.items()},
        tuple(missed if any(name in columns for name in baseline.target) else [*missed, "the target"]),
    )


def since_live(model: str, rows: Mapping[str, Iterable[Any]], ignored: Collection[str] = ()) -> Moved | None:
    """The same from a notebook, of the version that a new one has to beat; None where none is live.

    @raises drift.baselines.BaselineMissing where that version has no baseline
    """
    live = incumbent(model)
    if live is None:
        return None
    return moved(Baselines().of(model, f"models:/{model}/{live.version}", str(live.version)), rows, ignored)
