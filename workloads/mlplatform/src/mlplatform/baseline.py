"""What a model was trained on, as counts: written in training, compared with live input by the drift check.

Both sides count with the same bins, which are kept here. Numbers are compared at float32 precision, the least that a
model's signature may have, so that a value which lost digits on its way falls into the bin that it was trained in.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from mlplatform.recurrence import MOMENTS, why_not_recurring
from mlplatform.tables.values import EMPTY_TEXTS, category_of, is_missing

__all__ = ["Baseline", "BaselineError", "CategoryColumn", "NumericColumn", "category_of", "is_missing"]

FORMAT = "mlplatform.drift-baseline/1"
FILE_NAME = "drift_baseline.json"

#: Quantiles kept of a number: the distance of Kolmogorov and Smirnov is exact to one in so many.
FINE_BINS = 200
#: Bins of equal frequency over which the population stability index is summed; ten is the custom it is known with.
COARSE_BINS = 10
#: Values of a text column that have a bin of their own; the rest share one.
MAX_CATEGORIES = 50
#: What can be said of a column.
DECLARED = ("ignore", "compare")
UNKNOWN = "no value of it is known"
#: A text column with more distinct values than this, nearly all of them single, names rows and does not describe them.
MAX_IDENTIFIERS = 1000

Counts = np.ndarray


class BaselineError(ValueError):
    """A baseline cannot be made of, or read from, what was given."""


@dataclass(frozen=True)
class NumericColumn:
    """A number, counted between its quantiles: bin i is above edge i-1 and not above edge i. Missing comes last."""

    edges: np.ndarray
    #: Those of `edges` that bound the coarse bins.
    coarse_edges: np.ndarray
    counts: Counts

    kind = "numeric"

    @staticmethod
    def of(values: Sequence[Any]) -> NumericColumn:
        numbers = _numbers(values)
        known = numbers[np.isfinite(numbers)]
        if known.size == 0:
            raise BaselineError(UNKNOWN)
        with np.errstate(over="ignore"):
            known = known.astype(np.float32)
        # The edge just below the smallest value gives a bin to everything that training never saw, on that side too.
        below = np.nextafter(known.min(), np.float32(-np.inf))
        coarse = np.unique(np.append(below, _quantiles(known, COARSE_BINS)))
        fine = np.unique(np.concatenate([coarse, _quantiles(known, FINE_BINS)]))
        empty = NumericColumn(fine, coarse, np.zeros(fine.size + 2, dtype=np.int64))
        return NumericColumn(fine, coarse, empty.count(values))

    def count(self, values: Iterable[Any]) -> Counts:
        numbers = _numbers(list(values))
        known = numbers[np.isfinite(numbers)]
        with np.errstate(over="ignore"):
            bins = np.searchsorted(self.edges, known.astype(np.float32), side="left")
        counted = np.bincount(bins, minlength=self.edges.size + 1)
        return np.append(counted, numbers.size - known.size).astype(np.int64)

    def coarse(self, counts: Counts) -> dict[str, int]:
        """Counts by coarse bin, under names that a person can read."""
        upto = np.concatenate([[0], np.cumsum(counts[:-1])])
        bounds = [0, *(int(i) + 1 for i in np.searchsorted(self.edges, self.coarse_edges)), upto.size - 1]
        edges = [f"{edge:.6g}" for edge in self.coarse_edges]
        names = ["below training", *(f"up to {edge}" for edge in edges[1:]), "above training", "missing"]
        summed = [int(upto[last] - upto[first]) for first, last in pairwise(bounds)]
        return _named(names, [*summed, int(counts[-1])])

    def to_dict(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "edges": [float(edge) for edge in self.edges],
            "coarseEdges": [float(edge) for edge in self.coarse_edges],
            "counts": self.counts.tolist(),
        }

    @staticmethod
    def from_dict(given: Mapping[str, Any]) -> NumericColumn:
        edges = np.asarray(given["edges"], dtype=np.float32)
        coarse = np.asarray(given["coarseEdges"], dtype=np.float32)
        counts = np.asarray(given["counts"], dtype=np.int64)
        if edges.ndim != 1 or edges.size == 0 or np.any(np.diff(edges) <= 0) or not np.isin(coarse, edges).all():
            raise BaselineError("its edges do not rise, or the coarse ones are none of them")
        _check_counts(counts, edges.size + 2)
        return NumericColumn(edges, coarse, counts)


@dataclass(frozen=True)
class CategoryColumn:
    """Text, truth values and codes: one bin for each known value, then all others, then missing."""

    categories: tuple[str, ...]
    counts: Counts
    #: Text that is no value. A version keeps what was missing when it was trained.
    missing: tuple[str, ...] = ()

    kind = "categorical"

    @staticmethod
    def of(values: Sequence[Any]) -> CategoryColumn:
        names = [category_of(value, EMPTY_TEXTS) for value in values]
        found, times = np.unique([name for name in names if name is not None], return_counts=True)
        if found.size > MAX_IDENTIFIERS and found.size > len(names) / 2:
            raise BaselineError(f"its {found.size} values are nearly all different")
        order = np.lexsort((found, -times))[:MAX_CATEGORIES]
        categories = tuple(str(found[i]) for i in order)
        empty = CategoryColumn(categories, np.zeros(order.size + 2, dtype=np.int64), EMPTY_TEXTS)
        return CategoryColumn(categories, empty.count(values), EMPTY_TEXTS)

    def count(self, values: Iterable[Any]) -> Counts:
        places = {name: place for place, name in enumerate(self.categories)}
        counts = np.zeros(len(places) + 2, dtype=np.int64)
        for value in values:
            name = category_of(value, self.missing)
            counts[-1 if name is None else places.get(name, len(places))] += 1
        return counts

    def coarse(self, counts: Counts) -> dict[str, int]:
        return _named([*(f"= {name}" for name in self.categories), "any other", "missing"], counts.tolist())

    def to_dict(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "categories": list(self.categories),
            "counts": self.counts.tolist(),
            "missing": list(self.missing),
        }

    @staticmethod
    def from_dict(given: Mapping[str, Any]) -> CategoryColumn:
        categories = tuple(str(name) for name in given["categories"])
        counts = np.asarray(given["counts"], dtype=np.int64)
        _check_counts(counts, len(categories) + 2)
        return CategoryColumn(categories, counts, tuple(str(text) for text in given.get("missing", ())))


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
                    raise BaselineError("it is declared as one to ignore")
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
                left_out[f"predictions.{name}"] = str(error)
        return Baseline(rows, features, answers, left_out, tuple(names))

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
            return Baseline(
                int(given["rows"]), columns("features"), columns("predictions"), dict(given["leftOut"]), order
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
    numeric = all(isinstance(value, (int, float, np.number)) and not isinstance(value, bool) for value in known)
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


def _check_counts(counts: Counts, size: int) -> None:
    if counts.shape != (size,) or (counts < 0).any():
        raise BaselineError(f"it needs {size} counts, none below zero")


def _numbers(values: Sequence[Any]) -> np.ndarray:
    """As float64; what is no number is NaN."""
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        return np.asarray([_number(value) for value in values], dtype=np.float64)


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return float("nan")


def _quantiles(known: np.ndarray, bins: int) -> np.ndarray:
    # Values that occur, not means of two: so that counting "not above" them gives the frequency they stand for.
    return np.quantile(known, np.arange(1, bins + 1) / bins, method="inverted_cdf").astype(np.float32)


def _named(names: Sequence[str], counts: Sequence[int]) -> dict[str, int]:
    named: dict[str, int] = {}
    for name, count in zip(names, counts, strict=True):
        while name in named:  # Two edges may look alike when they are shortened.
            name += "'"
        named[name] = count
    return named
