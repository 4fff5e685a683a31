"""Whether the packages of this image are what a model asks for."""

import functools
import hashlib
import importlib.metadata
import platform
import re
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass

from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from model_server.environments.requirements import Entry, Requirements

# The server loads models with its own MLflow, which reads what older ones wrote.
MLFLOW = frozenset(("mlflow", "mlflow-skinny", "mlflow-tracing"))
# The same code under another name, without what only other machines have.
SAME_CODE = {"xgboost": "xgboost-cpu"}


@functools.cache
def this_image() -> str:
    return Installed().image()


@dataclass(frozen=True)
class Mismatch:
    """What the model asks for, and what there is instead."""

    wanted: str
    found: str

    def __str__(self) -> str:
        return f"{self.wanted}: {self.found}"


@dataclass(frozen=True)
class Fit:
    # What is installed otherwise than asked: packages of the model's own would mend it.
    mismatches: tuple[Mismatch, ...] = ()
    # What no package mends: another MLflow, another Python, conda's packages.
    remarks: tuple[Mismatch, ...] = ()
    # Why the model cannot run on this Python, whatever its packages.
    impossible: str | None = None


class Installed:
    """The packages of a Python, by name."""

    def __init__(self, distributions: Iterator[importlib.metadata.Distribution] | None = None) -> None:
        self.by_name: dict[str, importlib.metadata.Distribution] = {}
        for each in distributions if distributions is not None else importlib.metadata.distributions():
            # The first on the path is the one that is imported.
            if each.metadata and each.metadata["Name"]:
                self.by_name.setdefault(canonicalize_name(each.metadata["Name"]), each)

    def find(self, name: str) -> importlib.metadata.Distribution | None:
        key = canonicalize_name(name)
        return self.by_name.get(key) or self.by_name.get(SAME_CODE.get(key, ""))

    def pins(self) -> list[str]:
        return sorted(f"{name}=={each.version}" for name, each in self.by_name.items())

    def image(self) -> str:
        """Tells this image from another: packages built beside the one need not go with the other."""
        here = [platform.python_version(), sysconfig.get_platform(), *platform.libc_ver(), *self.pins()]
        return hashlib.sha256("\n".join(here).encode()).hexdigest()[:16]


def fit(asked: Requirements, installed: Installed) -> Fit:
    mismatches: list[Mismatch] = []
    remarks: list[Mismatch] = []
    closure: set[str] = set()
    for entry in asked.entries:
        if entry.parsed is None or entry.url:
            mismatches.append(Mismatch(entry.line, "comes with the model or from an address of its own"))
        elif canonicalize_name(entry.parsed.name) in MLFLOW:
            remarks.extend(_mlflow(entry.parsed, installed))
        else:
            mismatches.extend(_compared(entry.parsed, installed, closure))
    mismatches.extend(_constrained(asked.constraints, installed, closure))
    remarks.extend(
        Mismatch(each, "conda's packages are not installed; name it in requirements.txt") for each in asked.conda
    )
    impossible = None
    if asked.python and not _same_python(asked.python):
        here = platform.python_version()
        remarks.append(Mismatch(f"Python {asked.python}", f"this image has {here}"))
        if asked.pickled_code:
            impossible = (
                f"its Python function was pickled by Python {asked.python}, and this image has {here}: code that was pickled runs on the "
                "Python that made it alone. Log it as code (`python_model='model.py'`), or bring an image with that Python"
            )
    return Fit(tuple(dict.fromkeys(mismatches)), tuple(dict.fromkeys(remarks)), impossible)


def applies(requirement: Requirement, extra: str = "") -> bool:
    return requirement.marker is None or requirement.marker.evaluate({**default_environment(), "extra": extra})


def _compared(requirement: Requirement, installed: Installed, closure: set[str], extra: str = "") -> Iterator[Mismatch]:
    """What is not as the requirement says, what its extras bring included."""
    if not applies(requirement, extra):
        return
    found = installed.find(requirement.name)
    wanted = str(requirement).split(";")[0].strip()
    if found is None:
        yield Mismatch(wanted, "not installed")
        return
    if not requirement.specifier.contains(found.version, prereleases=True):
        yield Mismatch(wanted, f"{found.version} is installed")
        return
    for asked in ["", *sorted(requirement.extras)]:
        key = f"{canonicalize_name(requirement.name)}[{asked}]"
        if key in closure:
            continue
        closure.add(key)
        for text in found.requires or []:
            child = Requirement(text)
            below = _compared(child, installed, closure, asked)
            if asked and re.search(r"\bextra\b", text.partition(";")[2]):
                yield from below
            else:
                # What is installed was tried together: it only tells what constraints are about.
                list(below)


def _constrained(constraints: tuple[Entry, ...], installed: Installed, closure: set[str]) -> Iterator[Mismatch]:
    """A constraint says nothing of what nobody asks for."""
    for entry in constraints:
        if entry.parsed is None:
            continue
        name = canonicalize_name(entry.parsed.name)
        if f"{name}[]" in closure and name not in MLFLOW and applies(entry.parsed):
            found = installed.find(name)
            if found is not None and not entry.parsed.specifier.contains(found.version, prereleases=True):
                yield Mismatch(entry.line, f"{found.version} is installed")


def _mlflow(requirement: Requirement, installed: Installed) -> Iterator[Mismatch]:
    found = installed.find("mlflow-skinny") or installed.find("mlflow")
    if applies(requirement) and found and not requirement.specifier.contains(found.version, prereleases=True):
        yield Mismatch(str(requirement), f"the server loads it with MLflow {found.version}")


def _same_python(asked: str) -> bool:
    return asked.split(".")[:2] == platform.python_version().split(".")[:2]
