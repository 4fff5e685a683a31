"""
Prediction requests in every form of MLflow's scoring protocol, read by MLflow's own functions.

The quick forms never come here; what does is a form less common, a large body, or a request that is wrong.
"""

import json
import re
import threading
import zlib
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from io import BytesIO
from typing import Any, NamedTuple, Protocol, TypeVar

import orjson
import pandas as pd
import pyarrow.parquet
from mlflow.exceptions import MlflowException
from mlflow.pyfunc.scoring_server import (
    CONTENT_TYPE_CSV,
    CONTENT_TYPE_JSON,
    CONTENT_TYPE_PARQUET,
    _parse_json_data,
    parse_parquet_input,
)
from mlflow.pyfunc.utils.serving_data_parser import is_unified_llm_input
from mlflow.utils.proto_json_utils import _get_jsonable_obj

from mlplatform.tables.columns import replaced
from model_server.answers import encode
from model_server.csv_table import read_csv
from model_server.dates import frame_in_utc, in_utc
from model_server.errors import Refused, Unavailable, words
from model_server.loading import LoadedModel
from model_server.optional import Held, alike, left_out, take_missing, take_nulls, with_columns


class Predicted(NamedTuple):
    """
    An answer before it is written: what was asked (a frame or arrays), its JSON values, and the form of the reply. The Open Inference
    Protocol writes `reply`, and `binary` after it where that is not None.
    """

    form: str
    data: Any
    answer: Any
    reply: Any = None
    binary: bytes | None = None

    def body(self) -> bytes:
        if self.reply is not None:
            return encode(self.reply)
        if self.form == "lines":
            return b"".join(encode({"prediction": each}) + b"\n" for each in self.answer)
        return encode(self.answer if self.form == "bare" else {"predictions": self.answer})


CONTENT_TYPE_JSON_LINES = ("application/jsonlines", "application/x-ndjson")
_TYPES = (CONTENT_TYPE_JSON, CONTENT_TYPE_CSV, CONTENT_TYPE_PARQUET, *CONTENT_TYPE_JSON_LINES)
_LARGE_BYTES = 1024 * 1024
_CELLS_PER_BODY_BYTE = 2
_MESSAGE_CHARACTERS = 2000
_one_large_body = threading.Lock()
Each = TypeVar("Each")


def unpacked(body: bytes, encoding: str, max_bytes: int) -> bytes:
    """The body without its Content-Encoding. Never holds more than `max_bytes`, whatever it claims to unpack to."""
    name = encoding.strip().lower()
    if name in ("", "identity"):
        return body
    if name not in ("gzip", "x-gzip", "deflate"):
        raise Refused(415, "unsupported_encoding", f"Content-Encoding {name!r} is not known here; gzip and deflate are")
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 32)
    try:
        content = unpacker.decompress(body, max_bytes + 1)
        if len(content) > max_bytes:
            raise Refused(413, "body_too_large", f"the body unpacks to more than {max_bytes // 1024**2} MiB")
        if not unpacker.eof:
            raise Refused(400, "malformed_encoding", "the compressed body ends too early")
    except zlib.error as error:
        raise Refused(400, "malformed_encoding", f"the body is not {name}: {error}") from error
    return content


class Completing(Protocol):
    """Knows more of a request than it says."""

    def complete(self, payload: dict[str, Any], schema: Any) -> None: ...

    def refuse(self, columns: Iterable[Any], schema: Any) -> None: ...


def predict(
    content: bytes, content_type: str, model: LoadedModel, max_bytes: int, features: Completing | None = None
) -> Predicted:
    """The answer to a request as MLflow's server gives it. Raises Refused for everything that the client can mend.

    `features` completes requests in JSON that only say of whom, and refuses those in a table. Raises Unavailable where it cannot.
    """
    mime, header = _mime_type(content_type)
    if mime in CONTENT_TYPE_JSON_LINES:
        return _predict_lines(content, model, features)

    def read() -> _Read:
        if mime == CONTENT_TYPE_JSON:
            return _read_payload(decoded(content), "predictions", model)
        return _read_table(content, mime, header, model, max_bytes, features)

    if mime != CONTENT_TYPE_JSON or features is None:
        return _ask(_in_turn(content, read), model)
    payload = _in_turn(content, lambda: decoded(content))
    _understood(lambda: features.complete(payload, _schema(model)))  # It waits for a store, and nobody for it.
    return _ask(_in_turn(content, lambda: _read_payload(payload, "predictions", model)), model)


