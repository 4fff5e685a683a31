"""How far live traffic has moved from what a model was trained on: one number for each feature."""

from __future__ import annotations

import gzip
import json
import logging
import zlib
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from drift.comparison import all_compared
from mlplatform.baseline import FILE_NAME, Baseline
from training_template.logs import fields

log = logging.getLogger(__name__)

#: As the drift check: with fewer rows chance alone passes every limit.
MIN_ROWS = 100
#: Rows that are read, of the newest files: each feature's index is settled long before.
MOST_ROWS = 200_000


def moved(model: Path, samples: Path, ignored: Collection[str] = ()) -> dict[str, tuple[float, float]] | None:
    """Population stability index by feature, and what chance alone reaches with so many rows; None where the model has no baseline, or traffic is not
    known well enough.

    @param ignored columns that are not compared, beside those that the baseline leaves out
    """
    if not (model / FILE_NAME).is_file() or not samples.is_dir():
        return None
    baseline = Baseline.from_json((model / FILE_NAME).read_text(encoding="utf-8"))
    features = {name: column for name, column in baseline.features.items() if name not in ignored}
    rows = list(zip(range(MOST_ROWS), inputs_in(samples), strict=False))
    if len(rows) < MIN_ROWS:
        log.warning("too little traffic to judge drift by", extra=fields(rows=len(rows), needed=MIN_ROWS))
        return None
    asked = [baseline.named(row) for _, row in rows]
    if not any(name in row for row in asked for name in features):
        log.warning("traffic has no column of the baseline", extra=fields(rows=len(rows)))
        return None
    return all_compared(features, lambda name: [row.get(name) for row in asked])


def inputs_in(folder: Path) -> Iterator[dict[str, Any]]:
    """What the model server was asked, from its sampled log; damaged files and lines are passed over."""
    for file in sorted(folder.rglob("*.jsonl*"), key=lambda each: each.name, reverse=True):
        try:
            with gzip.open(file) if file.suffix == ".gz" else file.open("rb") as lines:
                for line in lines:
                    given = _row(line)
                    if given is not None:
                        yield given
        except (OSError, EOFError, zlib.error) as error:
            log.warning("file of samples is damaged", extra=fields(file=file.name, reason=str(error)))


def _row(line: bytes) -> dict[str, Any] | None:
    try:
        inputs = json.loads(line)["inputs"]
    except (ValueError, KeyError, TypeError):
        return None
    return inputs if isinstance(inputs, dict) else None
