"""The command `release`: a table of commands, each a module of `model_release.commands` that is imported when it is asked for."""

from __future__ import annotations

import argparse
import importlib
import os
import signal
import sys
import threading
from typing import Protocol, cast

import model_release
from model_release.log import set_up

#: What each does. The module has the name of the command.
COMMANDS: dict[str, str] = {
    "follow": "keep what is live as the configuration and the registry want it",
    "pack": "put a model into a bucket as SageMaker wants it",
    "wait": "wait until a version is live; fail with the reason when it is not",
    "register": "do what training runs on AWS ask of the registry",
    "promote": "offer approved versions to other stacks, and take theirs",
    "step": "do one step of a training run in the cluster",
    "expire": "delete what was written below folders a while ago",
    "copy": "copy buckets to the store that the variables COPIES_… open",
}


class Command(Protocol):
    """A module of `model_release.commands`."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None: ...

    def run(self, arguments: argparse.Namespace, stop: threading.Event) -> int:
        """
        @param stop is set when the process is asked to end
        @returns what the process ends with
        """
        ...


def main(given: list[str] | None = None) -> int:
    asked = sys.argv[1:] if given is None else given
    top = argparse.ArgumentParser(prog="release", description=model_release.__doc__)
    top.add_argument("--log-level", default=os.environ.get("RELEASE_LOG_LEVEL", "info"))
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, what in COMMANDS.items():
        own = commands.add_parser(name, help=what, description=what)
        if name in asked:
            command_of(name).add_arguments(own)
    arguments = top.parse_args(asked)
    set_up(arguments.log_level)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return command_of(arguments.command).run(arguments, stop)


def command_of(name: str) -> Command:
    return cast(Command, importlib.import_module(f"model_release.commands.{name}"))
