"""The truth about answers, as it becomes known."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

import pandas as pd

from training_template.checks import Checks
from training_template.hyperparameters import Unusable
from training_template.objects import content, listed
from training_template.problems import Problem


def labelled(s3: Any, checks: Checks, problem: Problem, rows: pd.DataFrame) -> pd.Series:
    """The label of each row, as the problem has it, or missing where none came; the last one counts.

    @raises Unusable when a file of labels cannot be read as one
    """
    known: dict[tuple[str, int], float | str] = {}
    for key, changed in sorted(listed(s3, checks.bucket, checks.labels), key=lambda each: each[1]):
        if changed < checks.begin:
            continue
        try:
            for label in labels_of(key, content(s3, checks.bucket, key)):
                known[str(label["request_id"]), int(label.get("row") or 0)] = problem.label(label["label"])
        except (ValueError, KeyError, TypeError, OSError) as error:
            needed = f"each needs request_id and label, {problem.labels_are}, and row where requests have several"
            raise Unusable(f"labels {key}: {error!r}; {needed}") from error
    pairs = zip(rows["request_id"].astype(str), rows["row"], strict=True)
    return pd.Series([known.get((request, int(row))) for request, row in pairs], index=rows.index, dtype=object)


def labels_of(key: str, text: str) -> Iterator[dict[str, Any]]:
    if key.removesuffix(".gz").endswith(".csv"):
        yield from csv.DictReader(io.StringIO(text))
    else:
        yield from (json.loads(line) for line in text.splitlines() if line.strip())
