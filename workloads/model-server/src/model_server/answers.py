"""Predictions as the JSON that MLflow's server writes: the same values to the last bit."""

import json
from typing import Any

import orjson
from mlflow.utils.proto_json_utils import NumpyEncoder

from model_server.errors import Refused, words


def encode(answer: Any) -> bytes:
    """Raises Refused where the model answered with what JSON cannot hold."""
    try:
        text = orjson.dumps(answer)
    except TypeError:
        return _encode_as_mlflow(answer)
    # orjson writes NaN and infinity as null, where MLflow's JSON keeps them apart.
    return _encode_as_mlflow(answer) if b"null" in text else text


def _encode_as_mlflow(answer: Any) -> bytes:
    # Escapes all that is not ASCII, so that it can write half a surrogate pair, which no UTF-8 can.
    try:
        return json.dumps(answer, cls=NumpyEncoder).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise Refused(
            400, "refused_by_model", f"the model's answer cannot be written as JSON: {words(error)}"
        ) from error
