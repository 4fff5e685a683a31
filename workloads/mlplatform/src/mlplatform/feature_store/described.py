"""A group of features as a stack describes it to what it starts, in a variable."""

from __future__ import annotations

import json
from typing import Any

from mlplatform.feature_store.group import EVENT_TIME, FeatureGroup

_KEYS = {"name": str, "table": str, "entity": str, "eventTime": str, "columns": dict}


def described(text: str) -> FeatureGroup:
    """
    @param text JSON of `name`, `table`, `entity` and `columns`, in the words of a stack's `training.features`; `eventTime` may be left out
    @raises ValueError which names what is wrong
    """
    try:
        given: Any = json.loads(text)
    except ValueError as error:
        raise ValueError(f"no JSON: {error}") from None
    if not isinstance(given, dict):
        raise ValueError(f"no JSON object; write {', '.join(_KEYS)}")
    given = {"eventTime": EVENT_TIME, **given}
    wrong = sorted(given.keys() ^ _KEYS.keys()) or [key for key, kind in _KEYS.items() if type(given[key]) is not kind]
    if wrong:
        raise ValueError(f"no, or a wrong {', '.join(wrong)}; write {', '.join(_KEYS)}")
    return FeatureGroup(given["name"], given["table"], given["entity"], given["columns"], given["eventTime"])
