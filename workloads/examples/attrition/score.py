"""Scores a file of employees: each row comes back with its probability and what every feature contributed to it."""

from __future__ import annotations

import argparse
import json
import sys

import mlflow
import pandas as pd
from mlflow.types import DataType


def score(model_uri: str, inputs: pd.DataFrame) -> pd.DataFrame:
    """`inputs` and, beside them, what the model answers."""
    model = mlflow.pyfunc.load_model(model_uri)
    columns = model.metadata.get_input_schema().inputs
    # A file does not tell 3 from 3.0; the signature does.
    numbers = {column.name: float for column in columns if column.type is DataType.double}
    rows = inputs[[column.name for column in columns]].astype(numbers)
    return pd.concat([inputs, model.predict(rows)], axis=1)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Scores a CSV file; the result is CSV too.")
    parser.add_argument("--model", default="models:/attrition@champion")
    parser.add_argument("--input", required=True)
    parser.add_argument("--output", required=True)
    given = parser.parse_args(arguments)
    # Only an empty field is missing: an office may be called `NA`, and `None` is an answer.
    scored = score(given.model, pd.read_csv(given.input, keep_default_na=False, na_values=""))
    scored.to_csv(given.output, index=False)
    json.dump({"rows": len(scored), "output": given.output}, sys.stdout)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