def _in_turn(content: bytes, read: Callable[[], Each]) -> Each:
    """Parsing takes many times the body's size: one large body at a time."""
    with _one_large_body if len(content) > _LARGE_BYTES else nullcontext():
        return _understood(read)


class _Read(NamedTuple):
    """A request's data as MLflow's functions read it, and what of it MLflow cannot hand to a model."""

    data: Any
    params: Any
    form: str
    held: Held


def _understood(read: Callable[[], Each]) -> Each:
    try:
        return read()
    except (Refused, Unavailable):
        raise
    except MlflowException as error:
        raise Refused(400, "malformed_input", _short(error.message)) from error
    except RecursionError as error:
        raise Refused(400, "malformed_json", "the JSON is nested too deeply") from error
    except Exception as error:  # Whatever a parser makes of what a client sent, the client's data is what it fell over.
        raise Refused(400, "malformed_input", _short(f"the input cannot be read: {error!r}")) from error


def _ask(read: _Read, model: LoadedModel) -> Predicted:
    answer = json_values(ask(model, read.data, read.params, read.held))
    if read.form == "lines" and (not isinstance(answer, list) or len(answer) != len(read.data)):
        raise Refused(400, "malformed_input", "this model does not answer one value per line")
    shown = replaced(read.data, read.held) if read.held and isinstance(read.data, pd.DataFrame) else read.data
    return Predicted(read.form, shown, answer)


def _read_payload(payload: dict[str, Any], form: str, model: LoadedModel) -> _Read:
    held: Held = {}
    metadata, schema = model.pyfunc.metadata, _schema(model)
    if not is_unified_llm_input(payload) and not metadata._is_signature_from_type_hint():
        in_utc(payload, schema)
        held = take_nulls(payload, schema)
    parsed = _parse_json_data(payload, metadata, schema)
    return _Read(parsed.data, parsed.params, "bare" if parsed.is_unified_llm_input else form, held)


def _predict_lines(content: bytes, model: LoadedModel, features: Completing | None) -> Predicted:
    """Each line as if it came alone: those that lack the same values are asked about together, and no others."""
    lines = {"dataframe_records": _lines(content)}
    if features is not None:
        features.complete(lines, _schema(model))
    records = lines["dataframe_records"]
    groups = list(alike(records, _schema(model)).values())
    answered = []
    for places in groups:
        payload = {"dataframe_records": [records[place] for place in places]}
        answered.append(_ask(_understood(lambda payload=payload: _read_payload(payload, "lines", model)), model))
    if len(groups) == 1:
        return answered[0]
    answers: list[Any] = [None] * len(records)
    for places, part in zip(groups, answered, strict=True):
        for place, answer in zip(places, part.answer, strict=True):
            answers[place] = answer
    shown = [part.data.set_axis(places) for places, part in zip(groups, answered, strict=True)]
    return Predicted("lines", pd.concat([frame.astype(object) for frame in shown]).sort_index(), answers)


def _read_table(
    content: bytes, mime: str, header: bool, model: LoadedModel, max_bytes: int, features: Completing | None
) -> _Read:
    schema = _schema(model)
    if mime == CONTENT_TYPE_CSV:
        table = read_csv(_utf8(content), schema, header)
    else:
        _check_parquet(content, max_bytes)
        table = frame_in_utc(parse_parquet_input(BytesIO(content)), schema)
    if features is not None:
        features.refuse(table.columns, schema)
    return _Read(table, None, "predictions", take_missing(table, schema))


