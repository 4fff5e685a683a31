"""Models as jobs get them: a model directory, or the model.tar.gz that SageMaker makes of one."""

from __future__ import annotations

import tarfile
from pathlib import Path

import mlflow

from training_template.hyperparameters import Unusable


def unpacked(folder: Path, scratch: Path) -> Path:
    """The model directory in `folder`, unpacked into `scratch` where it is a package.

    @raises Unusable where there is none
    """
    return extracted(folder, scratch, "MLmodel")


def extracted(folder: Path, scratch: Path, wanted: str) -> Path:
    """The folder with the file `wanted`: `folder` itself, or `scratch` with what the package in it holds.

    @raises Unusable where there is no such file
    """
    if (folder / wanted).is_file():
        return folder
    packages = sorted(folder.glob("*.tar.gz")) if folder.is_dir() else []
    if len(packages) != 1:
        raise Unusable(f"{folder.name}/ holds {len(packages)} packages *.tar.gz and no {wanted}; one model is needed")
    try:
        with tarfile.open(packages[0]) as archive:
            archive.extractall(scratch, filter="data")
    except (tarfile.TarError, EOFError, OSError) as error:
        raise Unusable(f"{folder.name}/{packages[0].name} cannot be unpacked: {error}") from error
    if not (scratch / wanted).is_file():
        raise Unusable(f"{folder.name}/{packages[0].name} has no {wanted} at its root")
    return scratch


def load(folder: Path) -> mlflow.pyfunc.PyFuncModel:
    """Runs the code that the package holds, as serving it does.

    @raises Unusable with the reason for which it does not load
    """
    try:
        return mlflow.pyfunc.load_model(str(folder))
    except Exception as error:
        raise Unusable(f"the model does not load: {error}") from error
