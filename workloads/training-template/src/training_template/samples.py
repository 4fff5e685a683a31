"""What a model server was asked and answered, from its sampled log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from training_template.checks import Checks
from training_template.objects import lines_of, listed

#: Between an answer and its line in the log.
WRITTEN_WITHIN = timedelta(hours=1)


def sampled(s3: Any, checks: Checks) -> Iterator[dict[str, Any]]:
    """Lines of the window, of the newest file first. Rows of one request, which are in one file, are numbered in their order there.

    What is damaged is passed over.
    """
    day = (checks.end + WRITTEN_WITHIN).date()
    while day >= checks.begin.date():
        keys = [key for key, _ in listed(s3, checks.bucket, f"{checks.prefix}samples/{checks.model}/date={day}/")]
        # They begin with the time of day.
        for key in sorted(keys, reverse=True):
            counted: Counter[str] = Counter()
            for line in lines_of(s3, checks.bucket, key):
                moment = time_of(line)
                if moment is None or not checks.begin <= moment < checks.end:
                    continue
                request = str(line["request_id"])
                yield {**line, "ts": moment, "row": counted[request]}
                counted[request] += 1
        day -= timedelta(days=1)


def time_of(line: dict[str, Any]) -> datetime | None:
    if not {"request_id", "version", "inputs", "prediction"} <= line.keys():
        return None
    try:
        return datetime.fromisoformat(str(line.get("ts")).replace("Z", "+00:00"))
    except ValueError:
        return None
