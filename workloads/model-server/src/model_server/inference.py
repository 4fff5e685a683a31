"""Open Inference Protocol v2 over REST (https://github.com/kserve/open-inference-protocol), with the binary tensor extension."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from mlflow.types import DataType, Schema
from mlflow.types.schema import Array

from model_server.dates import frame_in_utc
from model_server.errors import Refused
from model_server.loading import LoadedModel
from model_server.protocol import Completing, Predicted, ask, decoded, json_values
from model_server.tensors import Tensor, answer_array, as_text, datatype_of, described, json_of, read_tensors

EXTENSIONS = ["binary_tensor_data"]
#: Where the body's JSON ends and the tensors' bytes begin, in requests and answers.
JSON_LENGTH = "Inference-Header-Content-Length"
_UNNAMED_OUTPUT = "predictions"


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
        "inputs": _described(signature.inputs if signature else None, "input"),
        "outputs": _described(signature.outputs if signature else None, _UNNAMED_OUTPUT),
    }


def _described(schema: Schema | None, unnamed: str) -> list[dict[str, Any]]:
    if schema is None:
        return []
    kinds = [each.type for each in schema.inputs]
    shapes = [list(each.shape) if schema.is_tensor_spec() else _shape(each.type) for each in schema.inputs]
    return [{"name": name, "datatype": datatype_of(_dtype(kind)), "shape": shape}
            for name, kind, shape in zip(_names(schema, unnamed), kinds, shapes)]  # fmt: skip


def _names(schema: Schema, unnamed: str) -> list[str]:
    count = len(schema.inputs)
    return [
        str(each.name or (unnamed if count == 1 else f"{unnamed}-{place}")) for place, each in enumerate(schema.inputs)
    ]


def _dtype(kind: Any) -> np.dtype:
    while isinstance(kind, Array):
        kind = kind.dtype
    return kind if isinstance(kind, np.dtype) else kind.to_numpy() if isinstance(kind, DataType) else np.dtype(object)


def _shape(kind: Any) -> list[int]:
    return [-1, *_shape(kind.dtype)] if isinstance(kind, Array) else [-1]


def infer(
    body: bytes, json_length: str | None, name: str, model: LoadedModel, features: Completing | None = None
) -> Predicted:
    """Raises Refused for everything that the client can mend, a tensor of entities whose `features` are to be looked up among it."""
    text, binary = _parts(body, json_length)
    request = decoded(text)
    tensors = read_tensors(request.get("inputs"), binary)
    if features is not None:
        features.refuse((each.name for each in tensors), model.signature.inputs if model.signature else None)
    parameters = request.get("parameters") or {}
    if not isinstance(parameters, dict):
        raise Refused(400, "malformed_input", "`parameters` must be an object")
    try:
        data = _model_input(tensors, model)
    except Refused:
        raise
    except Exception as error:  # Such as half a surrogate pair, which no column of text holds.
        raise Refused(400, "malformed_input", f"the tensors cannot be read: {error!r}") from error
    params = {key: value for key, value in parameters.items() if key != "binary_data_output"}
    raw = ask(model, data, params or None)
    answer = _outputs(raw, model.signature.outputs if model.signature else None)
    wanted = _wanted(request.get("outputs"), list(answer), parameters.get("binary_data_output") is True)
    outputs = [described(output, answer[output], as_bytes) for output, as_bytes in wanted.items()]
    reply: dict[str, Any] = {
        "model_name": name,
        "model_version": model.version,
        "outputs": [each for each, _ in outputs],
    }
    if isinstance(request.get("id"), str):
        reply["id"] = request["id"]
    binary_answer = b"".join(content for _, content in outputs) if any(wanted.values()) else None
    return Predicted("bare", data, json_values(raw), reply, binary_answer)


def _parts(body: bytes, json_length: str | None) -> tuple[bytes, bytes]:
    if json_length is None:
        return body, b""
    if not json_length.isascii() or not json_length.isdigit() or int(json_length) > len(body):
        raise Refused(400, "malformed_input", f"{JSON_LENGTH} is {json_length!r}; the body has {len(body)} bytes")
    return body[: int(json_length)], body[int(json_length) :]


def _model_input(tensors: list[Tensor], model: LoadedModel) -> Any:
    schema = model.signature.inputs if model.signature else None
    arrays = {each.name: _plain(each.values) for each in tensors}
    first = next(iter(arrays.values()))
    if schema is None or schema.is_tensor_spec():
        return first if len(arrays) == 1 and (schema is None or not schema.has_input_names()) else arrays
    names = _names(schema, "input")
    if len(arrays) == 1 and first.ndim == 2 and first.shape[1] == len(names) and next(iter(arrays)) not in names:
        return _frame({name: first[:, place] for place, name in enumerate(names)}, schema, names)
    if len({len(each) if each.ndim else 0 for each in arrays.values()}) != 1 or any(
        not each.ndim for each in arrays.values()
    ):
        raise Refused(400, "schema", "each input must be one column of as many rows as the others: shape [n] or [n, 1]")
    return _frame(arrays, schema, names)


def _plain(values: np.ndarray) -> np.ndarray:
    if values.dtype != object:
        return values
    texts = np.empty(values.size, object)
    texts[:] = as_text(values.reshape(-1))
    return texts.reshape(values.shape)


def _frame(arrays: dict[str, np.ndarray], schema: Schema, names: list[str]) -> pd.DataFrame:
    kinds = dict(zip(names, (each.type for each in schema.inputs)))
    table = pd.DataFrame({name: _column(name, values, kinds.get(name)) for name, values in arrays.items()})
    if not schema.has_input_names():
        return table.rename(columns={name: place for place, name in enumerate(names)})
    return frame_in_utc(table, schema)


def _column(name: str, values: np.ndarray, kind: Any) -> pd.Series:
    if kind is not None and not isinstance(kind, DataType):
        if isinstance(kind, Array) and values.dtype != object or values.ndim > 1:
            return pd.Series(list(values.tolist()))
        return pd.Series([json_of(each, f"each value of {name}") for each in values.tolist()], dtype=object)
    if values.ndim > 2 or values.ndim == 2 and values.shape[1] != 1:
        raise Refused(400, "schema", f"{name} must be one column of as many rows as the others: shape [n] or [n, 1]")
    flat = values.reshape(-1)
    if kind == DataType.binary:
        return pd.Series([each.encode() if isinstance(each, str) else each for each in flat.tolist()], dtype=object)
    return pd.Series(flat.tolist(), dtype=None if flat.dtype == object else flat.dtype)


def _outputs(raw: Any, schema: Schema | None) -> dict[str, np.ndarray]:
    """Under the names of the signature's outputs where the answer has as many, so that they are those of the metadata."""
    names = _names(schema, _UNNAMED_OUTPUT) if schema is not None else [_UNNAMED_OUTPUT]
    parts = _named(raw, len(names) if schema is not None and not schema.is_tensor_spec() else 1)
    kinds = [_dtype(each.type) for each in schema.inputs] if schema is not None else [None]
    declared = dict(zip(names, kinds))
    if schema is not None and len(parts) == len(names) and not set(parts) <= set(names):
        parts = dict(zip(names, parts.values()))
    return {str(name): answer_array(values, declared.get(str(name))) for name, values in parts.items()}


