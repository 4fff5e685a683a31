"""Python models that say what they were given, saved for the tests."""

import sys
from pathlib import Path
from typing import Any

import cloudpickle
import mlflow
from mlflow.models import ModelSignature

from model_server.loading import LoadedModel, load


class Echo(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    """Answers with the type, index and values of the table that it is given, and with the params."""

    def predict(self, context, model_input, params=None):  # type: ignore[no-untyped-def]
        if not hasattr(model_input, "dtypes"):
            return {"type": type(model_input).__name__, "value": model_input}
        types = {str(name): str(dtype) for name, dtype in model_input.dtypes.items()}
        values = [[None if each is None else str(each) for each in row]
                  for row in model_input.astype(object).where(model_input.notna(), None).values.tolist()]  # fmt: skip
        return {"types": types, "index": model_input.index.tolist(), "values": values, "params": params}


class Wants(Echo):
    """Cannot do without the column `n`."""

    def predict(self, context, model_input, params=None):  # type: ignore[no-untyped-def]
        model_input["n"]
        return super().predict(context, model_input, params)


class Refuses(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    def predict(self, context, model_input, params=None):  # type: ignore[no-untyped-def]
        raise RuntimeError("the weights are missing")


class Mute(Exception):
    def __str__(self) -> str:
        raise ValueError("it has nothing to say")


class Fails(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    """With an exception that has no words, or cannot say them."""

    def predict(self, context, model_input, params=None):  # type: ignore[no-untyped-def]
        raise MemoryError if model_input["x"].iloc[0] > 0 else Mute


def saved(path: Path, model: Any, signature: ModelSignature | None = None, **options: Any) -> LoadedModel:
    cloudpickle.register_pickle_by_value(sys.modules[__name__])
    # Without an inferred list, MLflow starts no process to find out what the model imports.
    mlflow.pyfunc.save_model(
        str(path), python_model=model, signature=signature, pip_requirements=["mlflow-skinny"], **options
    )
    return load(str(path))
