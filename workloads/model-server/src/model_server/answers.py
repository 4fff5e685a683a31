"""Predictions as the JSON that MLflow's server writes: the same values to the last bit."""

import json
from typing import Any

import orjson
from mlflow.utils.proto_json_utils import NumpyEncoder


class Refused(Exception):
    """The request is at fault: `status` is 4xx, `reason` a word for the metrics, the message says what is wrong."""

    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason


def encode(answer: Any) -> bytes:
    try:
        text = orjson.dumps(answer)
    except TypeError:
        return json.dumps(answer, cls=NumpyEncoder).encode()
    # orjson writes NaN and infinity as null, where MLflow's JSON keeps them apart.
    return json.dumps(answer, cls=NumpyEncoder).encode() if b"null" in text else text


def error_body(status: int, message: str, reason: str = "") -> bytes:
    """As MLflow's errors look, with the reason that the metrics count."""
    codes = {400: "BAD_REQUEST", 401: "UNAUTHENTICATED", 404: "RESOURCE_DOES_NOT_EXIST", 408: "REQUEST_TIMEOUT",
             413: "REQUEST_TOO_LARGE", 415: "UNSUPPORTED_MEDIA_TYPE", 429: "RESOURCE_EXHAUSTED",
             503: "TEMPORARILY_UNAVAILABLE", 504: "DEADLINE_EXCEEDED"}  # fmt: skip
    code = codes.get(status, "INTERNAL_ERROR" if status >= 500 else "BAD_REQUEST")
    return orjson.dumps({"error_code": code, "message": message, **({"reason": reason} if reason else {})})


def numbers_of(answer: Any) -> list[float]:
    """The values of an answer that a histogram can hold: one number per row, or a row's only value."""
    values = answer if type(answer) is list else []
    if values and type(values[0]) is dict and len(values[0]) == 1:
        values = [next(iter(each.values()), None) for each in values]
    return [each for each in values if type(each) in (int, float) and each == each]
