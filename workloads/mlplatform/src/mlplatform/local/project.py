"""The project that a command is about: that of the folder it is called in, or of one above."""

from __future__ import annotations

import importlib.util
import json
import shutil
import sys
import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from mlplatform.commands.refused import Refused

GROUP = "mlplatform.projects"
PYPROJECT = Path("training", "pyproject.toml")


@dataclass(frozen=True)
class LocalProject:
    #: Of its entry point, which is that of its model too.
    name: str
    package: str
    folder: Path
    pyproject: dict[str, Any]

    @property
    def workspace(self) -> Path:
        """What commands leave; git passes over it."""
        return self.folder / ".mlplatform"

    @cached_property
    def gate(self) -> dict[str, Any]:
        """As `training.gate` of the stack has it.

        @raises Refused where the file is none
        """
        try:
            gate: dict[str, Any] = json.loads((self.folder / "gate.json").read_text(encoding="utf-8"))
            if not isinstance(gate.get("metric"), str):
                raise ValueError("it names no metric")
            return gate
        except (OSError, ValueError, AttributeError) as error:
            raise Refused(f'gate.json: {error}; write such as {{"metric": "roc_auc", "atLeast": 0.7}}') from error

    def use(self) -> None:
        """Lets the platform's modules find the project as an installer would: by its entry point, and before one that is installed.

        @raises Refused where these modules are not there
        """
        needs("training_template")
        site = self.workspace / "site"
        shutil.rmtree(site, ignore_errors=True)
        told = self.pyproject["project"]
        metadata = site / f"{told['name'].replace('-', '_')}-{told['version']}.dist-info"
        metadata.mkdir(parents=True)
        lines = ["Metadata-Version: 2.1", f"Name: {told['name']}", f"Version: {told['version']}"]
        lines += [f"Requires-Dist: {each}" for each in told.get("dependencies", [])]
        metadata.joinpath("METADATA").write_text("\n".join(lines) + "\n", encoding="utf-8")
        entry = f"[{GROUP}]\n{self.name} = {told['entry-points'][GROUP][self.name]}\n"
        metadata.joinpath("entry_points.txt").write_text(entry, encoding="utf-8")
        sys.path[:0] = [str(self.sources), str(site)]

    @property
    def sources(self) -> Path:
        return self.folder / "training" / "src"


def here(folder: Path | None = None) -> LocalProject:
    """@raises Refused outside of a project, and where its pyproject.toml names none, or several"""
    start = (folder or Path.cwd()).resolve()
    for each in (start, *start.parents):
        if (each / PYPROJECT).is_file():
            return _read(each)
    raise Refused(f"{start} is no project: there is no {PYPROJECT} here or above; make one with mlplatform new NAME")


def _read(folder: Path) -> LocalProject:
    file = folder / PYPROJECT
    try:
        told = tomllib.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise Refused(f"{file} cannot be read: {error}") from error
    lacking = [key for key in ("name", "version") if key not in told.get("project", {})]
    if lacking:
        raise Refused(f"{file} has no {' and no '.join(lacking)} below [project]")
    named = told["project"].get("entry-points", {}).get(GROUP, {})
    if len(named) != 1:
        raise Refused(f'{file} names {len(named)} projects; write one below [project.entry-points."{GROUP}"]')
    [(name, value)] = named.items()
    return LocalProject(name, value.partition(":")[0].partition(".")[0], folder, told)


def needs(module: str) -> None:
    """@raises Refused with how to install it, where a package of the platform is not there"""
    if importlib.util.find_spec(module) is None:
        wheels = "run make wheel in the platform's repository, then pip install its out/wheels/*.whl"
        raise Refused(f"{module.replace('_', '-')} is not installed in this Python; {wheels}")
