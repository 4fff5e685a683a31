"""Which employees resign: a model whose answers say what each feature added, row by row."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
from mlflow.models import infer_signature

from attrition import scoring
from attrition.data import CATEGORIES, FLAGS, NUMBERS, PROBLEM_TYPE, TARGET
from attrition.features import attrition_model, weights_of
from training_template.checkpoint import Checkpoint
from training_template.gaps import example
from training_template.tables import Schema


class Attrition:
    schema = Schema(TARGET, NUMBERS, CATEGORIES, FLAGS, PROBLEM_TYPE)
    codes = ["satisfaction"]
    answered_with = "explained"
    defaults: dict[str, Any] = {"strength": 1.0}

    def fit(self, frame: pd.DataFrame, values: Mapping[str, Any], checkpoint: Checkpoint) -> dict[str, Any]:
        """Takes a second, so there is nothing to go on from."""
        inputs = frame[self.schema.inputs]
        return weights_of(attrition_model(values["strength"]).fit(inputs, frame[TARGET]), inputs)

    def answers(self, model: dict[str, Any], inputs: pd.DataFrame) -> pd.DataFrame:
        return scoring.explain(model, inputs)

    def predicted(self, answers: np.ndarray | pd.DataFrame) -> np.ndarray:
        return pd.DataFrame(answers)["probability"].to_numpy()

    def save(self, model: dict[str, Any], inputs: pd.DataFrame, folder: Path, metadata: dict[str, Any]) -> None:
        with tempfile.TemporaryDirectory() as scratch:
            weights = Path(scratch, "weights.json")
            weights.write_text(json.dumps(model, indent=2), encoding="utf-8")
            mlflow.pyfunc.save_model(
                folder,
                python_model=scoring.__file__,
                artifacts={"weights": str(weights)},
                signature=infer_signature(inputs, self.answers(model, inputs)),
                input_example=example(inputs),
                pip_requirements=[
                    f"mlflow=={mlflow.__version__}",
                    f"numpy=={np.__version__}",
                    f"pandas=={pd.__version__}",
                ],
                metadata=metadata,
            )


project = Attrition()
