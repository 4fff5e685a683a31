"""`convert`: an MLflow model of what SageMaker's own XGBoost has trained, which is judged, released and served as any other."""

from __future__ import annotations

import json
import logging
import tarfile
import tempfile
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
import xgboost
from mlflow.models import infer_signature

from mlplatform.problems import BINARY, MULTICLASS, REGRESSION
from training_template import boosted, package, projects
from training_template.gaps import example, read_gaps, telling
from training_template.hyperparameters import Unusable
from training_template.logs import fields
from training_template.paths import Paths
from training_template.projects import Project
from training_template.rows import FILE_NAME, read_encoding
from training_template.tables import read_typed
from training_template.train import keep_baseline, not_answered

log = logging.getLogger(__name__)

#: As the container calls it. https://github.com/aws/sagemaker-xgboost-container
TREES = "xgboost-model"
#: Those whose answers are what is asked: probabilities, or numbers on the scale of the target. As the stack's settings allow.
OBJECTIVES = {
    BINARY: ("binary:logistic",),
    MULTICLASS: ("multi:softprob",),
    REGRESSION: (
        *("reg:squarederror", "reg:absoluteerror", "reg:pseudohubererror", "reg:squaredlogerror", "reg:gamma"),
        *("reg:tweedie", "count:poisson"),
    ),
}


def convert(paths: Paths, given: dict[str, str]) -> None:
    """Writes `model.tar.gz`, as SageMaker packs a model directory.

    @raises Unusable when there are no such trees, or they do not fit the rows
    """
    name, project = projects.find(given)
    fitted_on, held_out = (read_typed(paths.processing(split), project.schema) for split in ("train", "validation"))
    encoding = read_encoding(paths.processing("encoding"))
    with tempfile.TemporaryDirectory() as scratch:
        trees = package.extracted(paths.processing("model"), Path(scratch, "trained"), TREES)
        booster = loaded(trees / TREES, project, len(boosted.owners(encoding)))
        answer = boosted.ANSWERS[encoding["answers"]]
        inputs = held_out[project.schema.inputs]
        answers = answer(booster, encoding, inputs)
        seen = read_gaps(paths.processing("train"), project.schema)
        refused = not_answered(project, lambda rows: answer(booster, encoding, rows))
        rows = telling(fitted_on[project.schema.inputs], inputs, seen, refused)
        folder = Path(scratch, "model")
        metadata = {
            "project": name,
            "problem_type": project.schema.problem_type,
            "algorithm": "xgboost",
            "rounds": booster.num_boosted_rounds(),
        }
        save(booster, encoding, rows, answer(booster, encoding, rows), folder, metadata)
        keep_baseline(project, fitted_on, answers, folder)
        target = paths.processing("output")
        target.mkdir(parents=True, exist_ok=True)
        with tarfile.open(target / "model.tar.gz", "w:gz") as archive:
            archive.add(folder, arcname=".")
    log.info("converted", extra=fields(**metadata))


def loaded(file: Path, project: Project, columns: int) -> xgboost.Booster:
    """@raises Unusable for trees of another format, another question or other rows"""
    try:
        booster = xgboost.Booster(model_file=file)
    except xgboost.core.XGBoostError as error:
        raise Unusable(
            f"{file.name} is nothing that XGBoost {xgboost.__version__} reads: {str(error)[:300]}"
        ) from error
    learner, schema = json.loads(booster.save_config())["learner"], project.schema
    objective, allowed = learner["objective"]["name"], OBJECTIVES[schema.problem_type]
    if objective not in allowed:
        raise Unusable(f"objective {objective}; allowed with {schema.problem_type}: {', '.join(allowed)}")
    classes = int(learner["learner_model_param"]["num_class"])
    if schema.problem_type == MULTICLASS and classes != len(schema.classes):
        raise Unusable(
            f"the trees know {classes} classes, the project {len(schema.classes)}: write num_class of the latter"
        )
    if booster.num_features() != columns:
        raise Unusable(f"the trees know {booster.num_features()} columns, the encoding {columns}")
    return booster


def save(
    booster: xgboost.Booster,
    encoding: dict[str, Any],
    inputs: pd.DataFrame,
    answers: np.ndarray | pd.DataFrame,
    folder: Path,
    metadata: dict[str, Any],
) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        trees, columns = Path(scratch, "trees.ubj"), Path(scratch, FILE_NAME)
        booster.save_model(trees)
        columns.write_text(json.dumps(encoding), encoding="utf-8")
        mlflow.pyfunc.save_model(
            folder,
            python_model=boosted.__file__,
            artifacts={"trees": str(trees), "encoding": str(columns)},
            signature=infer_signature(inputs, answers),
            input_example=example(inputs),
            pip_requirements=[
                f"mlflow=={mlflow.__version__}",
                f"numpy=={np.__version__}",
                f"pandas=={pd.__version__}",
                f"xgboost-cpu=={xgboost.__version__}",
            ],
            metadata=metadata,
        )
