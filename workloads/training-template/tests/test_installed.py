"""Projects that packages bring: found by their entry point, refused where two have one name, trained by their functions."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from pathlib import Path

import mlflow
import numpy as np
import pytest

from churn.data import customers
from conftest import Root
from training_template import projects
from training_template.hyperparameters import Unusable

CONTRACT = """
TARGET = "churned"
PROBLEM_TYPE = "binaryClassification"
NUMBERS = ["tenure_months", "monthly_charge"]
CATEGORIES = ["contract"]
FLAGS = ["autopay"]
HYPERPARAMETERS = {"strength": 1.0}
"""
TRAIN = """
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from leavers_project.contract import CATEGORIES, FLAGS, NUMBERS, TARGET


def train(rows, hyperparameters):
    columns = make_column_transformer(
        (StandardScaler(), NUMBERS), (OneHotEncoder(handle_unknown="ignore"), CATEGORIES), ("passthrough", FLAGS)
    )
    return make_pipeline(columns, LogisticRegression(C=hyperparameters["strength"])).fit(
        rows[[*NUMBERS, *CATEGORIES, *FLAGS]], rows[TARGET]
    )
"""
SCORE = """
def score(model, inputs):
    return model.predict_proba(inputs)[:, 1]
"""
PREPARE = """
def prepare(rows):
    return rows.rename(columns={"left": "churned"}).drop(columns="region")
