"""Ways from rows to predictions, the quickest first. Which of them a model may take is for proof.py to find out."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from mlflow.utils.proto_json_utils import _get_jsonable_obj

from model_server.linear import exact_by_row
from model_server.loading import LoadedModel
from model_server.rows import ColumnReader, Reader, Rows, TensorReader

Predict = Callable[[Rows], list[Any] | dict[str, Any]]


class NotByRow(Exception):
    """The model's answer is not one value per row."""


def by_row(raw: Any, count: int) -> list[Any]:
    """MLflow's JSON form of a model's answer, where that is a list of one value per row."""
    values = raw.tolist() if type(raw) is np.ndarray else _get_jsonable_obj(raw, pandas_orient="records")
    if type(values) is not list or len(values) != count:
        raise NotByRow(f"{type(raw).__name__} is not a list of {count}")
    return values


@dataclass(frozen=True)
class Way:
    """`scores`: what a classifier's labels come from, for a label can hide that its score was rounded differently."""

    name: str
    predict: Predict
    scores: list[Predict]


def candidates(model: LoadedModel, reader: Reader) -> list[Way]:
    """The ways that are worth a try for this model, the best first."""
    inner = _Predictor(model)
    if isinstance(reader, TensorReader):
        return [Way("tensor", _through_tensor(inner, reader.dtype), [])]
    scores = _scores(estimator_of(model), reader)
    ways = []
    if reader.dtype is not None and (direct := _direct(inner, reader.dtype)) is not None:
        ways.append(Way("array", direct, scores))
    return [*ways, Way("frame", _through_frame(inner.predict, reader), scores)]


def estimator_of(model: LoadedModel) -> Any:
    """What the flavour loaded, or None for a flavour that is not known here."""
    wrapper = model.pyfunc._model_impl
    names = [name for name in ("sklearn_model", "xgb_model", "lgb_model") if hasattr(wrapper, name)]
    return getattr(wrapper, names[0]) if names else None


def row_by_row(model: LoadedModel, reader: Reader) -> list[Way]:
    """Ways on which a row's answer cannot depend on the rows beside it; right for requests of one row."""
    inner = _Predictor(model)
    exact = exact_by_row(inner.wrapper.sklearn_model) if inner.kind == "_SklearnModelWrapper" else None
    function = getattr(exact, inner.function, None)
    if function is None or not isinstance(reader, ColumnReader):
        return []
    scores = _scores(exact, reader)
    frame = Way("frame, products by row", _through_frame(function, reader), scores)
    return (
        [frame]
        if reader.dtype is None
        else [Way("array, products by row", _sklearn(function, reader.dtype), scores), frame]
    )


def _scores(estimator: Any, reader: ColumnReader) -> list[Predict]:
    names = [name for name in ("decision_function", "predict_proba") if hasattr(estimator, name)]
    return [_through_frame(getattr(estimator, names[0]), reader)] if names else []


class _Predictor:
    """The flavour's own wrapper inside a pyfunc model, and the function of it that the model was saved with."""

    def __init__(self, model: LoadedModel) -> None:
        self.wrapper: Any = model.pyfunc._model_impl
        self.kind = type(self.wrapper).__name__
        predict = model.pyfunc._predict_fn
        self.function: str = getattr(predict, "__name__", "predict")
        self.predict: Callable[[Any], Any] = predict


def _direct(inner: _Predictor, dtype: np.dtype) -> Predict | None:
    if inner.kind == "_SklearnModelWrapper":
        return _sklearn(getattr(inner.wrapper.sklearn_model, inner.function), dtype)
    if inner.kind == "_XGBModelWrapper":
        return _xgboost(inner.wrapper.xgb_model, dtype)
    if inner.kind == "_OnnxModelWrapper":
        return _onnx(inner.wrapper, dtype)
    return None


def _sklearn(function: Callable[[Any], Any], dtype: np.dtype) -> Predict:
    # An array has no column names, and scikit-learn says so at each call.
    warnings.filterwarnings("ignore", message="X does not have valid feature names")

    def predict(rows: Rows) -> list[Any]:
        # Column by column in memory, as the frame that MLflow reads: the order of a sum can depend on it.
        return by_row(function(np.array(rows, dtype, order="F")), len(rows))

    return predict


def _xgboost(booster: Any, dtype: np.dtype) -> Predict:
    import xgboost

    if isinstance(booster, xgboost.Booster):

        def predict_booster(rows: Rows) -> list[Any]:
            return by_row(booster.inplace_predict(np.array(rows, dtype), validate_features=False), len(rows))

        return predict_booster

    def predict(rows: Rows) -> list[Any]:
        return by_row(booster.predict(np.array(rows, dtype), validate_features=False), len(rows))

    return predict


def _onnx(wrapper: Any, dtype: np.dtype) -> Predict | None:
    if len(wrapper.inputs) != 1:
        return None
    feed, feed_type = wrapper.inputs[0]
    run, outputs = wrapper.rt.run, wrapper.output_names
    narrow = feed_type == "tensor(float)" and dtype == np.float64

    def predict(rows: Rows) -> list[Any]:
        values = np.array(rows, dtype)
        answers = run(outputs, {feed: values.astype(np.float32) if narrow else values})
        columns = []
        for answer in answers:
            column = np.asarray(answer).reshape(-1)
            if len(column) != len(rows):
                raise NotByRow(f"{len(column)} values for {len(rows)} rows")
            columns.append(column.tolist())
        return [dict(zip(outputs, values)) for values in zip(*columns)]

    return predict


def _through_frame(function: Callable[[Any], Any], reader: ColumnReader) -> Predict:
    index, dtype, dtypes = pd.Index(reader.names), reader.dtype, reader.dtypes

    def predict(rows: Rows) -> list[Any]:
        if dtype is not None:
            frame = pd.DataFrame(np.array(rows, dtype, order="F"), columns=index, copy=False)
        else:
            columns = zip(reader.names, dtypes, zip(*rows))
            frame = pd.DataFrame({name: _column(values, kind) for name, kind, values in columns}, columns=index)
        return by_row(function(frame), len(rows))

    return predict


def _column(values: tuple[Any, ...], dtype: np.dtype) -> Any:
    # As pandas itself finds text's type.
    return pd.Series(list(values)) if dtype == np.object_ else np.array(values, dtype)


def _through_tensor(inner: _Predictor, dtype: np.dtype) -> Predict:
    def predict(rows: Rows) -> list[Any] | dict[str, Any]:
        raw = inner.predict(np.array(rows, dtype))
        if type(raw) is not dict:
            return by_row(raw, len(rows))
        values = {name: np.asarray(each) for name, each in raw.items()}
        if any(each.ndim == 0 or len(each) != len(rows) for each in values.values()):
            raise NotByRow("an output is not one value per row")
        return {name: each.tolist() for name, each in values.items()}

    return predict
