"""What a model was trained on, as counts: written in training, compared with live input by the drift check.

Both sides count with the same bins, which are kept here. Numbers are compared at float32 precision, the least that a
model's signature may have, so that a value which lost digits on its way falls into the bin that it was trained in.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import numpy as np

from mlplatform.baseline_counts import UNKNOWN, BaselineError, Counts
from mlplatform.category_column import CategoryColumn
from mlplatform.numeric_column import NumericColumn
from mlplatform.recurrence import MOMENTS, why_not_recurring
from mlplatform.tables.values import category_of, is_missing

__all__ = [
    "FILE_NAME",
    "IGNORED",
    "PREDICTIONS",
    "Baseline",
    "BaselineError",
    "CategoryColumn",
    "Column",
    "Counts",
    "NumericColumn",
    "category_of",
    "is_missing",
]

FORMAT = "mlplatform.drift-baseline/1"
FILE_NAME = "drift_baseline.json"

#: Reason of a column that its project does not want compared, and what stands before a prediction's name, both in `left_out`.
IGNORED = "it is declared as one to ignore"
PREDICTIONS = "predictions."

#: What can be said of a column.
DECLARED = ("ignore", "compare")

Column = NumericColumn | CategoryColumn


@dataclass(frozen=True)
class Baseline:
    """Columns of the training data, and what the model answers on data that it was not fitted on."""

    rows: int
    features: dict[str, Column]
    predictions: dict[str, Column]
    #: Columns that are not compared, each with the reason; of predictions with `predictions.` before the name.
    left_out: dict[str, str]
    #: All columns of the training data in their order, for requests that say values without names. Empty: not known.
    columns: tuple[str, ...] = ()
    #: What the model has learnt to say, which a training set has and requests lack: one column by its name, or none.
    target: dict[str, Column] = field(default_factory=dict)

    @staticmethod
    def of(
        inputs: Mapping[str, Any],
        predictions: Any,
        categorical: Iterable[str] = (),
        answers_are_classes: bool = False,
        columns: Mapping[str, str] | None = None,
    ) -> Baseline:
        """
        @param inputs a DataFrame, or values by column
        @param predictions what the model's `predict` gives: values, a table of them, or values by name
        @param categorical columns of numbers that are codes
        @param answers_are_classes whether numbers that the model answers are names of classes; text and truth values always are
        @param columns what is known of columns: `ignore` leaves one out, `compare` compares one that looks as if its values could
            not come again
        """
        codes, declared = set(categorical), dict(columns or {})
        names = [str(name) for name in inputs.keys()]  # noqa: SIM118 pandas' tables have no order of their own otherwise
        unknown = (codes | set(declared)) - set(names)
        if unknown:
            raise BaselineError(f"no column is named {', '.join(sorted(unknown))}")
        wrong = sorted(f"{name}: {said!r}" for name, said in declared.items() if said not in DECLARED)
        if wrong:
            raise BaselineError(f"columns can be declared as {' or '.join(DECLARED)}, not {', '.join(wrong)}")
        features: dict[str, Column] = {}
        left_out: dict[str, str] = {}
        rows = 0
        for name, values in inputs.items():
            rows, name = len(values), str(name)
            try:
                if names.count(name) > 1:
                    raise BaselineError("several columns have this name")
                if declared.get(name) == "ignore":
                    raise BaselineError(IGNORED)
                features[name] = _column(name, values, name in codes, declared.get(name) != "compare")
            except BaselineError as error:
                left_out[name] = str(error)
        if all(reason == UNKNOWN for reason in left_out.values()) and not features:
            raise BaselineError("there is no column to compare")
        answers: dict[str, Column] = {}
        for name, values in by_output(predictions).items():
            try:
                # Numbers are answers, whatever they look like; text that never comes twice is no class.
                said = any(isinstance(value, str) for value in values)
                answers[name] = _column(name, values, answers_are_classes, must_recur=said)
            except BaselineError as error:
                left_out[f"{PREDICTIONS}{name}"] = str(error)
        return Baseline(rows, features, answers, left_out, tuple(names))

    def with_target(self, name: str, values: Any) -> Baseline:
        """Beside what was asked the answers that were learnt from, so that a new training set can be compared with them.

        @raises BaselineError where they cannot be counted
        """
        try:
            return replace(self, target={name: _column(name, values, is_code=False, must_recur=False)})
        except BaselineError as error:
            raise BaselineError(f"column {name!r}: {error}") from error

    def named(self, row: Mapping[str, Any]) -> Mapping[str, Any]:
        """The row by the names of the training data, where it has places for names: `0`, `1` and so on, as of arrays."""
        if not self.columns or len(row) != len(self.columns) or any(name in row for name in self.features):
            return row
        places = [str(place) for place in range(len(self.columns))]
        if set(map(str, row)) != set(places):
            return row
        return {name: row[place] for name, place in zip(self.columns, places, strict=True)}

    def to_json(self) -> str:
        columns = lambda kind: {name: column.to_dict() for name, column in kind.items()}  # noqa: E731
        return json.dumps(
            {
                "format": FORMAT,
                "rows": self.rows,
                "features": columns(self.features),
                "predictions": columns(self.predictions),
                "leftOut": self.left_out,
                "columns": list(self.columns),
                **({"target": columns(self.target)} if self.target else {}),
            },
            allow_nan=False,
        )

    @staticmethod
    def from_json(text: str | bytes) -> Baseline:
        """@raises BaselineError which names what is wrong, and where"""
        try:
            given = json.loads(text)
            found = given["format"]
        except (ValueError, TypeError, KeyError) as error:
            raise BaselineError("this is no drift baseline: it is not JSON with a `format`") from error
        if found != FORMAT:
            raise BaselineError(f"its format is {found!r}; this program reads {FORMAT!r}")
        try:
            columns = lambda kind: {name: _read(name, column) for name, column in given[kind].items()}  # noqa: E731
            order = tuple(str(name) for name in given.get("columns", ()))
            target = columns("target") if "target" in given else {}
            return Baseline(
                int(given["rows"]), columns("features"), columns("predictions"), dict(given["leftOut"]), order, target
            )
        except (KeyError, AttributeError, TypeError, ValueError) as error:
            if isinstance(error, BaselineError):
                raise
            raise BaselineError(f"it is incomplete: {error!r}") from error


def by_output(predictions: Any) -> dict[str, Sequence[Any]]:
    """Answers by name: `prediction` where there is one for a row, else the name or the place of each."""
    if hasattr(predictions, "columns"):
        # By place: two columns of one name are two.
        names = [str(name) for name in predictions.columns]
        return {_other(name, names[:at]): list(predictions.iloc[:, at]) for at, name in enumerate(names)}
    if isinstance(predictions, Mapping):
        return {str(name): list(values) for name, values in predictions.items()}
    values = list(predictions)
    if values and all(isinstance(value, Mapping) for value in values):
        names = list(dict.fromkeys(str(name) for value in values for name in value))
        return {name: [value.get(name) for value in values] for name in names}
    if hasattr(predictions, "ndim"):
        array = np.asarray(predictions)
    else:
        widths = {len(value) if isinstance(value, (list, tuple, np.ndarray)) else -1 for value in values}
        if len(widths) > 1:  # Rows of several lengths are no table.
            return {"prediction": values}
        array = np.asarray(values)
    if array.ndim == 1:
        return {"prediction": array.tolist()}
    if array.ndim == 2:
        return {str(place): array[:, place].tolist() for place in range(array.shape[1])}
    raise BaselineError(f"predictions have {array.ndim} dimensions; values or a table are understood")


def _other(name: str, taken: Sequence[str]) -> str:
    return f"{name}.{taken.count(name)}" if name in taken else name


def _column(name: str, values: Any, is_code: bool, must_recur: bool) -> Column:
    kind = getattr(getattr(values, "dtype", None), "kind", None)
    if kind in ("M", "m"):
        raise BaselineError(MOMENTS)
    given = list(values)
    known = [value for value in given if not is_missing(value)]
    if not known:
        raise BaselineError(UNKNOWN)
    if any(isinstance(value, (list, tuple, dict, set, bytes, np.ndarray)) for value in known):
        raise BaselineError("its values are lists, objects or bytes")
    numeric = all(
        isinstance(value, (int, float, Decimal, np.number)) and not isinstance(value, bool) for value in known
    )
    reason = why_not_recurring(name, known, numeric) if must_recur and not is_code else None
    if reason is not None:
        raise BaselineError(reason)
    return NumericColumn.of(given) if numeric and not is_code else CategoryColumn.of(given)


def _read(name: str, given: Mapping[str, Any]) -> Column:
    try:
        match given["kind"]:
            case NumericColumn.kind:
                return NumericColumn.from_dict(given)
            case CategoryColumn.kind:
                return CategoryColumn.from_dict(given)
            case other:
                raise BaselineError(f"its kind is {other!r}")
    except (KeyError, TypeError, ValueError) as error:
        raise BaselineError(f"column {name!r}: {error}") from error
