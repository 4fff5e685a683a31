"""`mlplatform test`: the project's own tests, and whether the platform finds it."""

from __future__ import annotations

import os
import subprocess
import sys
from argparse import ArgumentParser, Namespace

from mlplatform.local.project import here, needs


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--only", metavar="WORD", help="tests with the word in their name")


def run(given: Namespace) -> int:
    project = here()
    project.use()
    needs("pytest")
    from mlplatform.local.loop import check

    check(project)
    print(f"The platform finds the project {project.name}. Its own tests:", flush=True)
    chosen = ["-k", given.only] if given.only else []
    # By the path, which pytest gives to what it starts: nothing has to be installed.
    path = os.pathsep.join([str(project.sources), *filter(None, [os.environ.get("PYTHONPATH")])])
    command = [sys.executable, "-m", "pytest", "-q", "tests", *chosen]
    return subprocess.run(command, cwd=project.folder, env={**os.environ, "PYTHONPATH": path}).returncode
