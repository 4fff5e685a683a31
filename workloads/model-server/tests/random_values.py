"""Values that a request may bring for a column or a tensor: most of the type that is declared, some awkward, a few of another type."""

import base64
import string
from collections.abc import Callable
from random import Random
from typing import Any

import numpy as np
from mlflow.types import DataType
from mlflow.types.schema import AnyType, Array, Map, Object

LARGEST = 1.7976931348623157e308
#: Bare texts of JSON, which Python's own writer would not write.
RAW = ("1e999", "-0", "-0.0", "1E5", "9007199254740993.0", "1.0000000000000000000001", "123456789012345678901234567890")


class Raw(str):
    """A number as the request writes it."""


def _double(random: Random) -> Any:
    return random.choice((
        lambda: random.gauss(0, 1), lambda: random.gauss(0, 1) * 10.0 ** random.randint(-320, 308), lambda: float(random.randint(-9, 9)),
        lambda: random.choice((0.0, -0.0, 5e-324, -2.2e-308, LARGEST, -LARGEST, 0.1 + 0.2, 1e16, 1 / 3, 3.4028235e38, 3.5e38, 1e-45)),
        lambda: random.randint(-9, 9),
    ))()  # fmt: skip


def _integer(random: Random, bits: int) -> int:
    edge = 2 ** (bits - 1)
    return random.choice((lambda: random.randint(-9, 9), lambda: random.randint(-edge, edge - 1),
                          lambda: random.choice((0, 1, edge - 1, -edge, min(2**53 + 1, edge - 1)))))()  # fmt: skip


def _moment(random: Random) -> str:
    day = f"{random.randint(1, 9999):04d}-{random.randint(1, 12):02d}-{random.randint(1, 28):02d}"
    if random.random() < 0.8:
        day = f"{random.randint(1700, 2250)}{day[4:]}"
    time = f"{random.randint(0, 23):02d}:{random.randint(0, 59):02d}"
    seconds = random.choice(("", ":00", ":59", ":07.5", ":07.123456", ":07.123456789"))
    return random.choice((day, f"{day}T{time}{seconds}", f"{day} {time}{seconds}", f"{day}T{time}{seconds}"))


def _text(random: Random) -> str:
    return random.choice((
        lambda: "".join(random.choices(string.printable, k=random.randint(0, 6))),
        lambda: random.choice(("", " ", "NA", "null", "None", "nan", "1", "1.0", "007", "true", "é", "\U0001f600", "\x00", "a,b", '"', "\r\n", "1e5", "2020-01-01")),
        lambda: random.choice("abc"),
    ))()  # fmt: skip


_PLAIN: dict[DataType, Callable[[Random], Any]] = {
    DataType.double: _double, DataType.float: lambda random: _double(random) if random.random() < 0.5 else float(np.float32(random.gauss(0, 1))),
    DataType.long: lambda random: _integer(random, 64), DataType.integer: lambda random: _integer(random, 32),
    DataType.boolean: lambda random: random.random() < 0.5, DataType.string: _text, DataType.datetime: _moment,
    DataType.binary: lambda random: base64.b64encode(random.randbytes(random.randint(0, 8))).decode(),
}  # fmt: skip


def awkward(random: Random) -> Any:
    """What may come in any place of a JSON document."""
    return random.choice((
        lambda: None, lambda: random.choice((True, False, 0, 1, 0.0, 1.0, 2)), lambda: random.choice((1.5, 2**31, 2**53 + 1, 2**63 - 1, 2**63, -(2**63) - 1, 2**64, 10**30)),
        lambda: random.choice((float("nan"), float("inf"), float("-inf"))), lambda: Raw(random.choice(RAW)),
        lambda: random.choice(("1", "1.5", "true", "False", "", "x", "NaN", "\ud800", "é", "0x10", "1_000", " 1 ")),
        lambda: [random.randint(0, 3) for _ in range(random.randint(0, 3))], lambda: [[1], [2, 3]], lambda: {}, lambda: {"a": None},
        lambda: random.choice(("20250601", "2025-06-01T10:00:00Z", "2025-06-01T10:00:00+05:30", "June 1 2025", "01/02/2025", "2025-02-30", "10:00", 1717200000)),
    ))()  # fmt: skip


def value_of(kind: Any, random: Random, awkwardness: float) -> Any:
    """One value for a column of this type."""
    if random.random() < awkwardness:
        return awkward(random)
    inner = awkwardness / 3
    if isinstance(kind, Array):
        return [value_of(kind.dtype, random, inner) for _ in range(random.randint(0, 3))]
    if isinstance(kind, Map):
        return {random.choice("kmn"): value_of(kind.value_type, random, inner) for _ in range(random.randint(0, 3))}
    if isinstance(kind, Object):
        chosen = [each for each in kind.properties if each.required or random.random() < 0.6]
        extra = {"more": 1} if random.random() < inner else {}
        return {each.name: value_of(each.dtype, random, inner) for each in chosen} | extra
    if isinstance(kind, AnyType):
        return awkward(random)
    return _PLAIN[kind](random)


def tensor_of(dtype: np.dtype, shape: tuple[int, ...], random: Random, awkwardness: float) -> Any:
    """Nested lists, most of the shape (-1 is any length)."""
    if random.random() < awkwardness / 4:
        return awkward(random)
    if not shape:
        if random.random() < awkwardness:
            return awkward(random)
        if dtype.kind == "f":
            return _double(random)
        if dtype.kind in "iu":
            return (
                abs(_integer(random, 8))
                if dtype.kind == "u" or dtype.itemsize == 1
                else _integer(random, 8 * dtype.itemsize)
            )
        return random.random() < 0.5 if dtype.kind == "b" else _text(random)
    size = random.randint(0, 3) if shape[0] == -1 else shape[0]
    if random.random() < awkwardness / 4:
        size += random.choice((-1, 1))
    return [tensor_of(dtype, shape[1:], random, awkwardness) for _ in range(max(size, 0))]


def json_text(value: Any) -> str:
    """As JSON, with `Raw` as it stands and half a surrogate pair escaped."""
    import json

    if isinstance(value, Raw):
        return str(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(str(key))}:{json_text(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(json_text, value)) + "]"
    return json.dumps(value)
