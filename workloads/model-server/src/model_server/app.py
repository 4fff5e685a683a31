"""The Flask app: every route of the server."""

from collections.abc import Callable
from typing import Any, Protocol

from flask import Flask, Response, request
from mlflow.version import VERSION
from werkzeug.exceptions import HTTPException

from model_server import inference, protocol
from model_server.docs_page import POLICY, asset, docs_page
from model_server.errors import Refused, Unavailable, error_body, plain_json
from model_server.openapi import openapi
from model_server.protocol import Predicted
from model_server.served import ServedModel
from model_server.settings import Settings
from model_server.wsgi import MODEL, TOLD, Told


class Surface(Protocol):
    """What the app sees of its server."""

    settings: Settings
    model: ServedModel | None
    why_not: str


def create_app(surface: Surface) -> Flask:
    app = Flask("model_server", static_folder=None)
    settings = surface.settings

    def served() -> ServedModel:
        # The version that the request came to, also where another is served by now.
        model = request.environ.get(MODEL) or surface.model
        if model is None:
            raise NoVersion(surface.why_not)
        return model

    def told() -> Told:
        return request.environ.setdefault(TOLD, Told())

    def predicted(ask: Callable[[bytes], Predicted]) -> Response:
        told().outcome = "error"
        body = protocol.unpacked(
            request.get_data(), request.headers.get("Content-Encoding", ""), settings.max_body_bytes
        )
        answer = ask(body)
        told().outcome, told().predicted = "ok", answer
        body = answer.body()
        if answer.binary is not None:
            length = {inference.JSON_LENGTH: str(len(body))}
            return Response(body + answer.binary, 200, length, content_type="application/octet-stream")
        kind = "application/jsonlines" if answer.form == "lines" else "application/json"
        return Response(body, 200, content_type=kind)

    @app.post("/invocations")
    def invocations() -> Response:
        model = served()
        kind = request.headers.get("Content-Type", "")
        return predicted(
            lambda body: protocol.predict(body, kind, model.loaded, settings.max_body_bytes, model.features)
        )

    @app.post("/v2/models/<name>/infer")
    @app.post("/v2/models/<name>/versions/<version>/infer")
    def infer(name: str, version: str | None = None) -> Response:
        model = served()
        inference.check_name(settings.name, model.version, name, version)
        json_length = request.headers.get(inference.JSON_LENGTH)
        return predicted(lambda body: inference.infer(body, json_length, settings.name, model.loaded, model.features))

    @app.get("/v2")
    def server_metadata() -> Response:
        return _json({"name": "model-server", "version": VERSION, "extensions": inference.EXTENSIONS})

    @app.get("/v2/health/live")
    def live() -> Response:
        return _json({"live": True})

    @app.get("/v2/health/ready")
    def ready() -> Response:
        return _json({"ready": surface.model is not None}, 200 if surface.model else 503)

    @app.get("/v2/models/<name>/ready")
    @app.get("/v2/models/<name>/versions/<version>/ready")
    def model_ready(name: str, version: str | None = None) -> Response:
        model = served()
        inference.check_name(settings.name, model.version, name, version)
        return _json({"name": settings.name, "ready": True})

    @app.get("/v2/models/<name>")
    @app.get("/v2/models/<name>/versions/<version>")
    def model_metadata(name: str, version: str | None = None) -> Response:
        model = served()
        inference.check_name(settings.name, model.version, name, version)
        return _json(inference.metadata(settings.name, model.loaded))

    @app.get("/version")
    def mlflow_version() -> Response:
        return Response(VERSION, 200, content_type="application/json")

    @app.get("/openapi.json")
    def description() -> Response:
        return _json(openapi(settings, surface.model))

    @app.get("/docs")
    def docs() -> Response:
        page = docs_page(f"Model {settings.name}")
        return Response(page, 200, {"Content-Security-Policy": POLICY}, content_type="text/html; charset=utf-8")

    @app.get("/docs/<name>")
    def docs_file(name: str) -> Response:
        found = asset(name)
        if found is None:
            return _error(404, f"the page has no file {name}")
        cached = {"Cache-Control": "max-age=3600", "X-Content-Type-Options": "nosniff"}
        return Response(found.content, 200, cached, content_type=found.content_type)

    @app.errorhandler(Refused)
    def refused(error: Refused) -> Response:
        told().outcome, told().reason = "rejected", error.reason
        return _error(error.status, str(error), error.reason)

    @app.errorhandler(Unavailable)
    def unavailable(error: Unavailable) -> Response:
        told().outcome = "error"
        response = _error(503, str(error), error.reason)
        response.headers["Retry-After"] = "1"
        return response

    @app.errorhandler(NoVersion)
    def no_version(error: NoVersion) -> Response:
        response = _error(503, str(error))
        response.headers["Retry-After"] = "5"
        return response

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> Response:
        return _error(error.code or 500, f"{error.name}: {request.method} {request.path}")

    return app


class NoVersion(Exception):
    """There is no model to answer with."""


def _json(content: Any, status: int = 200) -> Response:
    return Response(plain_json(content), status, content_type="application/json")


def _error(status: int, message: str, reason: str = "") -> Response:
    return Response(error_body(status, message, reason, request.path), status, content_type="application/json")
