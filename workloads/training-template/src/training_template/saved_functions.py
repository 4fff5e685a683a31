"""The MLflow model of a package of functions: a plain model of scikit-learn, or one that answers by the package's `score.py`."""

from __future__ import annotations

import ast
import re
import tempfile
from importlib.metadata import Distribution, PackageNotFoundError, version
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
import skops.io
from mlflow.models import infer_signature

from mlplatform.trusted import trusted_types
from training_template.gaps import example
from training_template.hyperparameters import Unusable

#: What loading needs, whatever a project names beside it.
ALWAYS = ("mlflow", "numpy", "pandas", "scikit-learn", "skops")

#: After the text of `score.py`: MLflow runs the file that is saved with a version, and the code of another version is never asked.
ANSWERS = """

import mlflow.models as _models
import mlflow.pyfunc as _pyfunc
import pandas as _pandas
import skops.io as _skops


class _Answers(_pyfunc.PythonModel):
    def load_context(self, context):
        self.model = _skops.load(context.artifacts["model"], trusted={trusted!r})

    def predict(self, context, model_input: _pandas.DataFrame, params=None):
        return score(self.model, model_input)


_models.set_model(_Answers())
"""


def save(
    model: Any,
    inputs: pd.DataFrame,
    answers: np.ndarray,
    folder: Path,
    metadata: dict[str, Any],
    answered_by: Path | str,
    package: str,
    distribution: Distribution | None,
) -> None:
    """@param answered_by the file `score.py`, or the method of the model that answers

    @raises Unusable where the model could not be loaded by a server, which does not have the package
    """
    trusted = trusted_types(model)
    own = [name for name in trusted if name.partition(".")[0] in (package, "__main__")]
    if own:
        raise Unusable(
            f"the model holds {', '.join(own)}, and a server has libraries alone: build it of their classes, "
            "and compute in prepare.py and score.py what they do not"
        )
    told: dict[str, Any] = {
        "signature": infer_signature(inputs, answers),
        "input_example": example(inputs),
        "pip_requirements": requirements(distribution),
        "metadata": metadata,
    }
    if isinstance(answered_by, str):
        mlflow.sklearn.save_model(model, folder, pyfunc_predict_fn=answered_by, skops_trusted_types=trusted, **told)
        return
    text = answered_by.read_text(encoding="utf-8")
    stands_alone(text, package)
    with tempfile.TemporaryDirectory() as scratch:
        code, kept = Path(scratch, "score.py"), Path(scratch, "model.skops")
        code.write_text(text + ANSWERS.format(trusted=trusted), encoding="utf-8")
        skops.io.dump(model, kept)
        mlflow.pyfunc.save_model(folder, python_model=str(code), artifacts={"model": str(kept)}, **told)


def stands_alone(text: str, package: str) -> None:
    """@raises Unusable where `score.py` imports what is not saved with it"""
    for node in ast.walk(ast.parse(text)):
        modules = [each.name for each in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            modules = ["." * node.level + (node.module or "")]
        for module in modules:
            if module.startswith(".") or module.partition(".")[0] == package:
                raise Unusable(
                    f"{package}/score.py line {node.lineno} imports {module}: a version keeps score.py alone; write what it needs into it"
                )


def requirements(distribution: Distribution | None) -> list[str]:
    """What a server needs to load the model, in the versions that it was trained with: of libraries, and of what the project names."""
    named = [each for each in (distribution.requires if distribution else None) or [] if "extra ==" not in each]
    names = [found[0] for each in named if (found := re.match(r"[A-Za-z0-9._-]+", each))]
    pinned = {}
    for name in (*ALWAYS, *names):
        try:
            pinned[re.sub(r"[-_.]+", "-", name).lower()] = version("mlflow-skinny" if name == "mlflow" else name)
        except PackageNotFoundError:
            continue  # Of another platform, as a marker says.
    return [f"{name}=={found}" for name, found in pinned.items() if name != "mlflow-skinny"]
