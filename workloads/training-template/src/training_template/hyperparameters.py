"""What a run is told: a file in training jobs, the environment elsewhere. Every value is a text there."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

from training_template.paths import Paths

#: As SageMaker's own containers name them; processing jobs have no file.
PREFIX = "SM_HP_"


class Unusable(ValueError):
    """What the container was given cannot be used; the message says what, and what would do."""


def load(paths: Paths, environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """By name in small letters.

    @raises Unusable when the file is no table of texts
    """
    named = {key.removeprefix(PREFIX).lower(): value for key, value in environment.items() if key.startswith(PREFIX)}
    if not paths.hyperparameters.is_file():
        return named
    try:
        given = json.loads(paths.hyperparameters.read_text(encoding="utf-8"))
        return {**named, **{str(key).lower(): str(value) for key, value in given.items()}}
    except (ValueError, AttributeError) as error:
        raise Unusable(f"hyperparameters.json is no JSON object: {error}") from error


def typed(given: Mapping[str, str], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """The values that a project knows, of the types of their defaults. What others are for, such as `project`, is left out.

    @raises Unusable which names each value that is no number of its type
    """
    values, problems = dict(defaults), []
    for name, default in defaults.items():
        if name not in given:
            continue
        try:
            # The search for hyperparameters writes whole numbers as it likes.
            number = float(given[name])
            if isinstance(default, int) and not number.is_integer():
                raise ValueError
            values[name] = type(default)(number)
        except (ValueError, OverflowError):
            kind = "a whole number" if isinstance(default, int) else "a number"
            problems.append(f"{name}: {given[name]!r}; allowed: {kind}")
    if problems:
        raise Unusable("; ".join(problems))
    return values
