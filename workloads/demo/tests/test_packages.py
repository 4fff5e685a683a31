"""Models with packages that the servers do not have: from the registry to answers, and what becomes of one that cannot be built."""

from __future__ import annotations

import zipfile
from pathlib import Path

import mlflow
import pandas as pd
import requests
from mlflow import MlflowClient
from mlflow.models import infer_signature

from conftest import NAME, Machine, until

# MLflow runs it when it is logged, on a machine that has not the packages either.
CODE = """import mlflow


class Priced(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        import {module}

        return [{module}.price * x for x in model_input["x"]]


mlflow.models.set_model(Priced())
"""


def wheel(folder: Path, name: str, version: str, source: str) -> Path:
    about = f"{name}-{version}.dist-info"
    files = {
        f"{name}.py": source,
        f"{about}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{about}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    files[f"{about}/RECORD"] = "".join(f"{path},,\n" for path in [*files, f"{about}/RECORD"])
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for inside, content in files.items():
            archive.writestr(inside, content)
    return path


def register(folder: Path, module: str, requirements: list[str], code_paths: list[str]) -> str:
    """Number of a new version, whose code nobody here can run."""
    code = folder / "model.py"
    code.write_text(CODE.format(module=module))
    with mlflow.start_run():
        logged = mlflow.pyfunc.log_model(
            name="model",
            python_model=str(code),
            signature=infer_signature(pd.DataFrame({"x": [1.0]}), [1.0]),
            pip_requirements=["mlflow", *requirements],
            code_paths=code_paths,
        )
    version = str(mlflow.register_model(logged.model_uri, NAME).version)
    MlflowClient().set_registered_model_alias(NAME, "champion", version)
    return version


def answer(machine: Machine) -> tuple[str, list[float]]:
    with requests.Session() as session:
        session.trust_env = False
        found = session.post(f"{machine.service.url}/invocations", json={"dataframe_records": [{"x": 2.0}]}, timeout=30)
    found.raise_for_status()
    return found.headers["X-Model-Version"], found.json()["predictions"]


def test_a_version_with_a_private_wheel_and_another_package_goes_live(machine: Machine, tmp_path: Path) -> None:
    index = machine.folder / "index"
    wheel(index, "acme_base", "2.1", "base = 21")
    machine.builder(index)
    machine.controller()
    private = wheel(tmp_path / "dist", "acme_pricing", "3.0", "import acme_base\nprice = 2.0 * acme_base.base")
    requirements = ["acme_base==2.1", "code/acme_pricing-3.0-py3-none-any.whl"]
    version = register(tmp_path, "acme_pricing", requirements, [str(private)])
    found = until(lambda: machine.outcome(version), 240, machine.state)
    assert found["outcome"] == "promoted", found
    assert answer(machine) == (version, [84.0])
    (environment,) = machine.told()["stable"]["environments"]
    assert environment["uri"].endswith(f"{environment['sha256']}.tar.gz")


def test_a_version_whose_packages_nobody_has_is_refused_in_uvs_words_and_the_old_one_stays(
    machine: Machine, tmp_path: Path
) -> None:
    before, live = machine.told(), answer(machine)
    version = register(tmp_path, "acme_base", ["acme_base==9.9"], [])
    found = until(lambda: machine.outcome(version), 240, machine.state)
    assert found["outcome"] == "rolled_back"
    assert found["reason"].startswith("its packages: error: No solution found when resolving dependencies")
    assert "acme-base==9.9" in found["reason"]
    assert machine.told() == before and answer(machine) == live

    def told() -> str | None:
        return MlflowClient().get_model_version(NAME, version).tags.get("mlplatform.loop.kubernetes")

    # Until then it says `canary`: pods get ready for the version while its packages are looked for.
    until(lambda: told() == f"rolled-back: {found['reason']}", 30, machine.state)
