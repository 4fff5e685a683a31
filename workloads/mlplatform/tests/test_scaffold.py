from __future__ import annotations

import ast
import json
import re
import tomllib
from pathlib import Path

import pytest

from mlplatform import command
from mlplatform.commands.refused import Refused
from mlplatform.problems import METRICS
from mlplatform.project_names import LONGEST_NAME, package_of, wrong_name
from mlplatform.scaffold import KINDS, make
from mlplatform.training_gate import judge

PINS = Path(__file__).resolve().parents[2] / "requirements" / "training.txt"


@pytest.mark.parametrize("kind", KINDS)
def test_a_project_has_its_name_everywhere_and_code_that_parses(tmp_path: Path, kind: str) -> None:
    made = make("late-fees", kind, tmp_path / "late-fees")
    assert sorted(file for file in (tmp_path / "late-fees").rglob("*") if file.is_file()) == sorted(made)
    texts = {file: file.read_text() for file in made}
    assert not [file for file, text in texts.items() if re.search(r"project.name", f"{file}{text}")]
    for file, text in texts.items():
        if file.suffix == ".py":
            ast.parse(text)
        if file.suffix == ".sh":
            assert file.stat().st_mode & 0o111, file
    told = tomllib.loads((tmp_path / "late-fees/training/pyproject.toml").read_text())
    assert told["project"]["entry-points"]["mlplatform.projects"] == {"late-fees": "late_fees_project"}
    gate = json.loads((tmp_path / "late-fees/gate.json").read_text())
    assert KINDS[kind] in METRICS[gate["metric"]]["problemTypes"]
    judge(gate, {})  # Raises where it asks nothing.


def test_its_libraries_are_those_of_the_training_image(tmp_path: Path) -> None:
    make("fees", "binary", tmp_path)
    pinned = set(PINS.read_text().split())
    told = tomllib.loads((tmp_path / "training/pyproject.toml").read_text())
    tests = (tmp_path / "requirements-test.txt").read_text().split()
    assert {*told["project"]["dependencies"], *tests} <= pinned


@pytest.mark.parametrize(
    ("name", "better"),
    [
        ("Late_Fees", "late-fees"),
        ("2fast", "fast"),
        ("fees-", "fees"),
        ("a" * (LONGEST_NAME + 1), "a" * LONGEST_NAME),
        ("../fees", "fees"),
    ],
)
def test_a_name_that_the_platform_would_refuse_later_is_refused_with_one_that_it_takes(
    tmp_path: Path, name: str, better: str
) -> None:
    with pytest.raises(Refused, match=f"for example {better}$"):
        make(name, "binary", tmp_path / "x")
    assert not (tmp_path / "x").exists() and wrong_name(better) is None


def test_a_name_with_nothing_of_use_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"name '\?\?'; allowed: a letter"):
        make("??", "binary", tmp_path)


def test_no_package_hides_a_library() -> None:
    assert package_of("json") == "json_project"


def test_a_folder_that_holds_something_stays_as_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "note").write_text("mine")
    assert command.main(["new", "fees", "--folder", str(tmp_path)]) == command.REFUSED
    assert "is there and not empty; empty it, or name another by --folder" in capsys.readouterr().err
    assert [file.name for file in tmp_path.iterdir()] == ["note"]
