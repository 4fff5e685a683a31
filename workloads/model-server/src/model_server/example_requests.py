"""Requests to try: of the model's own input example, else one with a value of each column's type."""

import csv
import io
import json
from typing import Any

import numpy as np
from mlflow.models.signature import ModelSignature
from mlflow.types import DataType
from mlflow.types.schema import Array, Map, Object

from model_server.inference import metadata
from model_server.loading import LoadedModel

_ROWS = 3
_VALUES: dict[DataType, Any] = {
    DataType.double: 0.5, DataType.float: 0.5, DataType.long: 1, DataType.integer: 1, DataType.boolean: True, DataType.string: "text",
    DataType.datetime: "2025-06-01T00:00:00Z", DataType.binary: "dGV4dA==",
}  # fmt: skip


def example_json(model: LoadedModel) -> Any:
    """The body of a request, or None where neither an example nor a signature tells one."""
    if model.serving_example is not None:
        try:
            return _shortened(json.loads(model.serving_example))
        except ValueError:
            pass
    return None if model.signature is None or model.signature.inputs is None else _made_up(model.signature)


def example_csv(model: LoadedModel) -> str | None:
    """For a table of plain values."""
    split = _split(example_json(model))
    if split is None or any(isinstance(each, (list, dict)) for row in split["data"] for each in row):
        return None
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([split["columns"], *split["data"]])
    return text.getvalue()


def example_lines(model: LoadedModel) -> str | None:
    split = _split(example_json(model))
    return split and "\n".join(json.dumps(dict(zip(split["columns"], row))) for row in split["data"])


def example_tensors(name: str, model: LoadedModel) -> dict[str, Any] | None:
    """For the Open Inference Protocol."""
    body, inputs = example_json(model), metadata(name, model)["inputs"]
    split = _split(body)
    if split is not None:
        values = {str(column): [row[place] for row in split["data"]] for place, column in enumerate(split["columns"])}
    elif isinstance(body, dict) and isinstance(body.get("inputs"), dict):
        values = body["inputs"]
    elif isinstance(body, dict) and len(inputs) == 1:
        values = {inputs[0]["name"]: body.get("inputs")}
    else:
        return None
    try:
        nested = _nested(model.signature)
        tensors = [
            _tensor(each, values[each["name"]], each["name"] in nested) for each in inputs if each["name"] in values
        ]
    except (ValueError, TypeError):
        return None
    return {"inputs": tensors} if tensors else None


def _nested(signature: ModelSignature | None) -> set[str]:
    """Names of the columns whose values are written as JSON."""
    if signature is None or signature.inputs.is_tensor_spec() or not signature.inputs.has_input_names():
        return set()
    return {each.name for each in signature.inputs.inputs if not isinstance(each.type, DataType)}


def _tensor(described: dict[str, Any], values: Any, nested: bool) -> dict[str, Any]:
    if described["datatype"] == "BYTES":
        texts = [each if isinstance(each, str) and not nested else json.dumps(each) for each in values]
        return {"name": described["name"], "shape": [len(texts)], "datatype": "BYTES", "data": texts}
    array = np.array(values)
    if array.dtype.kind not in "fiub":
        raise ValueError("these are no numbers")
    return {
        "name": described["name"],
        "shape": list(array.shape),
        "datatype": described["datatype"],
        "data": array.reshape(-1).tolist(),
    }


def _split(body: Any) -> dict[str, Any] | None:
    split = body.get("dataframe_split") if isinstance(body, dict) else None
    return split if isinstance(split, dict) and "columns" in split and "data" in split else None


def _shortened(body: Any) -> Any:
    split = _split(body)
    if split is not None:
        body["dataframe_split"] = {"columns": split["columns"], "data": split["data"][:_ROWS]}
    elif isinstance(body, dict) and isinstance(body.get("inputs"), list):
        body["inputs"] = body["inputs"][:_ROWS]
    return body


def _made_up(signature: ModelSignature) -> Any:
    schema = signature.inputs
    if schema.is_tensor_spec():
        tensors = [np.ones([max(size, 1) for size in each.shape]).astype(each.type).tolist() for each in schema.inputs]
        return {"inputs": dict(zip(schema.input_names(), tensors)) if schema.has_input_names() else tensors[0]}
    values = [_value(each.type) for each in schema.inputs]
    if not schema.has_input_names():
        return {"inputs": values}
    return {"dataframe_split": {"columns": [str(each) for each in schema.input_names()], "data": [values]}}


def _value(kind: Any) -> Any:
    if isinstance(kind, DataType):
        return _VALUES[kind]
    if isinstance(kind, Array):
        return [_value(kind.dtype)]
    if isinstance(kind, Object):
        return {each.name: _value(each.dtype) for each in kind.properties}
    return {"key": _value(kind.value_type)} if isinstance(kind, Map) else "anything"
