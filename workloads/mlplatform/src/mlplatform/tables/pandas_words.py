"""The words that pandas' own reader of CSV is to take for a missing value, where it has to read what `values` decides on."""

from __future__ import annotations

from functools import cache
from itertools import product

from mlplatform.tables.values import EMPTY_TEXTS, MARKS

#: What a C library of Windows writes for a number that is none.
_OF_C = ("#N/A N/A", "-1.#IND", "-1.#QNAN", "1.#IND", "1.#QNAN")


@cache
def words_for_missing(number: bool, required: bool = False) -> tuple[str, ...]:
    """For `na_values` of one column, beside `keep_default_na=False`, without which pandas adds words of its own.

    :param number: a number, a truth value or a time; else text, in which `NA` is a value.
    :param required: a text that has to be there may be empty, but is not missing.
    """
    if number:
        return (*sorted(cased for word in MARKS for cased in _cases(word)), *_OF_C)
    return () if required else EMPTY_TEXTS


def _cases(word: str) -> set[str]:
    """pandas compares letter by letter: `None`, `none` and `NONE` are three words to it."""
    return {"".join(letters) for letters in product(*((letter, letter.upper()) for letter in word))}
