"""Projects that packages bring: each is an entry point of the group `mlplatform.projects`.

https://packaging.python.org/en/latest/specifications/entry-points/
"""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points
from types import ModuleType
from typing import Any

from mlplatform.project_names import wrong_name
from training_template.functions import Functions
from training_template.hyperparameters import Unusable

GROUP = "mlplatform.projects"


def installed() -> dict[str, EntryPoint]:
    """By name.

    @raises Unusable with every name that cannot be one, or that two packages have
    """
    found: dict[str, EntryPoint] = {}
    problems = []
    for each in entry_points(group=GROUP):
        wrong = wrong_name(each.name)
        if wrong is not None:
            problems.append(f"project of {place_of(each)}: {wrong}; rename it in its pyproject.toml")
        elif each.name in found:
            both = f"{place_of(found[each.name])} and by {place_of(each)}"
            problems.append(
                f"project {each.name} is brought twice, by {both}; take one of the two packages away, or rename it"
            )
        else:
            found[each.name] = each
    if problems:
        raise Unusable("; ".join(problems))
    return found


def place_of(entry: EntryPoint) -> str:
    where = "" if entry.dist is None else f"{entry.dist.name} in {entry.dist.locate_file('')}"
    return f"{where} ({entry.value})"


def load(entry: EntryPoint) -> Any:
    """The project itself, or that which a package of functions stands for.

    @raises Unusable with the reason for which it cannot be loaded
    """
    try:
        given = entry.load()
    except Exception as error:
        raise Unusable(f"{place_of(entry)} cannot be loaded: {type(error).__name__}: {error}") from error
    return Functions(given, entry.dist) if isinstance(given, ModuleType) else given
