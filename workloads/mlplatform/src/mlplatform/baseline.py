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

FORMAT = "mlplatform.drift-baseline/1"
FILE_NAME = "drift_baseline.json"

#: Quantiles kept of a number: the distance of Kolmogorov and Smirnov is exact to one in so many.
FINE_BINS = 200
#: Bins of equal frequency over which the population stability index is summed; ten is the custom it is known with.
COARSE_BINS = 10
#: Values of a text column that have a bin of their own; the rest share one.
MAX_CATEGORIES = 50
#: A text column with more distinct values than this, nearly all of them single, names rows and does not describe them.
MAX_IDENTIFIERS = 1000

Counts = np.ndarray


class BaselineError(ValueError):
    """A baseline cannot be made of, or read from, what was given."""


def is_missing(value: Any) -> bool:
    """None, NaN, and what pandas writes for them."""
    try:
        return value is None or bool(value != value)
    except (TypeError, ValueError):
        return True


def category_of(value: Any) -> str | None:
    """The name under which a value is counted: the same for 3, 3.0 and numpy's 3. None is missing."""
    if is_missing(value):
        return None
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


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
            raise BaselineError("no value of it is known")
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

    kind = "categorical"

    @staticmethod
    def of(values: Sequence[Any]) -> CategoryColumn:
        names = [category_of(value) for value in values]
        found, times = np.unique([name for name in names if name is not None], return_counts=True)
        if found.size > MAX_IDENTIFIERS and found.size > len(names) / 2:
            raise BaselineError(f"its {found.size} values are nearly all different")
        order = np.lexsort((found, -times))[:MAX_CATEGORIES]
        empty = CategoryColumn(tuple(str(found[i]) for i in order), np.zeros(order.size + 2, dtype=np.int64))
        return CategoryColumn(empty.categories, empty.count(values))

    def count(self, values: Iterable[Any]) -> Counts:
        places = {name: place for place, name in enumerate(self.categories)}
        counts = np.zeros(len(places) + 2, dtype=np.int64)
        for value in values:
            name = category_of(value)
            counts[-1 if name is None else places.get(name, len(places))] += 1
        return counts

    def coarse(self, counts: Counts) -> dict[str, int]:
        return _named([*(f"= {name}" for name in self.categories), "any other", "missing"], counts.tolist())

    def to_dict(self) -> dict[str, Any]:
        return {"kind": self.kind, "categories": list(self.categories), "counts": self.counts.tolist()}

    @staticmethod
    def from_dict(given: Mapping[str, Any]) -> CategoryColumn:
        categories = tuple(str(name) for name in given["categories"])
        counts = np.asarray(given["counts"], dtype=np.int64)
        _check_counts(counts, len(categories) + 2)
        return CategoryColumn(categories, counts)


Column = NumericColumn | CategoryColumn


@dataclass(frozen=True)
class Baseline:
    """Columns of the training data, and what the model answers on data that it was not fitted on."""

    rows: int
    features: dict[str, Column]
    predictions: dict[str, Column]
    #: Columns that are not compared, each with the reason.
    left_out: dict[str, str]

    @staticmethod
    def of(
        inputs: Mapping[str, Any],
        predictions: Any,
        categorical: Iterable[str] = (),
        answers_are_classes: bool = False,
    ) -> Baseline:
        """
        @param inputs a DataFrame, or values by column
        @param predictions what the model's `predict` gives: values, a table of them, or values by name
        @param categorical columns of numbers that are codes
        @param answers_are_classes whether numbers that the model answers are names of classes; text and truth values always are
        """
        codes = set(categorical)
        unknown = codes - set(inputs.keys())
        if unknown:
            raise BaselineError(f"no column is named {', '.join(sorted(unknown))}")
        features: dict[str, Column] = {}
        left_out: dict[str, str] = {}
        rows = 0
        for name, values in inputs.items():
            rows = len(values)
            try:
                features[str(name)] = _column(values, name in codes)
            except BaselineError as error:
                left_out[str(name)] = str(error)
        if not features:
            raise BaselineError("there is no column to compare")
        answers = {name: _column(values, answers_are_classes) for name, values in by_output(predictions).items()}
        return Baseline(rows, features, answers, left_out)

    def to_json(self) -> str:
        columns = lambda kind: {name: column.to_dict() for name, column in kind.items()}  # noqa: E731
        return json.dumps(
            {
                "format": FORMAT,
                "rows": self.rows,
                "features": columns(self.features),
                "predictions": columns(self.predictions),
                "leftOut": self.left_out,
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
            return Baseline(int(given["rows"]), columns("features"), columns("predictions"), dict(given["leftOut"]))
        except (KeyError, AttributeError, TypeError, ValueError) as error:
            if isinstance(error, BaselineError):
                raise
            raise BaselineError(f"it is incomplete: {error!r}") from error


def by_output(predictions: Any) -> dict[str, Sequence[Any]]:
    """Answers by name: `prediction` where there is one for a row, else the name or the place of each."""
    if hasattr(predictions, "columns") or isinstance(predictions, Mapping):
        return {str(name): list(values) for name, values in predictions.items()}
    array = np.asarray(predictions)
    if array.ndim == 1:
        return {"prediction": array.tolist()}
    if array.ndim == 2:
        return {str(place): array[:, place].tolist() for place in range(array.shape[1])}
    raise BaselineError(f"predictions have {array.ndim} dimensions; values or a table are understood")


def _column(values: Any, is_code: bool) -> Column:
    kind = getattr(getattr(values, "dtype", None), "kind", None)
    if kind in ("M", "m"):
        raise BaselineError("dates always move on")
    given = list(values)
    known = [value for value in given if not is_missing(value)]
    if not known:
        raise BaselineError("no value of it is known")
    numeric = all(isinstance(value, (int, float, np.number)) and not isinstance(value, bool) for value in known)
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
