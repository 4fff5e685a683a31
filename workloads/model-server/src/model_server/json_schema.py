"""A signature's types as JSON schema: what a request may hold."""

from typing import Any

from mlflow.models.signature import ModelSignature
from mlflow.types import DataType, Schema
from mlflow.types.schema import Array, Map, Object

_JSON_TYPES: dict[DataType, dict[str, Any]] = {
    DataType.double: {"type": "number"},
    DataType.float: {"type": "number", "format": "float"},
    DataType.long: {"type": "integer", "format": "int64"},
    DataType.integer: {"type": "integer", "format": "int32"},
    DataType.boolean: {"type": "boolean"},
    DataType.string: {"type": "string"},
    DataType.datetime: {
        "type": "string",
        "format": "date-time",
        "description": "A date, or a date and a time of ISO 8601. With an offset "
        "or Z it is put into UTC; without one it is taken as it stands.",
    },  # fmt: skip
    DataType.binary: {"type": "string", "contentEncoding": "base64"},
}
_KINDS = {"f": "number", "i": "integer", "u": "integer", "b": "boolean"}
# Keys by which MLflow's server knows a request of a chat, a completion or an embedding, which is the body itself.
_BARE = ("messages", "prompt", "input")


def requests(signature: ModelSignature | None) -> dict[str, Any]:
    """Bodies of `POST /invocations`."""
    schema = signature.inputs if signature is not None else None
    params = {"params": _params(signature)} if signature is not None and signature.params is not None else {}
    if schema is None:
        return _one_of({key: {} for key in ("dataframe_split", "dataframe_records", "instances", "inputs")}, params)
    if schema.is_tensor_spec():
        return _one_of({key: _tensors(schema) for key in ("inputs", "instances")}, params)
    if not schema.has_input_names():
        rows = (
            {"type": "array", "items": column(schema.inputs[0].type)} if len(schema.inputs) == 1 else {"type": "array"}
        )
        return _one_of({"inputs": rows}, params)
    row = _row(schema)
    names = [str(each) for each in schema.input_names()]
    split = {"type": "object", "required": ["columns", "data"], "properties": {
        "columns": {"type": "array", "items": {"enum": names}},
        "data": {"type": "array", "items": {"type": "array"}},
        "index": {"type": "array"}}}  # fmt: skip
    records = {"type": "array", "items": row}
    found = _one_of({"dataframe_records": records, "dataframe_split": split, "inputs": records}, params)
    if any(name in _BARE for name in names):
        found["oneOf"].insert(0, row)
    return found


def column(kind: Any, required: bool = True) -> dict[str, Any]:
    if isinstance(kind, DataType):
        found = dict(_JSON_TYPES[kind])
    elif isinstance(kind, Array):
        found = {"type": "array", "items": column(kind.dtype)}
    elif isinstance(kind, Object):
        properties = {each.name: column(each.dtype, each.required) for each in kind.properties}
        found = {
            "type": "object",
            "properties": properties,
            "required": [each.name for each in kind.properties if each.required],
        }
    elif isinstance(kind, Map):
        found = {"type": "object", "additionalProperties": column(kind.value_type)}
    else:  # Anything.
        return {}
    return found if required else found | {"type": [found["type"], "null"]}


def _params(signature: ModelSignature) -> dict[str, Any]:
    properties = {}
    for each in signature.params.params if signature.params is not None else ():
        plain = column(getattr(each, "dtype", None))
        shaped = {"type": "array", "items": plain} if getattr(each, "shape", None) else plain
        properties[each.name] = shaped | ({} if each.default is None else {"default": each.default})
    return {"type": "object", "properties": properties}


def _one_of(forms: dict[str, dict[str, Any]], params: dict[str, Any]) -> dict[str, Any]:
    return {
        "oneOf": [
            {"type": "object", "required": [key], "properties": {key: form, **params}} for key, form in forms.items()
        ]
    }


def _row(schema: Schema) -> dict[str, Any]:
    properties = {str(each.name): column(each.type, each.required) for each in schema.inputs}
    return {
        "type": "object",
        "required": [str(each.name) for each in schema.inputs if each.required],
        "properties": properties,
    }


def _tensors(schema: Schema) -> dict[str, Any]:
    if schema.has_input_names():
        return {"type": "object", "properties": {each.name: _nested(each) for each in schema.inputs}}
    return _nested(schema.inputs[0])


def _nested(tensor: Any) -> dict[str, Any]:
    nested: dict[str, Any] = {"type": _KINDS.get(tensor.type.kind, "string")}
    for size in reversed(tensor.shape):
        nested = {"type": "array", "items": nested, **({"minItems": size, "maxItems": size} if size >= 0 else {})}
    return nested
