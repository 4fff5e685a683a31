"""
Tensors of the Open Inference Protocol, in JSON and in the binary extension: values follow the JSON, each tensor's as
`binary_data_size` bytes, little-endian and row by row; a text is its length in four bytes and its UTF-8.
"""

import json
import struct
from math import prod
from typing import Any, NamedTuple

import numpy as np

from model_server.answers import encode
from model_server.errors import Refused

NUMPY = {"BOOL": "bool", "UINT8": "uint8", "UINT16": "uint16", "UINT32": "uint32", "UINT64": "uint64", "INT8": "int8",
         "INT16": "int16", "INT32": "int32", "INT64": "int64", "FP16": "float16", "FP32": "float32",
         "FP64": "float64"}  # fmt: skip
_DATATYPES = {name: datatype for datatype, name in NUMPY.items()}
_JSON_TYPES = {"b": (bool,), "i": (int,), "u": (int,), "f": (int, float, type(None))}


def datatype_of(dtype: np.dtype) -> str:
    return _DATATYPES.get(dtype.name, "BYTES")


class Tensor(NamedTuple):
    name: str
    values: np.ndarray


def read_tensors(described: Any, binary: bytes) -> list[Tensor]:
    """`binary` is what followed the JSON. Raises Refused, naming the tensor."""
    if not isinstance(described, list) or not described:
        raise Refused(400, "malformed_input", "`inputs` must be a list of at least one tensor")
    tensors, start = [], 0
    for place, each in enumerate(described):
        where = f"inputs[{place}]"
        if not isinstance(each, dict):
            raise Refused(400, "malformed_input", f"{where} must be an object")
        size = _binary_size(each, where)
        if size is not None and start + size > len(binary):
            raise Refused(
                400, "malformed_input", f"{where} has {size} bytes; only {len(binary) - start} are left after the JSON"
            )
        tensors.append(_tensor(each, where, None if size is None else binary[start : start + size]))
        start += size or 0
    if start != len(binary):
        raise Refused(400, "malformed_input", f"{len(binary) - start} bytes after the JSON belong to no tensor")
    if len({each.name for each in tensors}) != len(tensors):
        raise Refused(400, "malformed_input", "two inputs have the same name")
    return tensors


def _binary_size(described: dict[str, Any], where: str) -> int | None:
    parameters = described.get("parameters") or {}
    size = parameters.get("binary_data_size") if isinstance(parameters, dict) else None
    if size is None:
        return None
    if type(size) is not int or size < 0 or "data" in described:
        raise Refused(400, "malformed_input", f"{where}: binary_data_size is a number of bytes, in the place of `data`")
    return size


def _tensor(described: dict[str, Any], where: str, binary: bytes | None) -> Tensor:
    name, shape, datatype = (described.get(key) for key in ("name", "shape", "datatype"))
    if not isinstance(name, str):
        raise Refused(400, "malformed_input", f"{where}.name must be a text")
    if not isinstance(shape, list) or not all(type(size) is int and size >= 0 for size in shape):
        raise Refused(400, "malformed_input", f"{where}.shape must be a list of whole numbers")
    if datatype != "BYTES" and datatype not in NUMPY:
        raise Refused(400, "malformed_input", f"{where}.datatype must be one of BYTES, {', '.join(NUMPY)}")
    try:
        flat = _from_binary(binary, datatype) if binary is not None else _from_json(described.get("data"), datatype)
    except (ValueError, TypeError, OverflowError, RecursionError, struct.error) as error:
        raise Refused(400, "malformed_input", f"{where}.data is not {datatype}: {error}") from error
    if flat.size != prod(shape):
        raise Refused(400, "malformed_input", f"{where} has {flat.size} values; its shape {shape} needs {prod(shape)}")
    return Tensor(name, flat.reshape(shape))