def ask(model: LoadedModel, data: Any, params: Any = None, held: Held | None = None) -> Any:
    """What the model answers. Raises Refused where the signature or the model does not take the data."""
    schema = _schema(model)
    try:
        return (with_columns(model.pyfunc, schema, held) if held else model.pyfunc).predict(data, params=params)
    except MlflowException as error:
        reason = "schema" if "schema" in error.message.lower() else "refused_by_model"
        raise Refused(400, reason, _short(f"the input does not fit the model's signature: {error.message}")) from error
    except Exception as error:
        nulls = left_out(model.pyfunc, schema, data, error)
        if nulls and not nulls.keys() <= (held or {}).keys():
            return ask(model, data, params, nulls | (held or {}))
        # As MLflow's server: what the model cannot take is the request's fault.
        raise Refused(400, "refused_by_model", _short(f"the model cannot take this input: {words(error)}")) from error


def json_values(raw: Any) -> Any:
    """A model's answer as MLflow's server writes it."""
    return _get_jsonable_obj(raw, pandas_orient="records")


def _mime_type(content_type: str) -> tuple[str, bool]:
    """The type, and whether CSV has a line of names. Raises Refused with 415 for what is not taken."""
    mime, *parameters = (part.strip() for part in content_type.split(";"))
    named = {key.lower(): value for key, _, value in (pair.partition("=") for pair in parameters if pair)}
    if named.pop("charset", "utf-8").lower().strip('"') != "utf-8":
        raise Refused(415, "unsupported_media_type", "only UTF-8 is understood")
    # As RFC 4180 and SageMaker say whether there is one.
    header = named.pop("header", "present").lower().strip('"')
    if header not in ("present", "absent") or (header == "absent" and mime.lower() != CONTENT_TYPE_CSV):
        raise Refused(415, "unsupported_media_type", "header is present or absent, and for text/csv only")
    if named:
        raise Refused(415, "unsupported_media_type", f"unknown parameters of Content-Type: {', '.join(named)}")
    if mime.lower() not in _TYPES:
        given = f"{mime!r} is not" if mime else "a Content-Type is needed, one"
        raise Refused(415, "unsupported_media_type", f"{given} of: {', '.join(_TYPES)}")
    return mime.lower(), header == "present"


# orjson makes a float of an integer beyond 64 bits.
_LONG_INTEGER = re.compile(rb"(?<![\d.])\d{19}")


def decoded(content: bytes) -> dict[str, Any]:
    """What MLflow's server reads, with Python's reader where that gives another value: NaN, half a surrogate pair, an integer of any size."""
    try:
        decoded = None if _LONG_INTEGER.search(content) else orjson.loads(content)
    except orjson.JSONDecodeError:
        decoded = None
    if decoded is None:
        try:
            decoded = json.loads(content)
        except (ValueError, RecursionError) as error:
            raise Refused(400, "malformed_json", f"the body is not valid JSON: {error}") from error
    if not isinstance(decoded, dict):
        kinds = "dataframe_split, dataframe_records, instances, inputs"
        raise Refused(400, "malformed_input", f"the JSON must be an object with one of the keys {kinds}")
    return decoded


def _lines(content: bytes) -> list[dict[str, Any]]:
    records = [decoded(line) for line in content.splitlines() if line.strip()]
    if not records:
        raise Refused(400, "malformed_input", "there is no line")
    return records


def _utf8(content: bytes) -> bytes:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Refused(400, "malformed_input", f"the text is not UTF-8: {error}") from error
    if not content.strip():
        raise Refused(400, "malformed_input", "the body is empty")
    return content


def _check_parquet(content: bytes, max_bytes: int) -> None:
    """Refuses by its own directory a small file that holds a great many values."""
    try:
        meta = pyarrow.parquet.ParquetFile(BytesIO(content)).metadata
    except Exception as error:
        raise Refused(400, "malformed_input", f"the body is not Parquet: {error}") from error
    unpacked_bytes = sum(meta.row_group(place).total_byte_size for place in range(meta.num_row_groups))
    if unpacked_bytes > max_bytes or meta.num_rows * meta.num_columns > max_bytes * _CELLS_PER_BODY_BYTE:
        raise Refused(413, "body_too_large", f"the table is larger than {max_bytes // 1024**2} MiB")


def _schema(model: LoadedModel) -> Any:
    return model.pyfunc.metadata.get_input_schema()


def _short(message: str) -> str:
    return message if len(message) <= _MESSAGE_CHARACTERS else f"{message[:_MESSAGE_CHARACTERS]} …"