def _named(raw: Any, columns: int) -> dict[Any, Any]:
    if isinstance(raw, dict):
        return raw
    if isinstance(raw, pd.DataFrame):
        return {name: raw[name].to_numpy() for name in raw}
    if isinstance(raw, list) and raw and all(isinstance(each, dict) for each in raw):
        return {name: [row.get(name) for row in raw] for name in dict.fromkeys(key for row in raw for key in row)}
    if isinstance(raw, np.ndarray) and raw.ndim == 2 and columns > 1 and raw.shape[1] == columns:
        return {place: raw[:, place] for place in range(columns)}
    return {_UNNAMED_OUTPUT: raw.to_numpy() if isinstance(raw, pd.Series) else raw}


def _wanted(outputs: Any, known: Iterable[str], binary: bool) -> dict[str, bool]:
    """Names of the outputs that are asked for, and whether each is to be binary."""
    if outputs is None or outputs == []:
        return dict.fromkeys(known, binary)
    if not isinstance(outputs, list) or not all(
        isinstance(each, dict) and isinstance(each.get("name"), str) for each in outputs
    ):
        raise Refused(400, "malformed_input", "`outputs` must be a list of objects with a `name`")
    unknown = [each["name"] for each in outputs if each["name"] not in known]
    if unknown:
        raise Refused(400, "unknown_output", f"there is no output {', '.join(unknown)}; there are: {', '.join(known)}")
    wanted = {}
    for each in outputs:
        parameters = each.get("parameters") or {}
        if not isinstance(parameters, dict):
            raise Refused(400, "malformed_input", f"the parameters of output {each['name']} must be an object")
        if parameters.get("classification"):
            raise Refused(
                400, "malformed_input", f"the classification extension, asked for {each['name']}, is not known here"
            )
        wanted[each["name"]] = parameters.get("binary_data", binary) is True
    return wanted
