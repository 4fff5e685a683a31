"""What one value of a table means. Nothing here looks at other rows: a value is read alike wherever it stands."""

from __future__ import annotations

import math
import re
from collections.abc import Collection
from decimal import Decimal, InvalidOperation
from typing import Any

#: Text that is no value in a column of any kind. CSV has no other way to leave a value out.
EMPTY_TEXTS = ("",)
#: Text that stands for a missing number, truth value or time, in small letters. In a column of text these are values:
#: `NA` may be Namibia, and `None` an answer.
MARKS = frozenset({"", "na", "n/a", "<na>", "#n/a", "#na", "null", "none", "nan", "+nan", "-nan", "nat"})
#: What says yes or no, in small letters.
TRUTHS = {"true": True, "false": False, "1": True, "0": False, "1.0": True, "0.0": False}

_number = re.compile(r"[+-]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|inf|infinity)", re.IGNORECASE)
_whole = re.compile(r"[+-]?[0-9]+")
#: Longer exponents are no whole numbers of 64 bits, and take for ever to be written out.
_MOST_DIGITS = 40


class NoSuchValue(ValueError):
    """The value is none of the column's kind."""


def is_missing(value: Any, texts: Collection[str] = EMPTY_TEXTS) -> bool:
    """None, NaN, what pandas writes for them, and text that is no value."""
    if isinstance(value, str):
        return value in texts
    try:
        return value is None or bool(value != value)
    except (TypeError, ValueError):
        # pandas' NA has no truth value, and neither has a comparison of arrays.
        return not hasattr(value, "__len__")


def is_marked(value: Any) -> bool:
    """Whether it is missing where it should be a number, a truth value or a time."""
    return value.strip().lower() in MARKS if isinstance(value, str) else is_missing(value)


def is_truth(value: Any) -> bool:
    """A truth value is no number, though Python counts with it: neither is it one in CSV, nor to a model that asks for a number."""
    return isinstance(value, bool) or getattr(getattr(value, "dtype", None), "kind", None) == "b"


def is_nested(value: Any) -> bool:
    """A list or an object, which is neither text nor a number."""
    return isinstance(value, (list, tuple, dict, set)) or getattr(value, "ndim", 0) > 0


def text_of(value: Any) -> str:
    """Text stays as it is: a `3.0` may be a version. A number has no `.0`, which one missing value gives all others of a column."""
    if isinstance(value, str):
        return value
    if isinstance(value, bytes):  # Many a program writes text into Parquet without saying that it is text.
        text = value.decode(errors="replace")
        strange = "\ufffd" in text or any(ord(sign) < 32 and sign not in "\t\r\n" for sign in text)
        return value.hex() if strange else text
    if hasattr(value, "item") and getattr(value, "ndim", 0) == 0:
        value = value.item()
    if isinstance(value, (float, Decimal)) and math.isfinite(value) and value == int(value):
        return str(int(value))
    return str(value)


def category_of(value: Any, missing: Collection[str] = EMPTY_TEXTS) -> str | None:
    """The name under which a value is counted: the same for 3, 3.0 and numpy's 3. None is missing."""
    if is_missing(value, missing):
        return None
    if hasattr(value, "item") and getattr(value, "ndim", 0) == 0:
        value = value.item()
    if isinstance(value, bool):
        return "true" if value else "false"
    return text_of(value)


def number_of(value: Any) -> float | None:
    """@raises NoSuchValue"""
    if is_marked(value):
        return None
    if isinstance(value, str):
        if _number.fullmatch(value.strip()) is None:
            raise NoSuchValue
        return float(value)
    if is_truth(value):
        raise NoSuchValue
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise NoSuchValue from error


def integer_of(value: Any) -> int | None:
    """Exactly, however many digits it has. A whole number may be written `5.0` or `5e3`.

    @raises NoSuchValue
    """
    if is_marked(value):
        return None
    if isinstance(value, str):
        value = value.strip()
        if _whole.fullmatch(value) is not None:
            return int(value) if len(value) <= _MOST_DIGITS else _refused()
        if _number.fullmatch(value) is None:
            raise NoSuchValue
    if is_truth(value):
        raise NoSuchValue
    try:
        exact = value if isinstance(value, int) else Decimal(str(value) if hasattr(value, "item") else value)
        return int(exact) if isinstance(exact, int) or _is_whole(exact) else _refused()
    except (TypeError, ValueError, InvalidOperation) as error:
        raise NoSuchValue from error


def truth_of(value: Any) -> bool | None:
    """@raises NoSuchValue"""
    if is_marked(value):
        return None
    found = TRUTHS.get(str(value).strip().lower())
    return _refused() if found is None else found


def _is_whole(number: Decimal) -> bool:
    return number.is_finite() and number.adjusted() <= _MOST_DIGITS and number == number.to_integral_value()


def _refused() -> Any:
    raise NoSuchValue
