"""`mlplatform new`: a project of its own in an empty folder."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from mlplatform.project_names import ALLOWED, package_of
from mlplatform.scaffold import KINDS, make


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("name", help=f"of the project and its model: {ALLOWED}")
    parser.add_argument("--problem", choices=KINDS, default="binary", help="yes or no, several classes, or a number")
    parser.add_argument("--folder", type=Path, help="where it goes; default: a folder of its name")


def run(given: Namespace) -> int:
    folder = given.folder or Path(given.name)
    made = make(given.name, given.problem, folder)
    print(f"Made {len(made)} files in {folder}. Go on there:")
    print(f"  cd {folder}")
    print(f"  mkdir data && PYTHONPATH=training/src python -m {package_of(given.name)}.sample_data > data/rows.csv")
    print("  mlplatform test && mlplatform run")
    return 0
