"""OpenAPI 3.1 description of the server, from the model's signature."""

from typing import Any

from mlflow.types import DataType, Schema

from model_server.inference import metadata
from model_server.served import ServedModel
from model_server.settings import Settings

_JSON_TYPES = {
    DataType.double: {"type": "number"},
    DataType.float: {"type": "number", "format": "float"},
    DataType.long: {"type": "integer", "format": "int64"},
    DataType.integer: {"type": "integer", "format": "int32"},
    DataType.boolean: {"type": "boolean"},
    DataType.string: {"type": "string"},
    DataType.datetime: {"type": "string", "format": "date-time"},
    DataType.binary: {"type": "string", "contentEncoding": "base64"},
}


def openapi(settings: Settings, model: ServedModel | None) -> dict[str, Any]:
    schema = model.loaded.signature.inputs if model and model.loaded.signature else None
    version = model.version if model else "none"
    name = settings.name
    infer = {
        "summary": "Predict, Open Inference Protocol v2",
        **_body(_tensors()),
        "responses": _responses({"type": "object"}),
    }
    predict = {
        "summary": "Predict, MLflow's scoring protocol",
        **_body(_requests(schema)),
        "responses": _responses(_answers()),
    }
    described = {"summary": "The model's name, version, inputs and outputs", "responses": _ok({"type": "object"})}
    if model:
        described["x-model"] = metadata(name, model.loaded)
    return {
        "openapi": "3.1.0",
        "info": {"title": f"Model {name}", "version": version, "description": "Answers are those of mlflow.pyfunc."},
        "servers": [{"url": "."}],
        "paths": {
            "/invocations": {"post": predict},
            f"/v2/models/{name}/infer": {"post": infer},
            f"/v2/models/{name}": {"get": described},
            "/health/ready": {"get": {"summary": "200 when a version answers", "responses": _ok({"type": "object"})}},
            "/version": {"get": {"summary": "MLflow's version", "responses": _ok({"type": "string"})}},
        },
    }


def _ok(schema: dict[str, Any]) -> dict[str, Any]:
    return {"200": {"description": "OK", "content": {"application/json": {"schema": schema}}}}


def _responses(schema: dict[str, Any]) -> dict[str, Any]:
    error = {"application/json": {"schema": {"type": "object", "properties": {"error_code": {"type": "string"},
             "message": {"type": "string"}, "reason": {"type": "string"}}}}}  # fmt: skip
    meanings = {"400": "The input is wrong; the message says where", "413": "The body is too large",
                "415": "Unknown Content-Type or Content-Encoding", "429": "Too many requests wait; see Retry-After",
                "503": "No version yet; see Retry-After", "504": "No prediction in time"}  # fmt: skip
    return _ok(schema) | {code: {"description": text, "content": error} for code, text in meanings.items()}


def _body(schema: dict[str, Any]) -> dict[str, Any]:
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def _answers() -> dict[str, Any]:
    return {"type": "object", "required": ["predictions"], "properties": {"predictions": {}}}


def _requests(schema: Schema | None) -> dict[str, Any]:
    params = {"params": {"type": "object"}}
    if schema is None:
        keys = ("dataframe_split", "dataframe_records", "instances", "inputs")
        return {"oneOf": [{"type": "object", "required": [key], "properties": {key: {}, **params}} for key in keys]}
    if schema.is_tensor_spec():
        keys = ("inputs", "instances")
        return {
            "oneOf": [
                {"type": "object", "required": [key], "properties": {key: _tensor(schema), **params}} for key in keys
            ]
        }
    row = _row(schema)
    names = [str(each) for each in schema.input_names()]
    split = {"type": "object", "required": ["columns", "data"], "properties": {
        "columns": {"type": "array", "items": {"enum": names}},
        "data": {"type": "array", "items": {"type": "array"}},
        "index": {"type": "array"}}}  # fmt: skip
    return {
        "oneOf": [
            {"type": "object", "required": ["dataframe_records"],
             "properties": {"dataframe_records": {"type": "array", "items": row}, **params}},
            {"type": "object", "required": ["dataframe_split"], "properties": {"dataframe_split": split, **params}},
        ]
    }  # fmt: skip


def _row(schema: Schema) -> dict[str, Any]:
    properties = {str(each.name or place): _column(each.type) for place, each in enumerate(schema.inputs)}
    required = [str(each.name or place) for place, each in enumerate(schema.inputs) if each.required]
    return {"type": "object", "required": required, "properties": properties}


def _column(kind: Any) -> dict[str, Any]:
    return dict(_JSON_TYPES[kind]) if isinstance(kind, DataType) else {"description": str(kind)}


def _tensor(schema: Schema) -> dict[str, Any]:
    if schema.has_input_names():
        return {"type": "object", "properties": {each.name: _nested(each) for each in schema.inputs}}
    return _nested(schema.inputs[0])


def _nested(tensor: Any) -> dict[str, Any]:
    kind = {"f": "number", "i": "integer", "u": "integer", "b": "boolean"}.get(tensor.type.kind, "string")
    nested: dict[str, Any] = {"type": kind}
    for size in reversed(tensor.shape):
        nested = {"type": "array", "items": nested, **({"minItems": size, "maxItems": size} if size >= 0 else {})}
    return nested


def _tensors() -> dict[str, Any]:
    tensor = {"type": "object", "required": ["name", "shape", "datatype", "data"], "properties": {
        "name": {"type": "string"}, "shape": {"type": "array", "items": {"type": "integer"}},
        "datatype": {"type": "string"}, "data": {"type": "array"}}}  # fmt: skip
    return {"type": "object", "required": ["inputs"],
            "properties": {"id": {"type": "string"}, "inputs": {"type": "array", "items": tensor}}}  # fmt: skip
