"""Predictions as Parquet files, a piece at a time."""

import hashlib
import json
import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

SCHEMA = pa.schema(
    [
        ("source", pa.string()),
        ("row", pa.int64()),
        ("row_id", pa.string()),
        ("prediction", pa.string()),
        ("prediction_number", pa.float64()),
        ("inputs", pa.string()),
        ("model", pa.string()),
        ("model_version", pa.string()),
        ("run_id", pa.string()),
        ("scored_at", pa.timestamp("ms")),
    ]
)


@dataclass(frozen=True)
class Part:
    """A file of predictions, where it waits and where it belongs."""

    staged: str
    final: str
    rows: int
    sha256: str

    def described(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Constants:
    """What all rows of a run have in common."""

    model: str
    version: str
    run: str
    scored_at: datetime


class PartWriter:
    """Writes the predictions of one object; closes a file and sends it away when it is long enough."""

    def __init__(
        self,
        scratch: Path,
        source: str,
        name: str,
        constants: Constants,
        most_rows: int,
        send: Callable[[Path, str, int, str], Part],
    ) -> None:
        self._scratch, self._source, self._name = scratch, source, name
        self._constants, self._most_rows, self._send = constants, most_rows, send
        self._writer: pq.ParquetWriter | None = None
        self._file = scratch / "part.parquet"
        self._rows = 0
        self.parts: list[Part] = []

    def add(self, predictions: pd.DataFrame) -> None:
        """Rows with the columns `row_id`, `prediction` and `inputs`; the index is the place in the object."""
        if predictions.empty:
            return
        if self._writer is None:
            self._writer = pq.ParquetWriter(self._file, SCHEMA, compression="zstd")
        same = self._constants
        count = len(predictions)
        self._writer.write_table(
            pa.Table.from_arrays(
                [
                    pa.array([self._source] * count, pa.string()),
                    pa.array(predictions.index.to_numpy(), pa.int64()),
                    pa.array(predictions["row_id"].tolist(), pa.string()),
                    pa.array([as_json(value) for value in predictions["prediction"]], pa.string()),
                    pa.array([as_number(value) for value in predictions["prediction"]], pa.float64()),
                    pa.array(predictions["inputs"].tolist(), pa.string()),
                    pa.array([same.model] * count, pa.string()),
                    pa.array([same.version] * count, pa.string()),
                    pa.array([same.run] * count, pa.string()),
                    pa.array([same.scored_at.replace(tzinfo=None)] * count, pa.timestamp("ms")),
                ],
                schema=SCHEMA,
            )
        )
        self._rows += count
        if self._rows >= self._most_rows:
            self.close()

    def close(self) -> None:
        if self._writer is None:
            return
        self._writer.close()
        self._writer = None
        with open(self._file, "rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        self.parts.append(self._send(self._file, f"{self._name}-{len(self.parts)}.parquet", self._rows, digest))
        self._file.unlink()
        self._rows = 0


def as_list(predictions: Any, rows: int) -> list[Any]:
    """One plain value a row. Raises ValueError when a model answers with another number of rows."""
    if isinstance(predictions, pd.DataFrame):
        columns = list(predictions.columns)
        values = [dict(zip(columns, row, strict=True)) for row in predictions.itertuples(index=False, name=None)]
        values = [next(iter(value.values())) for value in values] if len(columns) == 1 else values
    elif isinstance(predictions, np.ndarray | pd.Series):
        values = list(predictions)
    else:
        values = list(predictions) if isinstance(predictions, list | tuple) else [predictions]
    if len(values) != rows:
        raise ValueError(f"the model answered {len(values)} rows to {rows}")
    return values


def as_json(value: Any) -> str:
    return json.dumps(_plain(value), ensure_ascii=False)


def as_number(value: Any) -> float | None:
    plain = _plain(value)
    return float(plain) if isinstance(plain, int | float) else None


def _plain(value: Any) -> Any:
    """What JSON knows; of what it does not know, the text. NaN and infinities are none."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or isinstance(value, str | int | float | bool):
        return value
    if isinstance(value, np.ndarray | list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    return None if value is pd.NaT or value is pd.NA else str(value)


def inputs_of(rows: pd.DataFrame, keep: list[str] | None) -> list[str | None]:
    """The columns to keep of each row, as JSON; all of them where none are named."""
    if keep is not None and not keep:
        return [None] * len(rows)
    kept = rows if keep is None else rows[[name for name in keep if name in rows.columns]]
    columns = [str(name) for name in kept.columns]
    return [as_json(dict(zip(columns, row, strict=True))) for row in kept.itertuples(index=False, name=None)]