def _from_json(data: Any, datatype: str) -> np.ndarray:
    if not isinstance(data, list):
        raise ValueError("it must be a list")
    flat = _flattened(data, [])
    if datatype == "BYTES":
        if not all(isinstance(each, str) for each in flat):
            raise ValueError("each value must be a text")
        return np.fromiter(flat, object, len(flat))
    dtype = np.dtype(NUMPY[datatype])
    wrong = next((each for each in flat if type(each) not in _JSON_TYPES[dtype.kind]), None)
    if wrong is not None:
        raise ValueError(f"{wrong!r} is not one")
    return np.array(flat, dtype)


def _flattened(data: list[Any], flat: list[Any]) -> list[Any]:
    for each in data:
        if isinstance(each, list):
            _flattened(each, flat)
        else:
            flat.append(each)
    return flat


def _from_binary(content: bytes, datatype: str) -> np.ndarray:
    if datatype != "BYTES":
        dtype = np.dtype(NUMPY[datatype])
        if len(content) % dtype.itemsize:
            raise ValueError(f"{len(content)} bytes are no whole number of values")
        return np.frombuffer(content, dtype.newbyteorder("<")).astype(dtype)
    found, start = [], 0
    while start < len(content):
        (length,) = struct.unpack_from("<I", content, start)
        if start + 4 + length > len(content):
            raise ValueError("a text is longer than what is left")
        found.append(content[start + 4 : start + 4 + length])
        start += 4 + length
    values = np.empty(len(found), object)
    values[:] = found
    return values


def as_text(values: np.ndarray) -> list[Any]:
    """BYTES as text where they are UTF-8. Raises Refused else."""
    try:
        return [each.decode() if isinstance(each, bytes) else each for each in values.tolist()]
    except UnicodeDecodeError as error:
        raise Refused(400, "malformed_input", f"a text is not UTF-8: {error}") from error


def answer_array(values: Any, declared: np.dtype | None) -> np.ndarray:
    """A model's answer as an array: of the declared type where no value changes, else text, JSON where a value is no text."""
    try:
        array = np.asarray(values)
        if array.dtype == object and array.size and all(map(_is_float, array.flat)):
            array = array.astype(np.float64)
    except (ValueError, TypeError, OverflowError):  # Rows of unequal length.
        array = np.empty(0, object)
        values = list(values)
        array.resize(len(values))
        array[:] = values
    if array.dtype.name in _DATATYPES:
        safe = declared is not None and np.can_cast(array.dtype, declared, "safe")
        return array.astype(declared) if safe else array
    texts = np.empty(array.shape, object)
    texts.flat = (
        [_text(each) for each in array.ravel().tolist()]
        if array.dtype != object
        else [_text(each) for each in array.flat]
    )
    return texts


def _is_float(value: Any) -> bool:
    """Also null, which a tensor of numbers has no other way to say; no whole number that would lose digits."""
    return value is None or type(value) is float or type(value) is int and abs(value) <= 2**53


def _text(value: Any) -> str | bytes:
    return value if isinstance(value, (str, bytes)) else encode(value).decode()


def described(name: str, values: np.ndarray, binary: bool) -> tuple[dict[str, Any], bytes]:
    """A tensor as it is written, and what of it follows the JSON."""
    head: dict[str, Any] = {"name": name, "datatype": datatype_of(values.dtype), "shape": list(values.shape)}
    if not binary:
        flat = values.reshape(-1).tolist()
        return head | {
            "data": [each.decode("utf-8", "replace") if isinstance(each, bytes) else each for each in flat]
        }, b""
    content = _to_binary(values)
    return head | {"parameters": {"binary_data_size": len(content)}}, content


def _to_binary(values: np.ndarray) -> bytes:
    if values.dtype != object:
        return values.astype(values.dtype.newbyteorder("<")).tobytes()
    parts = []
    for each in values.flat:
        content = each if isinstance(each, bytes) else each.encode("utf-8", "surrogatepass")
        parts += (struct.pack("<I", len(content)), content)
    return b"".join(parts)


def json_of(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Refused(400, "malformed_input", f"{where} must be JSON: {error}") from error
