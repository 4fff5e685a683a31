from __future__ import annotations

from pathlib import Path

import pytest

from model_release import command, commands


@pytest.mark.parametrize("name", command.COMMANDS)
def test_every_command_of_the_table_has_a_module_and_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        command.main([name, "--help"])
    assert f"usage: release {name}" in capsys.readouterr().out


def test_every_module_that_can_be_run_is_in_the_table() -> None:
    modules = Path(commands.__file__).parent.glob("*.py")
    assert {module.stem for module in modules if "\ndef run(" in module.read_text()} == {*command.COMMANDS}


def test_other_words_are_no_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        command.main(["sing"])
    assert "invalid choice: 'sing'" in capsys.readouterr().err
