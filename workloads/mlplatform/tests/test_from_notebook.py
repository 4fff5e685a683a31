from __future__ import annotations

import json
import runpy
import sys
from pathlib import Path

import pytest

from mlplatform import command
from mlplatform.commands.refused import Refused
from mlplatform.local.notebook import convert

CONTRACT = """
TARGET = "late"
PROBLEM_TYPE = "binaryClassification"
NUMBERS = ["amount"]
CATEGORIES = ["country"]
FLAGS = ["reminded"]
HYPERPARAMETERS = {"strength": 1.0}
"""
IMPORTS = "import numpy as np\nimport os.path\nfrom sklearn.dummy import DummyClassifier as Dummy"
TRAIN = """
# Everybody is as likely.
model = Dummy(strategy="prior")
for column in NUMBERS:
    rows = rows[rows[column] > 0]
model.fit(rows[NUMBERS], rows[TARGET])
model
"""
SCORE = "answers = np.clip(model.predict_proba(inputs[NUMBERS])[:, 1], 0, 1)"
CELLS = {"contract": CONTRACT, "imports": IMPORTS, "train": TRAIN, "score": SCORE}


def write(folder: Path, *cells: tuple[str, str], kind: str = "code") -> Path:
    """A notebook with an untagged cell before those."""
    made = [{"cell_type": "code", "metadata": {}, "source": ["%matplotlib inline\n", "frame = load()"]}]
    for tag, source in cells:
        lines = source.strip("\n").splitlines(keepends=True)
        made.append({"cell_type": kind, "metadata": {"tags": [tag, "mine"]}, "source": lines})
    file = folder / "late-fees.ipynb"
    file.write_text(json.dumps({"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    return file


def refused(folder: Path, **cells: str) -> str:
    with pytest.raises(Refused) as error:
        convert(write(folder, *({**CELLS, **cells}).items()), "late-fees")
    return str(error.value)


def test_cells_become_the_functions_of_a_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert command.main(["from-notebook", str(write(tmp_path, *CELLS.items()))]) == 0
    sources = tmp_path / "late-fees/training/src/late_fees_project"
    assert {file.name for file in sources.glob("*.py")} == {"__init__.py", "contract.py", "train.py", "score.py"}
    assert (sources / "train.py").read_text() == (
        "from sklearn.dummy import DummyClassifier as Dummy\n\n"
        "from late_fees_project.contract import NUMBERS, TARGET\n\n\n"
        "def train(rows, hyperparameters):\n"
        "    # Everybody is as likely.\n"
        '    model = Dummy(strategy="prior")\n'
        "    for column in NUMBERS:\n"
        "        rows = rows[rows[column] > 0]\n"
        "    model.fit(rows[NUMBERS], rows[TARGET])\n"
        "    model\n"
        "    return model\n"
    )
    request = json.loads((tmp_path / "late-fees/smoke/request.json").read_text())
    assert request == {"dataframe_records": [{"amount": 1.0, "country": "a value", "reminded": True}]}

    import pandas as pd

    monkeypatch.syspath_prepend(str(sources.parent))
    rows = pd.DataFrame({"amount": [1.0, 2.0, 3.0, -1.0], "late": [1, 0, 1, 0]})
    model = runpy.run_path(str(sources / "train.py"))["train"](rows, {"strength": 1.0})
    # Alone, as a version keeps it.
    monkeypatch.setattr(sys, "path", [each for each in sys.path if each != str(sources.parent)])
    answers = runpy.run_path(str(sources / "score.py"))["score"](model, rows)
    assert answers == pytest.approx([2 / 3] * 4)


def test_a_cell_that_defines_the_function_is_taken_as_it_is(tmp_path: Path) -> None:
    own = 'def helper(rows):\n    return Dummy()\n\n\ndef train(rows, hyperparameters):\n    """As it is.\n    All of it."""\n    return helper(rows)'
    made = convert(write(tmp_path, *{**CELLS, "train": own}.items()), "late-fees")
    assert made.modules["train"] == f"from sklearn.dummy import DummyClassifier as Dummy\n\n\n{own}\n"


def test_a_text_of_several_lines_stays_as_it_was(tmp_path: Path) -> None:
    made = convert(write(tmp_path, *{**CELLS, "score": 'said = """a\n  b"""\nanswers = [said]'}.items()), "late-fees")
    scope: dict = {}
    exec(made.modules["score"], scope)
    assert scope["score"](None, None) == ["a\n  b"]


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"train": "model = fit(frame)"}, "cell 4 (train): it uses fit, frame, which no tagged cell gives; a cell of train is given rows and"),
        ({"train": "fitted = Dummy()"}, "cell 4 (train): it assigns no model; give that name to what it makes"),
        ({"train": "x = 1\n!pip install acme\nmodel = 1"}, "cell 4 (train) line 2: '!pip install acme' is for notebooks alone"),
        ({"train": "%time model = 1"}, "cell 4 (train) line 1: '%time model = 1' is for notebooks alone"),
        ({"train": "model = (1"}, "cell 4 (train) line 1: '(' was never closed"),
        ({"train": "from math import *\nmodel = 1"}, "cell 4 (train): import * only allowed at module level: this cannot stand in a function"),
        ({"train": "def train(frame):\n    return 1"}, "cell 4 (train) line 1: train takes frame; allowed: rows, hyperparameters"),
        ({"train": "model = [each for each in rows if each not in known]"}, "it uses known, which"),
        ({"score": "def score(model, inputs):\n    return model.predict(scaled(inputs))"}, "cell 5 (score): it uses scaled, which"),
        ({"contract": CONTRACT + "INPUTS = [*NUMBERS]"}, "cell 2 (contract) line 7: INPUTS is computed; write its value"),
        ({"contract": CONTRACT + "print(TARGET)"}, "cell 2 (contract) line 7: a contract has assignments of values alone"),
        ({"contract": "TARGET = 'late'"}, "cells tagged contract do not assign PROBLEM_TYPE, NUMBERS, CATEGORIES, FLAGS"),
        ({"imports": "import numpy as np\nseed = 7"}, "cell 3 (imports) line 2: it has to import, by name, and nothing else"),
    ],
)  # fmt: skip
def test_what_cannot_be_turned_is_told_by_cell_and_reason(tmp_path: Path, cells: dict[str, str], said: str) -> None:
    assert said in refused(tmp_path, **cells)


