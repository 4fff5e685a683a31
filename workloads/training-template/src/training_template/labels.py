"""The truth about answers, as it becomes known."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from mlplatform.tables.columns import missing_column
from mlplatform.tables.files import PassedOver, why_passed_over
from mlplatform.tables.reading import Unreadable, pieces
from mlplatform.tables.values import NoSuchValue, integer_of, is_marked, is_missing, text_of
from training_template.checks import Checks
from training_template.hyperparameters import Unusable
from training_template.logs import fields
from training_template.objects import download, sized
from training_template.problems import Problem

log = logging.getLogger(__name__)

PIECE_ROWS = 20_000


@dataclass(frozen=True)
class Came:
    #: Of each row, as the problem has it, or missing where none came; the last one counts.
    labels: pd.Series
    #: How many were read, how many were empty, and how many files were none.
    report: dict[str, Any]


def labelled(s3: Any, checks: Checks, problem: Problem, rows: pd.DataFrame) -> Came:
    """@raises Unusable when a table of labels has other columns, or a label that is none"""
    known: dict[tuple[str, int], float | str] = {}
    folder = f"{checks.prefix}{checks.labels}"
    passed, read, empty = PassedOver(), 0, 0
    for key, size, changed in sorted(sized(s3, checks.bucket, folder), key=lambda each: each[2]):
        if changed < checks.begin or key.endswith("/"):
            continue
        reason = why_passed_over(key.removeprefix(folder).lstrip("/"), size)
        if reason is not None:
            passed[reason] += 1
            continue
        try:
            for request, row, label in labels_of(s3, checks.bucket, key):
                if is_missing(label) or (not problem.is_text and is_marked(label)):
                    empty += 1  # Not known yet.
                    continue
                known[request, row] = problem.label(label)
                read += 1
        except Unreadable as error:
            passed["damaged"] += 1
            log.warning("labels cannot be read", extra=fields(file=key, reason=str(error)))
        except (ValueError, KeyError, TypeError) as error:
            needed = f"each needs request_id and label, {problem.labels_are}, and row where requests have several"
            raise Unusable(f"labels {key}: {error}; {needed}") from error
    pairs = zip(rows["request_id"].astype(str), rows["row"], strict=True)
    found = pd.Series([known.get((request, int(row))) for request, row in pairs], index=rows.index, dtype=object)
    return Came(found, {"read": read, "empty": empty, "passedOver": dict(passed)})


def labels_of(s3: Any, bucket: str, key: str) -> Iterator[tuple[str, int, Any]]:
    """Request, place of the row in it, and label."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "labels")
        download(s3, bucket, key, file)
        for piece in pieces(file, key, PIECE_ROWS):
            if piece.rejected:
                raise ValueError(f"its row {piece.rejected[0].row} {piece.rejected[0].reason}")
            rows = piece.rows
            absent = [missing_column(name, rows.columns) for name in ("request_id", "label") if name not in rows]
            if absent and len(rows):
                raise ValueError("; ".join(absent))
            if absent:
                continue
            places = rows["row"] if "row" in rows else [0] * len(rows)
            for request, place, label in zip(rows["request_id"], places, rows["label"], strict=True):
                yield text_of(request), place_of(place), label


def place_of(value: Any) -> int:
    """@raises ValueError for what is no place of a row"""
    try:
        place = integer_of(value) or 0
    except NoSuchValue as error:
        raise ValueError(f"row {str(value)[:50]!r} is no whole number") from error
    if place < 0:
        raise ValueError(f"row {place} is below 0")
    return place
