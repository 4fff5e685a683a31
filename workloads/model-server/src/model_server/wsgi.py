"""The way from a request to the Flask app and back."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from model_server.http import Request
from model_server.protocol import Predicted
from model_server.reply import Reply


@dataclass
class Told:
    """What the app says of a prediction beside its answer."""

    outcome: str = ""
    reason: str = ""
    predicted: Predicted | None = None


TOLD = "model_server.told"
MODEL = "model_server.model"
_OWN_HEADERS = frozenset(("content-type", "content-length", "connection", "date", "server"))


def call_wsgi(app: Callable[..., Any], request: Request) -> Reply:
    told = Told()
    started: list[Any] = []

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], None]:
        started[:] = (int(status.split(" ", 1)[0]), headers)
        return lambda data: None

    result = app(_environ(request, told), start_response)
    try:
        body = b"".join(result)
    finally:
        if hasattr(result, "close"):
            result.close()
    status, headers = started
    content_type = next((value for name, value in headers if name.lower() == "content-type"), "application/json")
    others = {name: value for name, value in headers if name.lower() not in _OWN_HEADERS}
    return Reply(status, body, content_type, others, told.outcome, told.reason, told.predicted)


def _environ(request: Request, told: Told) -> dict[str, Any]:
    path, _, query = request.target.partition(b"?")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": _unquoted(path),
        "QUERY_STRING": query.decode("latin-1"),
        "SERVER_NAME": "model-server",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "CONTENT_LENGTH": str(len(request.body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(request.body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        TOLD: told,
        MODEL: request.model,
    }
    for name, value in request.headers.items():
        key = name.decode("latin-1").upper().replace("-", "_")
        if key == "CONTENT_TYPE":
            environ[key] = value.decode("latin-1")
        elif key not in ("CONTENT_LENGTH", "TRANSFER_ENCODING"):
            environ[f"HTTP_{key}"] = value.decode("latin-1")
    return environ


def _unquoted(path: bytes) -> str:
    from urllib.parse import unquote_to_bytes

    return unquote_to_bytes(path).decode("latin-1")
