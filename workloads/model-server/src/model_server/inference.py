"""Open Inference Protocol v2 over REST (https://github.com/kserve/open-inference-protocol)."""

from math import prod
from typing import Any

import numpy as np
import pandas as pd
from mlflow.types import DataType, Schema

from model_server.errors import Refused
from model_server.loading import LoadedModel
from model_server.protocol import Predicted, ask, decoded, json_values

_NUMPY = {"BOOL": "bool", "UINT8": "uint8", "UINT16": "uint16", "UINT32": "uint32", "UINT64": "uint64", "INT8": "int8",
          "INT16": "int16", "INT32": "int32", "INT64": "int64", "FP16": "float16", "FP32": "float32",
          "FP64": "float64"}  # fmt: skip
_DATATYPES = {name: datatype for datatype, name in _NUMPY.items()}


def check_name(name: str, version: str, asked_name: str, asked_version: str | None) -> None:
    if asked_name != name:
        raise Refused(404, "unknown_model", f"there is no model {asked_name!r} here; there is {name!r}")
    if asked_version is not None and asked_version != version:
        raise Refused(404, "unknown_version", f"version {asked_version!r} is not served; {version!r} is")


def metadata(name: str, model: LoadedModel) -> dict[str, Any]:
    signature = model.signature
    return {
        "name": name,
        "versions": [model.version],
        "platform": "mlflow",
        "inputs": _described(signature.inputs if signature else None),
        "outputs": _described(signature.outputs if signature else None),
    }


def _described(schema: Schema | None) -> list[dict[str, Any]]:
    if schema is None:
        return []
    if schema.is_tensor_spec():
        return [
            {"name": each.name or f"input-{place}", "datatype": _datatype(each.type), "shape": list(each.shape)}
            for place, each in enumerate(schema.inputs)
        ]
    return [
        {"name": str(each.name or f"column-{place}"), "datatype": _column_datatype(each.type), "shape": [-1]}
        for place, each in enumerate(schema.inputs)
    ]


def _datatype(dtype: np.dtype) -> str:
    return _DATATYPES.get(dtype.name, "BYTES")


def _column_datatype(kind: Any) -> str:
    return _datatype(kind.to_numpy()) if isinstance(kind, DataType) else "BYTES"


def infer(body: bytes, name: str, model: LoadedModel) -> Predicted:
    """Raises Refused for everything that the client can mend."""
    request = decoded(body)
    tensors = request.get("inputs")
    if not isinstance(tensors, list) or not tensors:
        raise Refused(400, "malformed_input", "`inputs` must be a list of at least one tensor")
    arrays = dict(_array(tensor, place) for place, tensor in enumerate(tensors))
    if len(arrays) != len(tensors):
        raise Refused(400, "malformed_input", "two inputs have the same name")
    data = _model_input(arrays, model)
    params = request.get("parameters") or None
    answer = json_values(ask(model, data, params))
    reply: dict[str, Any] = {"model_name": name, "model_version": model.version, "outputs": _outputs(answer)}
    if isinstance(request.get("id"), str):
        reply["id"] = request["id"]
    return Predicted("bare", data, reply)


def _array(tensor: Any, place: int) -> tuple[str, np.ndarray]:
    where = f"inputs[{place}]"
    if not isinstance(tensor, dict):
        raise Refused(400, "malformed_input", f"{where} must be an object")
    name, shape, datatype, data = (tensor.get(key) for key in ("name", "shape", "datatype", "data"))
    if not isinstance(name, str):
        raise Refused(400, "malformed_input", f"{where}.name must be a text")
    if not isinstance(shape, list) or not all(type(size) is int and size >= 0 for size in shape):
        raise Refused(400, "malformed_input", f"{where}.shape must be a list of whole numbers")
    if datatype != "BYTES" and datatype not in _NUMPY:
        raise Refused(400, "malformed_input", f"{where}.datatype must be one of BYTES, {', '.join(_NUMPY)}")
    if not isinstance(data, list):
        raise Refused(400, "malformed_input", f"{where}.data must be a list")
    try:
        flat = np.array(data, dtype=object if datatype == "BYTES" else _NUMPY[datatype]).reshape(-1)
    except (ValueError, TypeError, OverflowError) as error:
        raise Refused(400, "malformed_input", f"{where}.data is not {datatype}: {error}") from error
    if flat.size != prod(shape):
        raise Refused(400, "malformed_input", f"{where} has {flat.size} values; its shape {shape} needs {prod(shape)}")
    return name, flat.reshape(shape)


def _model_input(arrays: dict[str, np.ndarray], model: LoadedModel) -> Any:
    schema = model.signature.inputs if model.signature else None
    first = next(iter(arrays.values()))
    if schema is None or schema.is_tensor_spec():
        return first if len(arrays) == 1 and (schema is None or not schema.has_input_names()) else arrays
    names = schema.input_names() if schema.has_input_names() else None
    if (
        names
        and len(arrays) == 1
        and first.ndim == 2
        and first.shape[1] == len(names)
        and next(iter(arrays)) not in names
    ):
        return pd.DataFrame(first, columns=names)
    rows = {len(each) if each.ndim else 0 for each in arrays.values()}
    if len(rows) != 1 or any(
        each.ndim not in (1, 2) or each.ndim == 2 and each.shape[1] != 1 for each in arrays.values()
    ):
        raise Refused(400, "schema", "each input must be one column of as many rows as the others: shape [n] or [n, 1]")
    return pd.DataFrame(
        {name: pd.Series(each.reshape(-1).tolist(), dtype=_pandas_type(each)) for name, each in arrays.items()}
    )


def _pandas_type(values: np.ndarray) -> Any:
    return None if values.dtype == object else values.dtype


def _outputs(answer: Any) -> list[dict[str, Any]]:
    if isinstance(answer, dict):
        return [_output(str(name), values) for name, values in answer.items()]
    if isinstance(answer, list) and answer and isinstance(answer[0], dict):
        return [_output(str(name), [row.get(name) for row in answer]) for name in answer[0]]
    return [_output("predictions", answer)]


def _output(name: str, values: Any) -> dict[str, Any]:
    array = np.array(values)
    if array.dtype.kind in "OUS":
        flat = [each if isinstance(each, str) else str(each) for each in array.reshape(-1).tolist()]
        return {"name": name, "shape": list(array.shape), "datatype": "BYTES", "data": flat}
    return {
        "name": name,
        "shape": list(array.shape),
        "datatype": _datatype(array.dtype),
        "data": array.reshape(-1).tolist(),
    }
