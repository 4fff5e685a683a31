"""Errors that a client reads. Imports nothing of MLflow, so that a process without a model can answer too."""

import json

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


def error_body(status: int, message: str, reason: str = "") -> bytes:
    """As MLflow's errors look, with the reason that the metrics count."""
    code = _CODES.get(status, "INTERNAL_ERROR" if status >= 500 else "BAD_REQUEST")
    content = {"error_code": code, "message": message, **({"reason": reason} if reason else {})}
    try:
        return orjson.dumps(content)
    except orjson.JSONEncodeError:  # A message can quote half of a surrogate pair, which UTF-8 cannot hold.
        return json.dumps(content).encode()