def test_everything_that_is_wrong_is_told_at_once_and_nothing_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    notebook = write(tmp_path, ("train", "model = a"), ("train", "model = b"), ("score", "answers = c"))
    assert command.main(["from-notebook", str(notebook)]) == command.REFUSED
    said = capsys.readouterr().err
    for each in ("uses a,", "uses b,", "uses c,", "a second cell has the tag train", "no cell has the tag contract"):
        assert each in said
    assert not (tmp_path / "late-fees").exists()


def test_a_cell_with_two_tags_and_a_text_with_one_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"cell 2 \(train\): it is no code; take the tag away"):
        convert(write(tmp_path, ("train", "Here we train."), kind="markdown"), "late-fees")
    file = write(tmp_path, ("train", "model = 1"))
    file.write_text(file.read_text().replace('"mine"', '"score"'))
    with pytest.raises(Refused, match=r"cell 2 \(train\+score\): it has several of the tags; write a cell for each"):
        convert(file, "late-fees")


@pytest.mark.parametrize(
    ("text", "arguments", "said"),
    [
        ("[]", [], "is no notebook that can be read"),
        ("{}", ["--name", "Late Fees"], "for example late-fees; name it by --name"),
    ],
)
def test_what_is_no_notebook_or_no_name_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, arguments: list[str], said: str
) -> None:
    file = tmp_path / "late.ipynb"
    file.write_text(text)
    assert command.main(["from-notebook", str(file), *arguments]) == command.REFUSED
    assert said in capsys.readouterr().err


def test_a_question_that_is_none_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write(tmp_path, *{**CELLS, "contract": CONTRACT.replace("binary", "ternary")}.items())
    assert command.main(["from-notebook", str(file)]) == command.REFUSED
    assert "PROBLEM_TYPE: 'ternaryClassification'; allowed: binaryClassification, " in capsys.readouterr().err
