from __future__ import annotations

import subprocess
import sys
from argparse import ArgumentParser, Namespace
from types import ModuleType

import pytest

from mlplatform import command
from mlplatform.commands.refused import Refused

SLOW = {"numpy", "pandas", "mlflow", "sklearn", "boto3", "training_template"}


@pytest.fixture
def greet(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command `say-hello`."""

    def add_arguments(parser: ArgumentParser) -> None:
        parser.add_argument("whom")

    def run(given: Namespace) -> int:
        if given.whom == "nobody":
            raise Refused("nobody is there; greet somebody")
        return len(given.whom)

    module = ModuleType("mlplatform.commands.say_hello")
    module.add_arguments, module.run = add_arguments, run
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setitem(command.COMMANDS, "say-hello", "Greets.")


def test_a_command_gets_its_arguments_and_its_end_is_that_of_the_process(greet: None) -> None:
    assert command.main(["say-hello", "Ann"]) == 3


def test_what_a_command_refuses_is_told_in_one_line(greet: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["say-hello", "nobody"]) == command.REFUSED
    assert capsys.readouterr().err == "mlplatform say-hello: nobody is there; greet somebody\n"


def test_help_names_every_command_and_an_unknown_one_is_refused(
    greet: None, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="0"):
        command.main(["--help"])
    shown = " ".join(capsys.readouterr().out.split())  # Lines are as long as the terminal.
    assert all(name in shown and what in shown for name, what in command.COMMANDS.items())
    with pytest.raises(SystemExit, match="2"):
        command.main(["sing"])
    assert "invalid choice: 'sing'" in capsys.readouterr().err


@pytest.mark.parametrize("name", command.COMMANDS)
def test_every_command_of_the_table_has_a_module_and_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        command.main([name, "--help"])
    assert f"usage: mlplatform {name}" in capsys.readouterr().out


def test_nothing_that_takes_long_is_imported_before_a_command_runs() -> None:
    program = (
        "import sys; from mlplatform import command; [command.command_of(name) for name in command.COMMANDS]; "
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": ":".join(sys.path)},
    )
    assert not SLOW & set(ended.stdout.split())
