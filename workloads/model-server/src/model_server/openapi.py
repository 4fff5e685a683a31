"""OpenAPI 3.1 description of the server, from the model's signature and its input example."""

from typing import Any

from model_server.example_requests import example_csv, example_json, example_lines, example_tensors
from model_server.inference import metadata
from model_server.json_schema import requests
from model_server.served import ServedModel
from model_server.settings import Settings

_MEANINGS = {"400": "The input is wrong; the message says where", "404": "Nothing is known of whom the request names",
             "413": "The body is too large", "415": "Unknown Content-Type or Content-Encoding",
             "429": "Too many requests wait; see Retry-After",
             "503": "No version yet, or features cannot be looked up; see Retry-After", "504": "No prediction in time"}  # fmt: skip


def openapi(settings: Settings, model: ServedModel | None) -> dict[str, Any]:
    name, version = settings.name, model.version if model else "none"
    described = {
        "summary": "The model's name, version, inputs and outputs",
        "tags": ["model"],
        "responses": _ok({"type": "object"}),
    }
    if model:
        described["x-model"] = metadata(name, model.loaded)
    health = {"summary": "200 when a version answers", "tags": ["server"], "responses": _ok({"type": "object"})}
    library = {"summary": "MLflow's version", "tags": ["server"], "responses": _ok({"type": "string"})}
    document: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {"title": f"Model {name}", "version": version, "description": "Answers are those of mlflow.pyfunc."},
        "servers": [{"url": "."}],
        "tags": [{"name": "model"}, {"name": "server"}],
        "paths": {
            "/invocations": {"post": _predict(model)},
            f"/v2/models/{name}/infer": {"post": _infer(name, model)},
            f"/v2/models/{name}": {"get": described},
            "/health/ready": {"get": health},
            "/version": {"get": library},
        },
    }
    if settings.token_file is not None:  # Asked for on the public port only.
        document["components"] = {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}}
        document["security"] = [{}, {"token": []}]
    return document


def _predict(model: ServedModel | None) -> dict[str, Any]:
    loaded = model.loaded if model else None
    content = {
        "application/json": _media(requests(loaded.signature if loaded else None), loaded and example_json(loaded))
    }
    for kind, example in (
        ("text/csv", loaded and example_csv(loaded)),
        ("application/jsonlines", loaded and example_lines(loaded)),
    ):
        if example is not None:
            content[kind] = _media({"type": "string"}, example)
    answer = {"type": "object", "required": ["predictions"], "properties": {"predictions": {}}}
    return {
        "summary": "Predict, MLflow's scoring protocol",
        "tags": ["model"],
        "requestBody": {"required": True, "content": content},
        "responses": _ok(answer)
        | _failures({"error_code": {"type": "string"}, "message": {"type": "string"}, "reason": {"type": "string"}}),
    }


def _infer(name: str, model: ServedModel | None) -> dict[str, Any]:
    tensor = {"type": "object", "required": ["name", "shape", "datatype", "data"], "properties": {
        "name": {"type": "string"}, "shape": {"type": "array", "items": {"type": "integer"}},
        "datatype": {"type": "string"}, "data": {"type": "array"}}}  # fmt: skip
    output = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}
    body = {"type": "object", "required": ["inputs"], "properties": {
        "id": {"type": "string"}, "inputs": {"type": "array", "items": tensor}, "outputs": {"type": "array", "items": output},
        "parameters": {"type": "object"}}}  # fmt: skip
    answer = {
        "type": "object",
        "properties": {"model_name": {"type": "string"}, "outputs": {"type": "array", "items": tensor}},
    }
    media = _media(body, example_tensors(name, model.loaded) if model else None)
    return {
        "summary": "Predict, Open Inference Protocol v2",
        "tags": ["model"],
        "requestBody": {"required": True, "content": {"application/json": media}},
        "responses": _ok(answer) | _failures({"error": {"type": "string"}}),
    }


def _media(schema: dict[str, Any], example: Any) -> dict[str, Any]:
    return {"schema": schema} if example is None else {"schema": schema, "example": example}


def _ok(schema: dict[str, Any]) -> dict[str, Any]:
    return {"200": {"description": "OK", "content": {"application/json": {"schema": schema}}}}


def _failures(properties: dict[str, Any]) -> dict[str, Any]:
    error = {"application/json": {"schema": {"type": "object", "properties": properties}}}
    return {code: {"description": text, "content": error} for code, text in _MEANINGS.items()}
