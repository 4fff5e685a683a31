"""`mlplatform from-notebook`: a project of what tagged cells of a notebook do."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from mlplatform.commands.refused import Refused
from mlplatform.local.notebook import Converted, convert
from mlplatform.problems import PROBLEM_TYPES
from mlplatform.project_names import ALLOWED, package_of, wrong_name
from mlplatform.scaffold import KINDS, make


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "notebook", type=Path, help="with cells tagged contract, train and, where it has them, imports, prepare, score"
    )
    parser.add_argument("--name", help=f"default: that of the notebook; {ALLOWED}")
    parser.add_argument("--folder", type=Path, help="where it goes; default: a folder of its name")


def run(given: Namespace) -> int:
    name = given.name or given.notebook.stem
    wrong = wrong_name(name)
    if wrong is not None:
        raise Refused(f"{wrong}; name it by --name")
    converted = convert(given.notebook, name)
    kinds = {problem: kind for kind, problem in KINDS.items()}
    problem = converted.contract["PROBLEM_TYPE"]
    if problem not in kinds:
        raise Refused(f"PROBLEM_TYPE: {problem!r}; allowed: {', '.join(PROBLEM_TYPES)}")
    folder = given.folder or Path(name)
    make(name, kinds[problem], folder, of_notebook=True)
    fill(folder, package_of(name), converted)
    print(
        f"Made the project {name} in {folder}, with {', '.join(('contract', *converted.modules))} of {given.notebook}. Go on there:"
    )
    print(f"  cd {folder}")
    print("  mlplatform test")
    print("  mlplatform run --data FOLDER    # with tables, CSV or Parquet")
    return 0


def fill(folder: Path, package: str, converted: Converted) -> None:
    """Puts what the cells say in the place of what the template has."""
    sources = folder / "training" / "src" / package
    lines = [f"{name} = {value!r}" for name, value in converted.contract.items()]
    contract = (
        '"""The contract of the data: which columns there are, and what is asked."""\n\n' + "\n".join(lines) + "\n"
    )
    (sources / "contract.py").write_text(contract, encoding="utf-8")
    for name, text in converted.modules.items():
        (sources / f"{name}.py").write_text(text, encoding="utf-8")
    for name in {"prepare", "score"} - converted.modules.keys():
        (sources / f"{name}.py").unlink()
    row: dict[str, Any] = {name: 1.0 for name in converted.contract["NUMBERS"]}
    row |= {name: "a value" for name in converted.contract["CATEGORIES"]}
    row |= {name: True for name in converted.contract["FLAGS"]}
    (folder / "smoke" / "request.json").write_text(json.dumps({"dataframe_records": [row]}) + "\n", encoding="utf-8")
