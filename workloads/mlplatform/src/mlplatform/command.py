"""The command `mlplatform`: a table of commands, each a module of `mlplatform.commands` that is imported when it is asked for."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence
from typing import Protocol, cast

from mlplatform.commands.refused import Refused

#: What each does. The module has the name of the command, with _ for -.
COMMANDS: dict[str, str] = {
    "new": "Make a project of your own in an empty folder.",
    "from-notebook": "Make a project of the tagged cells of a notebook.",
    "test": "Run the project's tests, and look whether the platform finds it.",
    "train": "Prepare and validate data, and train on them.",
    "run": "Train, compare with what is live, and ask the gate.",
    "register": "Make a version of what was run, in MLflow.",
    "serve": "Answer requests with what was trained.",
    "ask": "Ask for a version to go live.",
    "audit": "Export a version with all evidence, its digests and a page to read.",
    "retrain": "Repeat a loop's training on the same commit, values and objects, and compare.",
    "trace": "Say where a version's answers come from, or which versions were made of an object.",
}

#: A command was not understood, or could not do what it was asked for; the reason is on standard error.
REFUSED = 2


class Command(Protocol):
    """A module of `mlplatform.commands`. Imports that take long, such as pandas and MLflow, belong into its functions."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None: ...

    def run(self, given: argparse.Namespace) -> int:
        """
        @returns what the process ends with
        @raises Refused with what is wrong and what would do
        """
        ...


def command_of(name: str) -> Command:
    return cast(Command, importlib.import_module(f"mlplatform.commands.{name.replace('-', '_')}"))


def main(arguments: Sequence[str] | None = None) -> int:
    given = list(sys.argv[1:] if arguments is None else arguments)
    parser = argparse.ArgumentParser(prog="mlplatform", description="A project of your own on the platform.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, what in COMMANDS.items():
        own = commands.add_parser(name, help=what, description=what)
        if name == (given or [""])[0]:
            command_of(name).add_arguments(own)
    parsed = parser.parse_args(given)
    try:
        return command_of(parsed.command).run(parsed)
    except Refused as error:
        print(f"mlplatform {parsed.command}: {error}", file=sys.stderr)
        return REFUSED
