"""One request through the doors that it can take: MLflow's own server app, MLflow's way in this server, and the shortcut. Each says status and JSON."""

import asyncio
import json
from typing import Any

import orjson

from model_server.answers import encode
from model_server.errors import Refused
from model_server.loading import LoadedModel
from model_server.paths import find_shortcut
from model_server.protocol import predict

JSON = "application/json"
# One event loop for all requests: a new one for each takes longer than an answer.
_runner = asyncio.Runner()


def of_mlflow(app: Any, content: bytes, kind: str) -> tuple[int, Any]:
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": content, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    headers = [(b"content-type", kind.encode()), (b"content-length", b"%d" % len(content))]
    scope = {"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "path": "/invocations", "raw_path": b"/invocations",
             "query_string": b"", "headers": headers, "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80), "scheme": "http", "root_path": ""}  # fmt: skip
    try:
        _runner.run(app(scope, receive, send))
    except Exception:  # Which uvicorn, that MLflow runs its app in, answers with 500.
        return 500, None
    status: int = sent[0]["status"]
    text = b"".join(each.get("body", b"") for each in sent[1:])
    return status, json.loads(text) if status == 200 else None


def of_this_server(model: LoadedModel, content: bytes, kind: str) -> tuple[int, Any]:
    try:
        return 200, json.loads(predict(content, kind, model, 10**7).body())
    except Refused as error:
        return error.status, None


def of_the_shortcut(model: LoadedModel, content: bytes, kind: str) -> tuple[int, Any] | None:
    """None where it does not take the request."""
    shortcut = find_shortcut(model, 128)
    try:
        payload = orjson.loads(content)
        rows = (
            shortcut.reader.read(payload) if shortcut is not None and kind == JSON and type(payload) is dict else None
        )
        return (
            None
            if rows is None or shortcut is None
            else (200, json.loads(encode({"predictions": shortcut.predict(rows)})))
        )
    except Exception:  # MLflow's way is gone then.
        return None
