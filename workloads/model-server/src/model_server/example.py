"""A version answers its own input example before it is served: what cannot do that would answer nobody."""

import logging
import time
from dataclasses import replace
from typing import Any

import orjson

from model_server.answers import encode
from model_server.errors import Refused, words
from model_server.loading import LoadedModel
from model_server.paths import Shortcut
from model_server.protocol import predict

_log = logging.getLogger("model_server.example")

_JSON = "application/json"


class CannotAnswer(Exception):
    """The model refuses its own input example; the message says in whose words."""


def tried(model: LoadedModel, shortcut: Shortcut | None) -> Shortcut | None:
    """
    Asks the model for its own input example, as a client would ask; does nothing where it has none. Returns the shortcut with the time
    that it took for the example, or None where its answer is not MLflow's.

    Raises CannotAnswer where the model takes the example neither as a request nor as it was given to MLflow.
    """
    try:
        body = None if model.serving_example is None else _answer(model, model.serving_example.encode())
    except Refused as error:
        # MLflow cannot write every example as a request: one that the model takes in Python says nothing against it.
        if model.input_example is None or not _takes_in_python(model):
            raise CannotAnswer(f"it cannot answer its own input example: {error}") from error
        _log.warning("the input example is no request that the model takes", extra={"error": str(error)})
        return shortcut
    if body is None:
        if model.input_example is not None:
            _ask_in_python(model)
        return shortcut
    return None if shortcut is None else _timed(model, shortcut, body)


def _answer(model: LoadedModel, request: bytes) -> bytes:
    return predict(request, _JSON, model, len(request)).body()


def _takes_in_python(model: LoadedModel) -> bool:
    try:
        model.predict(model.input_example, model.example_params)
        return True
    except Exception:  # The reason that counts is the one of the request.
        return False


def _ask_in_python(model: LoadedModel) -> None:
    try:
        model.predict(model.input_example, model.example_params)
    except Exception as error:
        raise CannotAnswer(f"it cannot answer its own input example: {words(error)}") from error


def _timed(model: LoadedModel, shortcut: Shortcut, wanted: bytes) -> Shortcut | None:
    rows = _rows(model, shortcut)
    if rows is None or len(rows) > shortcut.max_rows:
        return shortcut
    try:
        answer = shortcut.predict(rows)  # What only the first call pays is not counted.
        started = time.perf_counter()
        answer = shortcut.predict(rows)
        seconds = time.perf_counter() - started
        equal = encode({"predictions": answer}) == wanted
    except Exception:
        _log.exception("the shortcut fails for the input example", extra={"version": model.version})
        return None
    if not equal:
        _log.error("the shortcut's answer to the input example is not MLflow's", extra={"version": model.version})
        return None
    return replace(shortcut, seconds=seconds)


def _rows(model: LoadedModel, shortcut: Shortcut) -> Any:
    try:
        payload = orjson.loads(model.serving_example or "")
    except orjson.JSONDecodeError:
        return None
    return shortcut.reader.read(payload) if isinstance(payload, dict) else None
