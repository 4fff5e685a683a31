"""The truth about answers, as it becomes known."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from training_template.checks import Checks
from training_template.hyperparameters import Unusable
from training_template.objects import content, listed


def labelled(s3: Any, checks: Checks, rows: pd.DataFrame) -> np.ndarray:
    """The label of each row, 1 or 0, or NaN where none came; the last one counts.

    @raises Unusable when a file of labels cannot be read as one
    """
    known: dict[tuple[str, int], float] = {}
    for key, changed in sorted(listed(s3, checks.bucket, checks.labels), key=lambda each: each[1]):
        if changed < checks.begin:
            continue
        try:
            for label in labels_of(key, content(s3, checks.bucket, key)):
                known[str(label["request_id"]), int(label.get("row") or 0)] = float(int(label["label"]))
        except (ValueError, KeyError, TypeError, OSError) as error:
            needed = "each needs request_id and label, 1 or 0, and row where requests have several"
            raise Unusable(f"labels {key}: {error!r}; {needed}") from error
    pairs = zip(rows["request_id"].astype(str), rows["row"], strict=True)
    return np.asarray([known.get((request, int(row)), np.nan) for request, row in pairs], dtype=float)


def labels_of(key: str, text: str) -> Iterator[dict[str, Any]]:
    if key.removesuffix(".gz").endswith(".csv"):
        yield from csv.DictReader(io.StringIO(text))
    else:
        yield from (json.loads(line) for line in text.splitlines() if line.strip())
