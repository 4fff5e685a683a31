"""How long a candidate takes to answer one row, and how large it is: what serving it will cost."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

#: Before it is measured: what is loaded with the first answers is loaded once.
WARM_UP = 20
#: Answers that are measured; the 99th percentile is the second slowest.
ANSWERS = 200
MIB = 1024 * 1024


def footprint(model: Any, folder: Path, rows: pd.DataFrame) -> dict[str, float]:
    """Of the loaded model itself, on this machine: a server adds its own time to it.

    @param folder the model's files, unpacked
    @param rows of which each in turn is asked for
    """
    found = {"size_mib": round(sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / MIB, 4)}
    if rows.empty:
        return found
    seconds = []
    for number in range(WARM_UP + ANSWERS):
        row = rows.iloc[[number % len(rows)]]
        begun = time.perf_counter()
        model.predict(row)
        seconds.append(time.perf_counter() - begun)
    return found | {"p99_millis": round(float(np.quantile(seconds[WARM_UP:], 0.99)) * 1000, 4)}
