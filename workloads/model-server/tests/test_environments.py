"""What a model asks for, whether this image has it, and packages that are built where it has not, from an index that is a folder."""

import hashlib
import json
import os
import platform
import subprocess
import sys
import time
from dataclasses import asdict
from importlib.metadata import Distribution
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
import pytest
from mlflow.models import infer_signature

from model_server.environment import BeingLookedFor, environment_for
from model_server.environments import archive, command
from model_server.environments.build import BuildRefused, build, digest_of, own_requirements
from model_server.environments.fit import Installed, fit
from model_server.environments.provide import Impossible, provide
from model_server.environments.published import PENDING, Packages, Published
from model_server.environments.requirements import RequirementsError, read_requirements
from model_server.release import Version, read_release
from model_server.settings import IndexSettings, SettingsError, load_index_settings, load_settings
from server import SOURCE, Server
from wheels import wheel

HERE = platform.python_version()
OTHER_PYTHON = "3.8.10"
THIS_IMAGE = Installed().image()


def model(folder: Path, requirements: str | None = None, **files: str) -> Path:
    """`files` by name, with `_` for the dot."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "MLmodel").write_text(files.pop("MLmodel", "flavors: {python_function: {loader_module: mlflow.sklearn}}"))
    if requirements is not None:
        (folder / "requirements.txt").write_text(requirements)
    for name, text in files.items():
        (folder / name.replace("_yaml", ".yaml").replace("_txt", ".txt")).write_text(text)
    return folder


class Fake(Distribution):
    def __init__(self, name: str, version: str, *requires: str) -> None:
        extras = sorted({text.split("extra == '")[1].split("'")[0] for text in requires if "extra ==" in text})
        head = [
            f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}",
            *(f"Provides-Extra: {each}" for each in extras),
        ]
        self._text = "\n".join([*head, *(f"Requires-Dist: {each}" for each in requires)]) + "\n"

    def read_text(self, filename: str) -> str | None:
        return self._text if filename == "METADATA" else None

    def locate_file(self, path: Any) -> Any:
        return Path(path)


IMAGE = Installed(
    iter(
        [
            Fake("scikit-learn", "1.9.1", "numpy>=1.24", "matplotlib>=3; extra == 'plots'"),
            Fake("numpy", "2.4.6"),
            Fake("xgboost-cpu", "3.2.0"),
            Fake("mlflow-skinny", "3.17.2", "databricks-sdk; extra == 'databricks'"),
            Fake("torch", "2.9.0+cpu"),
        ]
    )
)


@pytest.mark.parametrize(
    ("requirements", "mismatches"),
    [
        ("scikit-learn==1.9.1\nnumpy==2.4.6\n", []),
        ("scikit-learn==1.5.2", ["scikit-learn==1.5.2: 1.9.1 is installed"]),
        ("scikit_learn>=1.9,<2  # as trained\n\n# nothing\nNumPy\n", []),
        ("prophet==1.1.6", ["prophet==1.1.6: not installed"]),
        ("prophet==1.1.6; sys_platform == 'win32'", []),
        ("numpy==2.4.6; python_version >= '3.8'", []),
        ("numpy\\\n  ==1.26.4", ["numpy==1.26.4: 2.4.6 is installed"]),
        ("numpy==2.4.6 --hash=sha256:00 \\\n  --hash=sha256:01", []),
        ("scikit-learn[plots]==1.9.1", ["matplotlib>=3: not installed"]),
        ("torch==2.9.0", []),
        ("xgboost==3.2.0", []),
        ("xgboost==2.1.4", ["xgboost==2.1.4: 3.2.0 is installed"]),
        ("mlflow==3.15.0\nmlflow-skinny[databricks]==3.15.0", []),
        ("scikit-learn\n-c limits.txt", ["numpy<2: 2.4.6 is installed"]),
        ("xgboost\n-c limits.txt", []),
        ("-r more.txt", ["lightgbm==4.7.0: not installed"]),
        ("--prefer-binary\n--only-binary :all:\nnumpy==2.4.6", []),
        ("numpy=2", ["numpy=2: comes with the model or from an address of its own"]),
    ],
)
def test_a_model_fits_the_image_where_every_requirement_is_met(
    tmp_path: Path, requirements: str, mismatches: list[str]
) -> None:
    folder = model(tmp_path, requirements, limits_txt="numpy<2\nprophet<1\n", more_txt="lightgbm==4.7.0")
    found = fit(read_requirements(folder), IMAGE)
    assert [str(each) for each in found.mismatches] == mismatches


def test_what_no_package_mends_is_remarked(tmp_path: Path) -> None:
    conda = "dependencies: [python=3.8.10, gcc=12, pip, {pip: [numpy==2.4.6, mlflow==3.15.0]}]"
    found = fit(read_requirements(model(tmp_path, conda_yaml=conda)), IMAGE)
    assert found.mismatches == () and found.impossible is None
    assert [str(each) for each in found.remarks] == [
        "mlflow==3.15.0: the server loads it with MLflow 3.17.2",
        "gcc=12: conda's packages are not installed; name it in requirements.txt",
        f"Python 3.8.10: this image has {HERE}",
    ]


@pytest.mark.parametrize(
    ("function", "python", "refused"),
    [
        ("{python_model: python_model.pkl}", OTHER_PYTHON, True),
        ("{python_model: python_model.pkl}", HERE, False),
        ("{python_model: model.py, model_code_path: model.py}", OTHER_PYTHON, False),
        ("{loader_module: mlflow.sklearn}", OTHER_PYTHON, False),
    ],
)
def test_code_that_another_python_pickled_is_refused(tmp_path: Path, function: str, python: str, refused: bool) -> None:
    mlmodel = f"flavors: {{python_function: {function}}}"
    folder = model(
        tmp_path, "", MLmodel=mlmodel, python_env_yaml=f"python: {python}\ndependencies: [-r requirements.txt]"
    )
    said = fit(read_requirements(folder), IMAGE).impossible
    assert (said is not None) == refused
    if refused:
        assert OTHER_PYTHON in str(said) and HERE in str(said)
        with pytest.raises(Impossible):
            environment_for(folder, load_settings({}))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("-e .", "log a wheel of it"),
        ("--trusted-host example.com", "is not taken from a model"),
        ("numpy @ https://example.com/${TOKEN}/numpy.whl", "names a variable of the environment"),
        ("../other/private-1.0-py3-none-any.whl", "is outside of the model"),
        ("/tmp/private-1.0-py3-none-any.whl", "is outside of the model"),
        ("wheels/private-1.0-py3-none-any.whl", "the model has no such file"),
        ("private @ file:///tmp/private-1.0-py3-none-any.whl", "names a file of another machine"),
        ("file:///tmp/private-1.0-py3-none-any.whl", "names a file of another machine"),
        ("-r missing.txt", "the model has no such file"),
        ("-r requirements.txt", "includes itself"),
    ],
)
def test_requirements_that_no_index_could_serve_are_refused(tmp_path: Path, line: str, said: str) -> None:
    with pytest.raises(RequirementsError, match=said):
        read_requirements(model(tmp_path, line))


@pytest.fixture
def index(tmp_path: Path) -> Path:
    folder = tmp_path / "index"
    # The image has a later version of it; the private one asks for another that no requirement names.
    wheel(folder, "wcwidth", "0.1.9", "__version__ = '0.1.9'")
    wheel(folder, "acme-features", "1.0", "import acme_base\nfactor = acme_base.base * 2", ("acme-base>=2",))
    wheel(folder, "acme-base", "2.1", "base = 21")
    return folder


def only(index: Path, **changes: Any) -> IndexSettings:
    return IndexSettings(index_url="", find_links=(str(index),), **changes)


def test_a_model_runs_with_packages_of_its_own_before_those_of_the_image(tmp_path: Path, index: Path) -> None:
    folder = model(tmp_path / "model", "wcwidth==0.1.9\nacme-features\nsortedcontainers\nmlflow==3.15.0\n")
    published = Published(str(tmp_path / "environments"))
    first = provide(folder, published, only(index))
    assert first.outcome == "built" and first.packages is not None and first.record is not None
    # What the image has in a version that fits is not installed again, the server's own packages among them.
    assert first.record["packages"] == ["acme-base==2.1", "acme-features==1.0", "wcwidth==0.1.9"]
    again = provide(folder, published, only(index))
    assert (again.outcome, again.packages) == ("reused", first.packages)

    settings = load_settings({"MODEL_SERVER_SCRATCH": str(tmp_path / "scratch")})
    environment = environment_for(folder, settings, first.packages)
    program = """
