"""Where a model lies that need not be fetched."""

import re
from pathlib import Path

MLMODEL = "MLmodel"
REGISTERED_VERSION = re.compile(r"^models:/(?P<name>[^/@]+)/(?P<version>\d+)$")


class NoModelThere(Exception):
    """The directory holds no model, such as SageMaker's before anything was packed."""


def is_local(uri: str) -> bool:
    return uri.startswith(("/", ".")) or "://" not in uri and not uri.startswith(("models:/", "runs:/"))


def model_folder(folder: Path) -> Path:
    """The folder with the MLmodel file: itself, or the only one directly below (a package made with its folder)."""
    if (folder / MLMODEL).is_file():
        return folder
    found = [file.parent for file in folder.glob(f"*/{MLMODEL}")] if folder.is_dir() else []
    if len(found) != 1:
        raise NoModelThere(f"{folder} has no {MLMODEL} file")
    return found[0]
