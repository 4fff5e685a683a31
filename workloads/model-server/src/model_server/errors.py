"""Errors that a client reads. Imports nothing of MLflow, so that a process without a model can answer too."""

import json
from typing import Any

import orjson

_CODES = {400: "BAD_REQUEST", 401: "UNAUTHENTICATED", 404: "RESOURCE_DOES_NOT_EXIST", 408: "REQUEST_TIMEOUT",
          413: "REQUEST_TOO_LARGE", 415: "UNSUPPORTED_MEDIA_TYPE", 429: "RESOURCE_EXHAUSTED",
          503: "TEMPORARILY_UNAVAILABLE", 504: "DEADLINE_EXCEEDED"}  # fmt: skip


class Refused(Exception):
    """The request is at fault: `status` is 4xx, `reason` a word for the metrics, the message says what is wrong."""

    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason


class Unavailable(Exception):
    """What the server needs for an answer does not answer, whatever the request says: 503, an error of the server's own."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def words(error: BaseException) -> str:
    """What an exception of a model or a library says, as text that can be sent; its type where it says nothing, or fails when it is asked."""
    try:
        return str(error).encode("utf-8", "replace").decode() or type(error).__name__
    except Exception:
        return type(error).__name__


def error_body(status: int, message: str, reason: str = "", path: str = "") -> bytes:
    """As MLflow's errors look, with the reason that the metrics count; below /v2 as the Open Inference Protocol's."""
    if path == "/v2" or path.startswith("/v2/"):
        return plain_json({"error": message})
    code = _CODES.get(status, "INTERNAL_ERROR" if status >= 500 else "BAD_REQUEST")
    content = {"error_code": code, "message": message, **({"reason": reason} if reason else {})}
    return plain_json(content)


def plain_json(content: Any) -> bytes:
    """Of what the server itself says, whatever text of a client or a model is in it: half a surrogate pair is escaped."""
    try:
        return orjson.dumps(content, option=orjson.OPT_SERIALIZE_NUMPY)
    except TypeError:
        return json.dumps(content, default=str).encode()
