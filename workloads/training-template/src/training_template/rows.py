"""Rows for SageMaker's own XGBoost, which reads tables without a header, the answer first, and numbers alone.

https://docs.aws.amazon.com/sagemaker/latest/dg/xgboost.html#InputOutput-XGBoost
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd

from training_template import boosted
from training_template.hyperparameters import Unusable
from training_template.projects import Project

#: Below what `validate` writes. The job that trains reads the first; who makes a model of its trees, the second.
ROWS = "rows"
ENCODING = "encoding"
FILE_NAME = "encoding.json"
#: More values than this are names or numbers of something, and each would become a column.
MOST_VALUES = 1000


def write_rows(project: Project, splits: dict[str, pd.DataFrame], folder: Path) -> dict[str, Any]:
    """Writes `rows/<split>/` for each of the splits and `encoding/`, which is made of `train` alone.

    @param splits by name, with the columns and types of the project
    @raises Unusable where a category has too many values
    """
    schema = project.schema
    encoding = boosted.encoding_of(splits["train"], list(schema.numbers), list(schema.categories), list(schema.flags))
    many = [f"{name} has {len(values)}" for name, values in encoding["categories"].items() if len(values) > MOST_VALUES]
    if many:
        raise Unusable(f"{'; '.join(many)} values, at most {MOST_VALUES} become columns")
    encoding |= {"answers": project.answered_with, "problem_type": schema.problem_type, "classes": list(schema.classes)}
    for name, frame in splits.items():
        part = folder / ROWS / name
        part.mkdir(parents=True, exist_ok=True)
        numbers = boosted.encoded(encoding, frame)
        numbers.insert(0, schema.target, schema.problem.numbers(frame[schema.target]), allow_duplicates=True)
        numbers.to_csv(part / "part-00000.csv", header=False, index=False)
    (folder / ENCODING).mkdir(parents=True, exist_ok=True)
    (folder / ENCODING / FILE_NAME).write_text(json.dumps(encoding), encoding="utf-8")
    return encoding


def read_encoding(folder: Path) -> dict[str, Any]:
    """@raises Unusable where `validate` has left none"""
    try:
        found: dict[str, Any] = json.loads((folder / FILE_NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Unusable(f"{folder.name}/{FILE_NAME} cannot be read: {error}") from error
    return found