import acme_features, wcwidth, sortedcontainers, mlflow, flask, importlib.metadata as m, json, sys
print(json.dumps([acme_features.factor, m.version("wcwidth"), wcwidth.__version__, mlflow.__file__, flask.__file__, sys.flags.isolated]))
"""
    told = subprocess.run(
        [str(environment.python), "-c", program], env=environment.variables, capture_output=True, text=True
    )
    assert told.returncode == 0, told.stderr
    factor, version, module, mlflow_file, flask_file, _ = json.loads(told.stdout)
    assert (factor, version, module) == (42, "0.1.9", "0.1.9")
    assert str(Path(sys.prefix).resolve()) in mlflow_file and str(Path(sys.prefix).resolve()) in flask_file
    # The same again is the same folder, and nothing is unpacked twice.
    assert environment_for(folder, settings, first.packages) == environment


def test_a_private_wheel_that_came_with_the_model_is_installed(tmp_path: Path, index: Path) -> None:
    made = wheel(tmp_path / "model" / "wheels", "acme-pricing", "3.0", "price = 7", ("acme-base",))
    folder = model(tmp_path / "model", "wheels/acme_pricing-3.0-py3-none-any.whl")
    settings = load_settings(
        {
            "MODEL_SERVER_SCRATCH": str(tmp_path / "scratch"),
            "MODEL_SERVER_PACKAGES": "build",
            "MODEL_SERVER_INDEX_URL": " ",
            "MODEL_SERVER_FIND_LINKS": str(index),
        }
    )
    environment = environment_for(folder, settings)
    program = "import acme_pricing, acme_base; print(acme_pricing.price * acme_base.base)"
    assert subprocess.check_output([str(environment.python), "-c", program], env=environment.variables) == b"147\n"
    # Another wheel of the same name is another environment.
    before = digest_of(read_requirements(folder), folder, only(index), IMAGE)
    wheel(made.parent, "acme-pricing", "3.0", "price = 8", ("acme-base",))
    assert digest_of(read_requirements(folder), folder, only(index), IMAGE) != before


def test_equal_requirements_have_one_digest_and_others_another(tmp_path: Path, index: Path) -> None:
    def digest(text: str, indexes: IndexSettings | None = None, image: Installed = IMAGE) -> str:
        name = hashlib.sha256(text.encode()).hexdigest()[:8]
        folder = model(tmp_path / name, text)
        return digest_of(read_requirements(folder), folder, indexes or only(index), image)

    first = digest("numpy==1.26.4\nprophet>=1,<2")
    assert digest("# written otherwise\nprophet <2,>=1\n\nnumpy == 1.26.4  # pinned") == first
    assert digest("numpy==1.26.4\nprophet>=1,<2", only(index, timeout_seconds=7, max_mib=9)) == first
    others = {
        digest("numpy==1.26.4\nprophet>=1,<3"),
        digest("numpy==1.26.4\nprophet>=1,<2", only(index, source_builds=True)),
        digest("numpy==1.26.4\nprophet>=1,<2", IndexSettings()),
        digest("numpy==1.26.4\nprophet>=1,<2", image=Installed(iter([Fake("numpy", "2.4.7")]))),
    }
    assert len(others) == 4 and first not in others


@pytest.mark.parametrize(
    ("requirements", "said"),
    [
        ("acme-features==9.9", "acme-features==9.9"),
        ("nosuchpackage", "nosuchpackage was not found"),
        ("acme-base==2.1\nacme-base==2.0", "unsatisfiable"),
        ("numpy=1", "no such comparison operator"),
        # What the server itself needs is part of the resolution.
        ("flask==0.1", "flask==0.1"),
        ("--extra-index-url https://evil.example/simple\nacme-base", "environments.extraIndexUrls"),
        ("acme-base @ https://evil.example/acme_base-2.1-py3-none-any.whl", "environments.extraIndexUrls"),
        ("https://evil.example/acme_base-2.1-py3-none-any.whl", "environments.extraIndexUrls"),
        ("acme-base @ git+https://evil.example/acme", "environments.extraIndexUrls"),
        ("./acme-1.0.tar.gz", "environments.sourceBuilds"),
        ("acme-base\n-c elsewhere.txt", "environments.extraIndexUrls"),
    ],
)
def test_requirements_that_cannot_be_met_are_refused_in_the_words_of_uv(
    tmp_path: Path, index: Path, requirements: str, said: str
) -> None:
    elsewhere = "acme-base @ https://evil.example/acme_base-2.1-py3-none-any.whl"
    folder = model(tmp_path / "model", requirements, elsewhere_txt=elsewhere)
    (folder / "acme-1.0.tar.gz").write_bytes(b"")
    with pytest.raises(BuildRefused, match=said):
        build(read_requirements(folder), folder, tmp_path / "site", only(index), Installed())
    assert not (tmp_path / "site").exists()


def test_an_item_of_conda_with_several_lines_brings_nothing_past_the_checks(tmp_path: Path, index: Path) -> None:
    item = "acme-base\n--extra-index-url https://evil.example/simple"
    folder = model(tmp_path / "model", conda_yaml=json.dumps({"dependencies": [{"pip": [item]}]}))
    asked = read_requirements(folder)
    assert ([each.line for each in asked.entries], asked.indexes) == (["acme-base"], ("https://evil.example/simple",))
    with pytest.raises(BuildRefused, match="environments.extraIndexUrls"):
        build(asked, folder, tmp_path / "site", only(index), Installed())


def test_packages_that_take_too_much_space_are_refused(tmp_path: Path, index: Path) -> None:
    wheel(index, "acme-large", "1.0", "text = '" + "x" * 2**21 + "'")
    folder = model(tmp_path / "model", "acme-large")
    with pytest.raises(BuildRefused, match="at most 1 MiB are allowed here"):
        build(read_requirements(folder), folder, tmp_path / "site", only(index, max_mib=1), Installed())


def test_nothing_secret_reaches_what_installs(tmp_path: Path, index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = tmp_path / "seen"
    program = tmp_path / "uv"
    program.write_text(f"#!/bin/sh\nenv >> {seen}\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setattr("model_server.environments.build._uv_program", lambda: str(program))
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "made-up")
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "made-up")
    monkeypatch.setenv("NETRC", "/etc/index/netrc")
    folder = model(tmp_path / "model", "acme-base")
    with pytest.raises(BuildRefused):
        build(read_requirements(folder), folder, tmp_path / "site", only(index), Installed())
    assert "NETRC=/etc/index/netrc" in seen.read_text() and "made-up" not in seen.read_text()


def packed(tmp_path: Path, name: str = "packages.tar.gz", image: str = THIS_IMAGE) -> Packages:
    site = tmp_path / "site"
    site.mkdir(exist_ok=True)
    (site / "acme.py").write_text("x = 1")
    made = archive.write(site, ("acme==1",), image, tmp_path / name)
    return Packages(str(tmp_path / name), made.sha256)


def test_the_same_packages_give_the_same_archive(tmp_path: Path) -> None:
    assert packed(tmp_path, "one").sha256 == packed(tmp_path, "two").sha256


@pytest.mark.parametrize("fault", ["digest", "damaged", "image"])
def test_an_archive_that_is_not_what_was_recorded_is_never_used(tmp_path: Path, fault: str) -> None:
    given = packed(tmp_path, image="another" if fault == "image" else THIS_IMAGE)
    if fault == "digest":
        given = Packages(given.uri, "0" * 64)
    if fault == "damaged":
        Path(given.uri).write_bytes(Path(given.uri).read_bytes()[:-40])
    settings = load_settings({"MODEL_SERVER_SCRATCH": str(tmp_path / "scratch")})
    with pytest.raises(archive.ArchiveError):
        environment_for(model(tmp_path / "model", ""), settings, given)
    assert [each.suffix for each in (tmp_path / "scratch/environments").iterdir()] == [".lock"]


def test_packages_of_a_process_that_runs_are_never_cleared_away(tmp_path: Path) -> None:
    settings = load_settings({"MODEL_SERVER_SCRATCH": str(tmp_path / "scratch")})
    folder = model(tmp_path / "model", "")
    made = []
    for number in range(4):
        (tmp_path / str(number)).mkdir()
        made.append(packed(tmp_path / str(number)))
        (tmp_path / str(number) / "site" / "acme.py").write_text(f"x = {number}")
        made[-1] = packed_again(tmp_path / str(number))
    first = environment_for(folder, settings, made[0])
    with subprocess.Popen([str(first.python), "-c", "input()"], env=first.variables, stdin=subprocess.PIPE) as running:
        second = environment_for(folder, settings, made[1])
        assert Path(first.variables["MODEL_SERVER_SITE"]).is_dir(), "it is in use"
        environment_for(folder, settings, made[2])
        assert Path(second.variables["MODEL_SERVER_SITE"]).is_dir(), "somebody may be about to use it"
        for each in (first, second):
            os.utime(each.variables["MODEL_SERVER_SITE"], (1, 1))
        environment_for(folder, settings, made[3])
        assert Path(first.variables["MODEL_SERVER_SITE"]).is_dir()
        assert not Path(second.variables["MODEL_SERVER_SITE"]).exists()
        running.communicate(b"\n")
    # What was cleared away comes back when it is asked for.
    assert Path(environment_for(folder, settings, made[1]).variables["MODEL_SERVER_SITE"]).is_dir()


def packed_again(folder: Path) -> Packages:
    made = archive.write(folder / "site", ("acme==1",), THIS_IMAGE, folder / "packages.tar.gz")
    return Packages(str(folder / "packages.tar.gz"), made.sha256)


def test_a_release_names_packages_for_this_image(tmp_path: Path) -> None:
    file = tmp_path / "release.json"

    def read(*environments: dict[str, str]) -> Version:
        entry = {"version": "3", "uri": "models:/churn/3", "environments": list(environments)}
        file.write_text(json.dumps({"stable": entry if environments else {"version": "3", "uri": "models:/churn/3"}}))
        found = read_release(file).stable
        assert found is not None
        return found

    plain, other = Version("3", "models:/churn/3"), {"image": "another", "uri": "s3://a/b", "sha256": "ef"}
    assert read() == plain
    # What is said for another image is no reason to load a version again.
    assert read({"image": THIS_IMAGE}) == read({"image": THIS_IMAGE}, other) == plain
    own = {"image": THIS_IMAGE, "uri": "s3://a/c", "sha256": "cd"}
    assert read(other, own).packages == Packages("s3://a/c", "cd")
    # While packages are looked for, those that were found before do.
    pending = {"image": "pending"}
    assert read(pending).packages == read(other, pending).packages == PENDING
    assert read(own, pending).packages == Packages("s3://a/c", "cd") and read({"image": THIS_IMAGE}, pending) == plain
    not_built = read(other).packages
    with pytest.raises(archive.ArchiveError, match="for this image of the server yet"):
        environment_for(model(tmp_path / "model", ""), load_settings({}), not_built)


@pytest.mark.parametrize(
    ("requirements", "served"),
    [
        ("", True),
        ("mlflow==0.1", True),
        ("wcwidth==0.1.9", False),
        ("acme-features", False),
        ("code/acme-1.0-py3-none-any.whl", False),
        ("-e .", False),
    ],
)
def test_while_packages_are_looked_for_only_what_fits_the_image_is_loaded(
    tmp_path: Path, requirements: str, served: bool
) -> None:
    folder = model(tmp_path / "model", requirements, python_env_yaml=f"python: {HERE}")
    # Building is somebody else's work here, whatever the settings allow.
    settings = load_settings({"MODEL_SERVER_SCRATCH": str(tmp_path / "scratch"), "MODEL_SERVER_PACKAGES": "build"})
    if served:
        environment = environment_for(folder, settings, PENDING)
        assert (environment.python, environment.variables) == (Path(sys.executable), {})
        assert len(environment.mismatches) == (requirements != "")
    else:
        with pytest.raises(BeingLookedFor, match="^its packages are being looked for$"):
            environment_for(folder, settings, PENDING)


def test_code_of_another_python_is_not_loaded_while_packages_are_looked_for(tmp_path: Path) -> None:
    pickled = "flavors: {python_function: {python_model: python_model.pkl}}"
    folder = model(tmp_path / "model", "", MLmodel=pickled, python_env_yaml=f"python: {OTHER_PYTHON}")
    with pytest.raises(BeingLookedFor):
        environment_for(folder, load_settings({}), PENDING)


def test_what_somebody_else_has_built_is_not_built_again(tmp_path: Path, index: Path) -> None:
    folder = model(tmp_path / "model", "wcwidth==0.1.9")
    provide(folder, Published(str(tmp_path / "store")), only(index))
    settings = {
        "MODEL_SERVER_SCRATCH": str(tmp_path / "scratch"),
        "MODEL_SERVER_PACKAGES": "build",
        "MODEL_SERVER_INDEX_URL": "",
        "MODEL_SERVER_FIND_LINKS": str(index),
        "MODEL_SERVER_ENVIRONMENTS": str(tmp_path / "store"),
    }
    assert environment_for(folder, load_settings(settings)).variables
    assert not (tmp_path / "scratch/built").exists()


def test_a_packed_model_brings_its_packages_along(tmp_path: Path) -> None:
    folder = model(tmp_path / "model", "acme==1")
    given = packed(tmp_path)
    with open(given.uri, "rb") as stream:
        archive.unpack(stream, folder / "environment", given.sha256, THIS_IMAGE)
    environment = environment_for(folder, load_settings({"MODEL_SERVER_SCRATCH": str(tmp_path / "scratch")}))
    told = subprocess.check_output(
        [str(environment.python), "-c", "import acme; print(acme.x)"], env=environment.variables
    )
    assert told == b"1\n" and environment.mismatches == ()


@pytest.mark.parametrize("text", ["", "[]", '{"image": "prod"}', '{"name": "prod", "packages": []}', None])
def test_a_folder_of_the_same_name_among_a_models_own_files_is_its_own(tmp_path: Path, text: str | None) -> None:
    folder = model(tmp_path / "model", "")
    own = folder / "environment"
    (own / "environment.json" if text is None else own).mkdir(parents=True)
    if text is not None:
        (own / "environment.json").write_text(text)
    environment = environment_for(folder, load_settings({"MODEL_SERVER_SCRATCH": str(tmp_path / "scratch")}))
    assert environment.python == Path(sys.executable) and environment.variables == {}


def test_without_packages_of_its_own_the_image_serves_and_what_differs_is_said(tmp_path: Path) -> None:
    folder = model(tmp_path / "model", "wcwidth==0.1.9\nacme-features", python_env_yaml=f"python: {HERE}")
    environment = environment_for(folder, load_settings({"MODEL_SERVER_SCRATCH": str(tmp_path / "scratch")}))
    assert environment.python == Path(sys.executable) and environment.variables == {}
    installed = Installed().find("wcwidth")
    assert installed is not None
    assert environment.mismatches == (
        f"wcwidth==0.1.9: {installed.version} is installed",
        "acme-features: not installed",
    )


def test_the_command_says_what_became_of_a_version(
    tmp_path: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODEL_SERVER_INDEX_URL", "")
    monkeypatch.setenv("MODEL_SERVER_FIND_LINKS", str(index))
    verdict = tmp_path / "verdict.json"

    def decided(requirements: str) -> tuple[int, dict[str, Any]]:
        folder = model(tmp_path / "model", requirements)
        given = [
            "--model",
            "churn",
            "--from",
            str(folder),
            "--store",
            str(tmp_path / "store"),
            "--verdict",
            str(verdict),
        ]
        return command.main(given), json.loads(verdict.read_text())

    assert decided("wcwidth") == (0, {"outcome": "fits", "image": THIS_IMAGE})
    code, built = decided("wcwidth==0.1.9")
    assert (code, built["outcome"]) == (0, "built")
    assert built["mismatches"][0].startswith("wcwidth==0.1.9: ")
    assert Path(built["environment"]["uri"]).is_file()
    code, again = decided("wcwidth==0.1.9  # again")
    assert (code, again["outcome"], again["environment"]) == (0, "reused", built["environment"])
    code, refused = decided("nosuchpackage")
    assert (code, refused["outcome"]) == (1, "refused") and "nosuchpackage was not found" in refused["reason"]
    # Room for all of it in what Kubernetes keeps of a container's last words.
    code, refused = decided("\n".join(f"no-such-package-{number}==1" for number in range(2000)))
    assert code == 1 and verdict.stat().st_size < 4096


def test_a_wheel_of_the_model_is_fetched_and_its_weights_are_not(
    tmp_path: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODEL_SERVER_INDEX_URL", "")
    folder = model(tmp_path / "model", "wheels/acme_base-2.1-py3-none-any.whl")
    wheel(folder / "wheels", "acme-base", "2.1", "base = 1")
    (folder / "model.pkl").write_bytes(b"weights")
    fetched = tmp_path / "fetched"
    fetched.mkdir()
    fetch = command.fetcher(str(folder), fetched)
    assert read_requirements(fetched, fetch).entries[0].file == "wheels/acme_base-2.1-py3-none-any.whl"
    assert sorted(each.name for each in fetched.rglob("*") if each.is_file()) == [
        "MLmodel",
        "acme_base-2.1-py3-none-any.whl",
        "requirements.txt",
    ]


def test_the_servers_own_requirements_are_known_without_its_package() -> None:
    assert {"mlflow-skinny", "flask", "pandas", "uv"} <= set(own_requirements())


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("INDEX_URL", "pypi.org/simple"),
        ("EXTRA_INDEX_URLS", "ftp://a"),
        ("SOURCE_BUILDS", "yes"),
        ("BUILD_SECONDS", "0"),
    ],
)
def test_index_settings_that_cannot_be_used_are_refused(variable: str, value: str) -> None:
    with pytest.raises(SettingsError, match=value.replace(".", r"\.")):
        load_index_settings({f"MODEL_SERVER_{variable}": value})


def pinned(folder: Path, name: str, body: str, requirements: list[str]) -> Path:
    """A model from code, with exactly these requirements."""
    code = folder / f"{name}.py"
    head = "import mlflow\n\nclass Model(mlflow.pyfunc.PythonModel):\n    def predict(self, context, model_input, params=None):\n"
    code.write_text(f"{head}{body}\n\nmlflow.models.set_model(Model())\n")
    target = folder / name
    rows = pd.DataFrame({"x": [1.0]})
    signature = infer_signature(rows, [1.0])
    mlflow.pyfunc.save_model(str(target), python_model=str(code), signature=signature, pip_requirements=requirements)
    return target


def test_versions_with_packages_of_their_own_are_served_and_a_broken_one_leaves_the_old(
    tmp_path: Path, index: Path
) -> None:
    """Through real servers: two versions that cannot be in one process, and one whose packages nobody has."""
    rows = {"dataframe_records": [{"x": 2.0}]}
    body = "        import acme_base\n        return [float(acme_base.base) * x for x in model_input['x']]"
    wheel(index, "acme-base", "1.0", "base = 10")
    old = pinned(tmp_path, "old", body, ["acme-base==1.0", "mlflow"])
    new = pinned(tmp_path, "new", body, ["acme-base==2.1", "mlflow"])
    broken = pinned(tmp_path, "broken", body, ["acme-base==3.0", "mlflow"])
    plain = pinned(tmp_path, "plain", "        return [x for x in model_input['x']]", ["wcwidth==0.1.9", "mlflow"])
    published = Published(str(tmp_path / "store"))
    file = tmp_path / "release.json"

    def release(version: str, folder: Path, packages: Packages | None, **changes: str) -> None:
        environment = {"image": THIS_IMAGE, **(asdict(packages) if packages else {}), **changes}
        entry = {"version": version, "uri": str(folder), "environments": [environment]}
        file.with_suffix(".new").write_text(json.dumps({"stable": entry}))
        file.with_suffix(".new").replace(file)

    built = {each.name: provide(each, published, only(index)).packages for each in (old, new)}
    with pytest.raises(BuildRefused, match="acme-base==3.0"):
        provide(broken, published, only(index))
    release("1", old, built["old"])
    with Server(RELEASE_FILE=file, WORKERS=1) as server:
        server.ready(workers=1)
        assert server.predict(rows) == (200, {"predictions": [20.0]})
        release("2", new, built["new"])
        server.until_version("2")
        assert server.predict(rows) == (200, {"predictions": [42.0]})
        assert server.metric("model_server_requirement_mismatches", version="2") == 0
        # Its packages are not what was recorded: it is never loaded.
        release("3", broken, built["new"], sha256="0" * 64)
        server.until(lambda: server.metric("model_server_model_load_failures_total", version="3") > 0)
        assert "recorded is 0000" in server.log.read_text()
        assert server.predict(rows) == (200, {"predictions": [42.0]})
        # With the image's packages it is served, and what differs is said.
        release("4", plain, None)
        server.until_version("4")
        assert server.predict(rows) == (200, {"predictions": [2.0]})
        assert server.metric("model_server_requirement_mismatches", version="4") == 1
        assert "wcwidth==0.1.9: " in server.log.read_text()


def test_a_version_is_served_while_a_job_looks_for_its_packages(tmp_path: Path, index: Path) -> None:
    """Through a real server: one that fits the image is loaded once, and one that does not as soon as its packages are named."""
    rows = {"dataframe_records": [{"x": 2.0}]}
    fitting = pinned(tmp_path, "fitting", "        return [3 * x for x in model_input['x']]", ["mlflow"])
    body = "        import acme_base\n        return [float(acme_base.base) * x for x in model_input['x']]"
    other = pinned(tmp_path, "other", body, ["acme-base==2.1", "mlflow"])
    built = provide(other, Published(str(tmp_path / "store")), only(index)).packages
    assert built is not None
    file = tmp_path / "release.json"

    def release(version: str, folder: Path, environment: dict[str, str]) -> None:
        entry = {"version": version, "uri": str(folder), "environments": [environment]}
        file.with_suffix(".new").write_text(json.dumps({"stable": entry}))
        file.with_suffix(".new").replace(file)

    release("1", fitting, {"image": "pending"})
    with Server(RELEASE_FILE=file, WORKERS=1) as server:
        server.ready(workers=1)
        assert server.predict(rows) == (200, {"predictions": [6.0]})
        processes = server.versions()
        release("1", fitting, {"image": THIS_IMAGE})
        time.sleep(2)
        assert server.versions() == processes and server.log.read_text().count("a version is started") == 1
        release("2", other, {"image": "pending"})
        server.until(lambda: "its packages are being looked for" in server.log.read_text())
        assert server.predict(rows) == (200, {"predictions": [6.0]})
        release("2", other, {"image": THIS_IMAGE, **asdict(built)})
        server.until_version("2")
        assert server.predict(rows) == (200, {"predictions": [42.0]})
        assert server.metric("model_server_model_load_failures_total") == 0


def test_rows_are_scored_with_the_packages_that_the_model_asks_for(tmp_path: Path, index: Path) -> None:
    body = "        import acme_base\n        return [float(acme_base.base) * x for x in model_input['x']]"
    folder = pinned(tmp_path, "model", body, ["acme-base==2.1", "mlflow"])
    (tmp_path / "rows").mkdir()
    (tmp_path / "rows" / "one.jsonl").write_text('{"x": 2.0}\n')
    given = [
        "--model",
        "churn",
        "--from",
        str(folder),
        "--input",
        str(tmp_path / "rows"),
        "--output",
        str(tmp_path / "out"),
    ]
    env = {
        **{key: os.environ[key] for key in ("PATH", "HOME")},
        "PYTHONPATH": f"{SOURCE}:{SOURCE.parents[1] / 'mlplatform/src'}",
        "TMPDIR": str(tmp_path),
        "MODEL_SERVER_SCRATCH": str(tmp_path / "scratch"),
        "MODEL_SERVER_INDEX_URL": "",
        "MODEL_SERVER_FIND_LINKS": str(index),
    }
    command = [sys.executable, "-m", "model_server", "score", *given]
    without = subprocess.run(command, env=env, capture_output=True, text=True)
    assert without.returncode == 1 and "acme-base==2.1: not installed" in without.stderr
    done = subprocess.run(command, env={**env, "MODEL_SERVER_PACKAGES": "build"}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (part,) = (tmp_path / "out").rglob("*.parquet")
    assert pd.read_parquet(part)["prediction_number"].tolist() == [42.0]
