"""
Ways round MLflow's reading of a request, for models that are known to answer equally on them.

What a model is decides (independence.py), never a trial. The values that a reader takes become the very table that MLflow would hand to
the model (rows.py); an array in its place only where the library makes the same of both.
"""

import logging
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from mlflow.utils.proto_json_utils import _get_jsonable_obj

from model_server.independence import answers_by_row, is_known, is_linear, takes_array
from model_server.linear import exact_by_row
from model_server.loading import LoadedModel
from model_server.rows import ColumnReader, Reader, Rows, TensorReader, reader_for

_log = logging.getLogger("model_server.paths")

Predict = Callable[[Rows], list[Any] | dict[str, Any]]

# Of MLflow's flavours: the wrapper's class, and where it keeps the model.
_WRAPPERS = {
    "mlflow.sklearn._SklearnModelWrapper": "sklearn_model",
    "mlflow.xgboost._XGBModelWrapper": "xgb_model",
    "mlflow.lightgbm._LGBModelWrapper": "lgb_model",
    "mlflow.onnx._OnnxModelWrapper": "rt",
}
_FUNCTIONS = ("predict", "predict_proba", "predict_log_proba")


class NotByRow(Exception):
    """The model's answer is not one value per row; MLflow's own functions answer then."""


@dataclass(frozen=True)
class Shortcut:
    """
    `predict` is for a request by itself, `together` for several at once where a row's answer does not depend on the others; for some
    models only requests of one row may share a call. `max_rows` is the largest batch. `seconds`: of one call, where one was measured.
    """

    name: str
    reader: Reader
    predict: Predict
    together: Predict | None
    together_only_single: bool
    max_rows: int
    seconds: float = 0.0


def find_shortcut(model: LoadedModel, max_rows: int) -> Shortcut | None:
    """The quickest way that is sound for this model, or None: then MLflow's own functions do all. Calls nothing of the model."""
    signature = model.signature
    reader = reader_for(signature)
    inner = _known(model)
    if reader is None or inner is None or signature is None or signature.params is not None:
        return None
    name, predict = _alone(inner, reader)
    together, only_single = _together(inner, reader, predict)
    told = {"alone": name, "together": together is not None, "only_single": only_single}
    _log.info("shortcut found", extra={**told, "version": model.version})
    return Shortcut(name, reader, predict, together, only_single, max_rows)


def part_of(answer: list[Any] | dict[str, Any], start: int, end: int) -> Any:
    """The rows `start` to `end` of an answer for several requests."""
    if type(answer) is list:
        return answer[start:end]
    return {name: values[start:end] for name, values in answer.items()}


@dataclass(frozen=True)
class _Known:
    """A model of a known class inside MLflow's wrapper; `function` is what MLflow calls, `name` that function's name."""

    wrapper: Any
    estimator: Any
    function: Callable[[Any], Any]
    name: str


def _known(model: LoadedModel) -> _Known | None:
    wrapper = model.pyfunc._model_impl
    kind = f"{type(wrapper).__module__}.{type(wrapper).__name__}"
    estimator = getattr(wrapper, _WRAPPERS.get(kind, ""), None)
    function = model.pyfunc._predict_fn
    name = getattr(function, "__name__", "")
    if estimator is None or name not in _FUNCTIONS or not is_known(estimator):
        return None
    return _Known(wrapper, estimator, function, name)


def _alone(inner: _Known, reader: Reader) -> tuple[str, Predict]:
    if isinstance(reader, TensorReader):
        return "tensor", _through_tensor(inner.function, reader)
    if reader.dtype == np.float64 and takes_array(inner.estimator, reader.names):
        if hasattr(inner.wrapper, "rt"):
            if len(inner.wrapper.inputs) == 1:
                return "array", _onnx(inner.wrapper, reader)
        elif hasattr(inner.wrapper, "xgb_model"):
            return "array", _xgboost(inner.estimator, reader)
        else:
            return "array", _sklearn(getattr(inner.estimator, inner.name), reader)
    return "frame", _through_frame(inner.function, reader)


def _together(inner: _Known, reader: Reader, alone: Predict) -> tuple[Predict | None, bool]:
    """How several requests may share a call, and whether only such of one row may."""
    if answers_by_row(inner.estimator):
        return alone, False
    if not is_linear(inner.estimator) or not isinstance(reader, ColumnReader):
        return None, True
    function = getattr(exact_by_row(inner.estimator), inner.name, None)
    if function is None:
        return None, True
    array = reader.dtype == np.float64 and takes_array(inner.estimator, reader.names)
    return (_sklearn if array else _through_frame)(function, reader), True


def _sklearn(function: Callable[[Any], Any], reader: ColumnReader) -> Predict:
    # An array has no column names, and scikit-learn says so at each call.
    warnings.filterwarnings("ignore", message="X does not have valid feature names")
    return lambda rows: _by_row(function(reader.array(rows)), len(rows))


def _xgboost(model: Any, reader: ColumnReader) -> Predict:
    return lambda rows: _by_row(model.predict(reader.array(rows), validate_features=False), len(rows))


def _through_frame(function: Callable[[Any], Any], reader: ColumnReader) -> Predict:
    return lambda rows: _by_row(function(reader.frame(rows)), len(rows))


def _onnx(wrapper: Any, reader: ColumnReader) -> Predict:
    feed, feed_type = wrapper.inputs[0]
    run, outputs = wrapper.rt.run, wrapper.output_names
    narrow = feed_type == "tensor(float)"

    def predict(rows: Rows) -> list[Any]:
        values = reader.array(rows)
        answers = run(outputs, {feed: values.astype(np.float32) if narrow else values})
        columns = [_by_row(np.asarray(answer).reshape(-1), len(rows)) for answer in answers]
        return [dict(zip(outputs, values)) for values in zip(*columns)]

    return predict


def _through_tensor(function: Callable[[Any], Any], reader: TensorReader) -> Predict:
    def predict(rows: Rows) -> list[Any] | dict[str, Any]:
        raw = function(np.array(rows, reader.dtype))
        if type(raw) is dict:
            return {name: _by_row(np.asarray(each), len(rows)) for name, each in raw.items()}
        return _by_row(raw, len(rows))

    return predict


def _by_row(raw: Any, count: int) -> list[Any]:
    """MLflow's JSON form of a model's answer, where that is a table or an array with one entry per row."""
    if not isinstance(raw, (np.ndarray, pd.DataFrame, pd.Series)) or raw.ndim == 0 or len(raw) != count:
        raise NotByRow(f"{type(raw).__name__} is not an array of {count}")
    values: list[Any] = raw.tolist() if type(raw) is np.ndarray else _get_jsonable_obj(raw, pandas_orient="records")
    return values
