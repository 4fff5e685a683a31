from __future__ import annotations

from pathlib import Path

import pytest

from mlplatform.commands.refused import Refused
from mlplatform.commands.train import pair
from mlplatform.local.project import here, needs
from mlplatform.scaffold import make


def test_it_is_found_from_any_folder_below(tmp_path: Path) -> None:
    make("fees", "binary", tmp_path)
    project = here(tmp_path / "training" / "src")
    assert (project.name, project.package, project.folder) == ("fees", "fees_project", tmp_path.resolve())
    assert project.gate["metric"] == "roc_auc"


def test_outside_of_a_project_the_way_to_one_is_told(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="is no project: .* make one with mlplatform new NAME"):
        here(tmp_path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[project]\nname = 'x'\nversion = '1'", "names 0 projects; write one below"),
        ("[project]\nname = 'x'", "has no version below"),
        ("[project", "cannot be read: "),
        (
            '[project]\nname = "x"\nversion = "1"\n[project.entry-points."mlplatform.projects"]\na = "a_project"\nb = "b_project"',
            "names 2 projects",
        ),
    ],
)
def test_a_pyproject_that_names_no_one_project_is_refused(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "training").mkdir()
    (tmp_path / "training/pyproject.toml").write_text(text)
    with pytest.raises(Refused, match=said):
        here(tmp_path)


@pytest.mark.parametrize("text", ["{", "[]", '{"atLeast": 1}'])
def test_a_gate_that_is_none_is_refused_with_one_that_is(tmp_path: Path, text: str) -> None:
    make("fees", "binary", tmp_path)
    (tmp_path / "gate.json").write_text(text)
    with pytest.raises(Refused, match='gate.json: .*; write such as {"metric"'):
        _ = here(tmp_path).gate


def test_what_is_not_installed_is_told_with_how_to_install_it() -> None:
    with pytest.raises(Refused, match="no-such-package is not installed in this Python; run make wheel"):
        needs("no_such_package")


@pytest.mark.parametrize("text", ["max_iter", "=3", "max_iter="])
def test_a_hyperparameter_is_a_name_and_a_value(text: str) -> None:
    with pytest.raises(Exception, match="write NAME=VALUE"):
        pair(text)
    assert pair("Max_Iter=3") == ("max_iter", "3")
