"""Predictions as the JSON that MLflow's server writes: the same values to the last bit."""

import json
from typing import Any

import orjson
from mlflow.utils.proto_json_utils import NumpyEncoder


def encode(answer: Any) -> bytes:
    try:
        text = orjson.dumps(answer)
    except TypeError:
        return json.dumps(answer, cls=NumpyEncoder).encode()
    # orjson writes NaN and infinity as null, where MLflow's JSON keeps them apart.
    return json.dumps(answer, cls=NumpyEncoder).encode() if b"null" in text else text
