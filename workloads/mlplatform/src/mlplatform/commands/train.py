"""`mlplatform train`: from raw tables to a model, by the modules of the platform's loop."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from mlplatform.local.project import here

if TYPE_CHECKING:
    from mlplatform.local.loop import Loop


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, help="folder with tables, CSV or Parquet; default: data of the project")
    parser.add_argument(
        "--set", dest="values", type=pair, action="append", default=[], metavar="NAME=VALUE", help="a hyperparameter"
    )


def pair(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not (name and sign and value):
        raise ArgumentTypeError(f"{text!r}; write NAME=VALUE, such as max_iter=50")
    return name.lower(), value


def run(given: Namespace) -> int:
    loop = trained(given)
    print(f"The model is in {loop.paths.model}. Judge it with mlplatform run.")
    return 0


def trained(given: Namespace) -> Loop:
    """@raises Refused with the step that could not be done, and why"""
    project = here()
    project.use()
    from mlplatform.local.loop import Loop, check

    values = dict(given.values)
    check(project, values)
    loop = Loop(project, values)
    loop.prepare(given.data or project.folder / "data")
    loop.validate()
    loop.train()
    return loop
