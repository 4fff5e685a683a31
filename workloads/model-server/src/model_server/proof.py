"""
Tries at load what a model may be served with: each shortcut is taken only where its answers equal mlflow.pyfunc's to the last bit.

Requests share a call only where the model's class says that no row's answer depends on its neighbours (independence.py); the trial
with made-up rows is a second check of that, never the only one.
"""

import json
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from mlflow.pyfunc.scoring_server import infer_and_parse_data
from mlflow.types import DataType
from mlflow.utils.proto_json_utils import NumpyEncoder, _get_jsonable_obj

from model_server.independence import answers_by_row, is_linear
from model_server.loading import LoadedModel
from model_server.paths import Predict, Way, candidates, estimator_of, row_by_row
from model_server.rows import ColumnReader, Reader, Rows, TensorReader, reader_for

_log = logging.getLogger("model_server.proof")

_SINGLE_ROWS = 48
# Beyond this a shortcut saves next to nothing, and trying it would keep the version waiting.
_SLOW_SECONDS = 0.1
_BLOCKS = (2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 64, 127)


@dataclass(frozen=True)
class Shortcut:
    """
    A way round pandas that was seen to give mlflow.pyfunc's own answers: `predict` for a request by itself, `together` for several
    at once, where that changes no bit, or none where it would; for some models only requests of one row may share a call.
    """

    name: str
    reader: Reader
    predict: Predict
    together: Predict | None
    together_only_single: bool
    max_rows: int
    seconds: float


def find_shortcut(model: LoadedModel, max_rows: int) -> Shortcut | None:
    """The quickest way that holds for this model, or None: then MLflow's own functions do all."""
    reader = reader_for(model.signature)
    if reader is None:
        return None
    rows = _probe_rows(model, reader, max(max_rows, _SINGLE_ROWS))
    _expected(model, reader, rows[:1])  # What only the first call pays is not counted.
    started = time.perf_counter()
    _expected(model, reader, rows[:1])
    if time.perf_counter() - started > _SLOW_SECONDS:
        _log.info("the model itself takes most of the time; no shortcut tried", extra={"version": model.version})
        return None
    sizes = sorted({size for size in (*_BLOCKS, max_rows) if 1 < size <= max_rows})
    expected_one = [_expected(model, reader, [row]) for row in rows[:_SINGLE_ROWS]]
    if all(each is None for each in expected_one):
        return None
    expected = {size: _expected(model, reader, rows[:size]) for size in sizes}
    alone = next((way for way in candidates(model, reader) if _holds(way.predict, rows, expected_one, expected)), None)
    if alone is None:
        _log.info("no shortcut holds", extra={"version": model.version})
        return None
    together, only_single = _together(model, reader, alone, rows, sizes, expected_one)
    told = {"alone": alone.name, "together": together.name if together else None, "only_single": only_single}
    _log.info("shortcut found", extra={**told, "version": model.version})
    seconds = _seconds(alone.predict, rows[0])
    return Shortcut(
        alone.name, reader, alone.predict, together.predict if together else None, only_single, max_rows, seconds
    )


def _together(
    model: LoadedModel, reader: Reader, alone: Way, rows: Rows, sizes: list[int], expected_one: list[str | None]
) -> tuple[Way | None, bool]:
    """How several requests may share a call, and whether only such of one row may."""
    estimator = estimator_of(model)
    if answers_by_row(estimator):
        return (alone, False) if _merges(alone, rows, sizes) else (None, False)
    ways = row_by_row(model, reader) if is_linear(estimator) else []
    return next(
        (way for way in ways if _merges(way, rows, sizes) and _holds(way.predict, rows, expected_one, {})), None
    ), True


def _seconds(predict: Predict, row: list[Any]) -> float:
    started = time.perf_counter()
    _attempt(predict, [row])
    return time.perf_counter() - started