"""
FILES = {"__init__": "", "contract": CONTRACT, "train": TRAIN, "score": SCORE}


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Path]:
    """A package with such modules, as an installer leaves it; each in a folder of its own."""

    def installed(files: dict[str, str], name: str = "leavers", folder: str = "site") -> Path:
        site = tmp_path / folder
        package = site / "leavers_project"
        metadata = site / f"{folder}_leavers-1.0.dist-info"
        package.mkdir(parents=True)
        metadata.mkdir()
        for module, text in files.items():
            (package / f"{module}.py").write_text(text)
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {folder}-leavers\nVersion: 1.0\n")
        (metadata / "entry_points.txt").write_text(f"[mlplatform.projects]\n{name} = leavers_project\n")
        monkeypatch.syspath_prepend(str(site))
        return package

    yield installed
    for loaded in [each for each in sys.modules if each.startswith("leavers_project")]:
        del sys.modules[loaded]


def found(name: str = "leavers") -> projects.Project:
    importlib.invalidate_caches()
    return projects.find({"project": name})[1]


def refused(name: str = "leavers") -> str:
    with pytest.raises(Unusable) as error:
        found(name)
    return str(error.value)


def test_a_package_brings_a_project(install: Callable[..., Path]) -> None:
    install(FILES)
    schema = found().schema
    assert schema.inputs == ["tenure_months", "monthly_charge", "contract", "autopay"]
    assert schema.problem_type == "binaryClassification"


def test_an_unknown_project_is_refused_with_all_that_there_are(install: Callable[..., Path]) -> None:
    install(FILES)
    assert refused("leaver").endswith("allowed: attrition, churn, delivery, drawn, leavers, tariff")


def test_two_packages_with_one_project_are_refused_with_both_places(install: Callable[..., Path]) -> None:
    first, second = install(FILES).parent, install(FILES, folder="other").parent
    said = refused()
    assert "project leavers is brought twice" in said
    assert f"other-leavers in {second}" in said and f"site-leavers in {first}" in said


def test_a_package_takes_the_place_of_the_sample_of_its_name(install: Callable[..., Path]) -> None:
    install(FILES, name="churn")
    assert found("churn").schema.inputs == ["tenure_months", "monthly_charge", "contract", "autopay"]


@pytest.mark.parametrize("name", ["Leavers", "a-name-that-is-longer-than-aws-takes", "2fast"])
def test_a_name_that_no_model_may_have_is_refused(install: Callable[..., Path], name: str) -> None:
    install(FILES, name=name)
    assert f"name {name!r}; allowed: " in refused(name)


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"contract": "TARGET = 'churned'"}, "contract.py does not say PROBLEM_TYPE, NUMBERS, CATEGORIES, FLAGS"),
        ({"contract": CONTRACT.replace("binary", "binari")}, "problem_type: 'binariClassification'; allowed: "),
        ({"train": "def fit(rows): ..."}, "leavers_project/train.py has no function train"),
        ({"score": "import nowhere"}, "leavers_project/score.py cannot be imported: ModuleNotFoundError"),
        ({"__init__": "1 / 0"}, "(leavers_project) cannot be loaded: ZeroDivisionError"),
    ],
)
def test_what_a_package_lacks_is_named(install: Callable[..., Path], files: dict[str, str], said: str) -> None:
    install({**FILES, **files})
    assert said in refused()


def test_its_own_preparation_comes_before_the_split(install: Callable[..., Path], root: Root) -> None:
    install({**FILES, "prepare": PREPARE})
    root.told(project="leavers")
    raw, out = root.paths.root / "raw", root.paths.root / "out"
    root.put(raw, customers(1000, 7).rename(columns={"churned": "left"}))
    assert root.run("prepare", "--input", str(raw), "--output", str(out), "--drop", "plan", "--drop", "region") == 0
    header = (out / "train" / "part-00000.csv").read_text().split("\n", 1)[0].split(",")
    assert "churned" in header and "left" not in header and "plan" not in header


@pytest.mark.parametrize("files", [FILES, {name: FILES[name] for name in ("__init__", "contract", "train")}])
def test_it_is_trained_and_judged_and_its_model_loads_without_the_package(
    install: Callable[..., Path], root: Root, monkeypatch: pytest.MonkeyPatch, files: dict[str, str]
) -> None:
    install(files)
    root.told(project="leavers", strength="0.5")
    root.channels(customers(3000, 7))
    assert root.run("train") == 0, root.failure()
    root.package("candidate", root.paths.model)
    root.put(root.paths.processing("test"), customers(500, 8))
    assert root.run("evaluate") == 0, root.failure()
    report = root.report("evaluation.json")
    assert 0.6 < report["candidate"]["roc_auc"] < 1 and report["rows"] == 500

    monkeypatch.setattr(sys, "path", [each for each in sys.path if not (Path(each) / "leavers_project").is_dir()])
    for loaded in [each for each in sys.modules if each.startswith("leavers_project")]:
        del sys.modules[loaded]
    model = mlflow.pyfunc.load_model(str(root.paths.model))
    answers = np.asarray(model.predict(customers(20, 9)[["tenure_months", "monthly_charge", "contract", "autopay"]]))
    assert answers.shape == ((20,) if "score" in files else (20, 2)) and "leavers_project" not in sys.modules


def test_what_its_own_code_raises_is_told_with_file_and_line(install: Callable[..., Path], root: Root) -> None:
    install({**FILES, "train": TRAIN.replace('hyperparameters["strength"]', 'hyperparameters["depth"]')})
    root.told(project="leavers")
    root.channels(customers(3000, 7))
    assert root.run("train") == 1
    assert "leavers_project/train.py line 14: KeyError: 'depth'" in root.failure()


def test_a_category_with_more_values_than_it_can_learn_is_refused(install: Callable[..., Path], root: Root) -> None:
    install({**FILES, "contract": CONTRACT + "MOST_VALUES = 2\n"})
    root.told(project="leavers")
    root.channels(customers(3000, 7))
    assert root.run("train") == 1
    assert "contract has 3 different values, at most 2 can be learnt" in root.failure()


def test_scoring_that_needs_more_than_its_own_file_is_refused(install: Callable[..., Path], root: Root) -> None:
    install({**FILES, "score": f"from leavers_project.contract import TARGET\n{SCORE}"})
    root.told(project="leavers")
    root.channels(customers(3000, 7))
    assert root.run("train") == 1
    assert "leavers_project/score.py line 1 imports leavers_project.contract" in root.failure()


def test_a_model_of_classes_of_its_own_is_refused(install: Callable[..., Path], root: Root) -> None:
    own = "class Own(LogisticRegression): ...\n\n\ndef train"
    install({**FILES, "train": TRAIN.replace("def train", own).replace("LogisticRegression(C", "Own(C")})
    root.told(project="leavers")
    root.channels(customers(3000, 7))
    assert root.run("train") == 1
    assert "the model holds leavers_project.train.Own, and a server has libraries alone" in root.failure()