def _holds(predict: Predict, rows: Rows, one: list[str | None], blocks: dict[int, str | None]) -> bool:
    for row, wanted in zip(rows, one):
        if wanted is not None and _answer(predict, [row]) != wanted:
            return False
    return all(wanted is None or _answer(predict, rows[:size]) == wanted for size, wanted in blocks.items())


def _merges(way: Way, rows: Rows, sizes: list[int]) -> bool:
    """Whether each row's answer is the same alone and at any place of a batch."""
    return all(_same_in_batches(predict, rows, sizes) for predict in (way.predict, *way.scores))


def _same_in_batches(predict: Predict, rows: Rows, sizes: list[int]) -> bool:
    alone = [_attempt(predict, [row]) for row in rows]
    if any(each is None for each in alone):
        return False
    for size in sizes:
        for start in (0, max(0, len(rows) - size)):
            together = _attempt(predict, rows[start : start + size])
            if together is None:
                return False
            for place, single in enumerate(alone[start : start + size]):
                if _text(part_of(together, place, place + 1)) != _text(single):
                    return False
    return True


def part_of(answer: list[Any] | dict[str, Any], start: int, end: int) -> Any:
    """The rows `start` to `end` of an answer for several requests."""
    if type(answer) is list:
        return answer[start:end]
    return {name: values[start:end] for name, values in answer.items()}


def _attempt(predict: Callable[[Rows], Any], rows: Rows) -> Any:
    try:
        return predict(rows)
    except Exception:  # Whatever a model raises for made-up rows only means that nothing is shown by them.
        return None


def _text(answer: Any) -> str:
    return json.dumps(answer, cls=NumpyEncoder)


def _answer(predict: Predict, rows: Rows) -> str | None:
    try:
        return _text(predict(rows))
    except Exception:
        return None


def _expected(model: LoadedModel, reader: Reader, rows: Rows) -> str | None:
    schema = model.signature.inputs if model.signature else None
    if isinstance(reader, ColumnReader):
        payload: dict[str, Any] = {"dataframe_split": {"columns": reader.names, "data": rows}}
    else:
        payload = {"inputs": rows}
    try:
        raw = model.predict(infer_and_parse_data(payload, schema))
    except Exception:
        return None
    return _text(_get_jsonable_obj(raw, pandas_orient="records"))


def _probe_rows(model: LoadedModel, reader: Reader, count: int) -> Rows:
    random = np.random.default_rng(7)
    if isinstance(reader, TensorReader):
        shape = (count, *reader.shape)
        values = random.normal(0, 1, shape) if reader.dtype.kind == "f" else random.integers(0, 100, shape)
        return values.astype(reader.dtype).tolist()
    example = _example_columns(model, reader)
    columns = [_probe_column(random, kind, example.get(name), count) for name, kind in zip(reader.names, reader.types)]
    return [list(row) for row in zip(*columns)]


def _example_columns(model: LoadedModel, reader: ColumnReader) -> dict[str, list[Any]]:
    example = model.input_example
    if not isinstance(example, pd.DataFrame) or not set(reader.names) <= set(example.columns):
        return {}
    return {name: [each for each in example[name].tolist() if each == each] for name in reader.names}


def _probe_column(random: np.random.Generator, kind: DataType, example: list[Any] | None, count: int) -> list[Any]:
    if kind == DataType.string:
        texts = [str(each) for each in example or []] or ["a", "b", "c"]
        return [texts[place] for place in random.integers(0, len(texts), count)]
    if kind == DataType.boolean:
        return [bool(each) for each in random.integers(0, 2, count)]
    low, high = (min(example), max(example)) if example else (0, 100)
    if kind in (DataType.long, DataType.integer):
        return random.integers(int(low) - 1, int(high) + 2, count).tolist()
    spread = max(float(high) - float(low), 1.0)
    scales = random.choice([0.1, 1.0, 3.0, 1000.0], count, p=[0.3, 0.5, 0.15, 0.05])
    values = (float(low) + random.random(count) * spread) * scales - random.integers(0, 2, count) * spread / 2
    return values.astype(np.float32 if kind == DataType.float else np.float64).tolist()
