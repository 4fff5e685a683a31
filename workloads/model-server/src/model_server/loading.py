"""Loads an MLflow model from wherever it is."""

import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlflow.environment_variables import _MLFLOW_IS_IN_SERVING_ENVIRONMENT
from mlflow.models.signature import ModelSignature
from mlflow.pyfunc import PyFuncModel
from mlflow.pyfunc.scoring_server import load_model_with_mlflow_config

from model_server.fetching import Fetched, fetch, version_key
from model_server.forks import ending_children
from model_server.model_folder import NoModelThere

__all__ = ["LoadedModel", "NoModelThere", "load", "load_fetched", "version_key"]

_log = logging.getLogger("model_server.loading")


@dataclass(frozen=True)
class LoadedModel:
    """
    A model in memory, and where it came from. `serving_example` is the body of a request that MLflow made of the input example;
    `example_params` are the params that go with the example.
    """

    uri: str
    version: str
    run_id: str
    flavors: tuple[str, ...]
    signature: ModelSignature | None
    input_example: Any
    pyfunc: PyFuncModel
    serving_example: str | None = None
    example_params: dict[str, Any] | None = None

    def predict(self, data: Any, params: dict[str, Any] | None = None) -> Any:
        """MLflow's own prediction, with its signature enforcement."""
        return self.pyfunc.predict(data, params=params)


def load(uri: str, version: str | None = None, scratch: Path = Path("/tmp/model-server")) -> LoadedModel:
    """
    Fetches and loads the model of a URI: `models:/churn/3`, `models:/churn@champion`, `runs:/…`, `s3://…` or a directory.

    Raises NoModelThere for a directory without a model, else what MLflow raises.
    """
    return load_fetched(fetch(uri, version, scratch))


def load_fetched(fetched: Fetched) -> LoadedModel:
    # As MLflow's server does: it says how type hints read JSON, and with what configuration the model is loaded.
    os.environ[_MLFLOW_IS_IN_SERVING_ENVIRONMENT.name] = "true"
    folder = str(fetched.folder)
    with ending_children():
        pyfunc = load_model_with_mlflow_config(folder)
    meta = pyfunc.metadata
    return LoadedModel(
        uri=fetched.uri,
        version=fetched.version,
        run_id=meta.run_id or "",
        flavors=tuple(sorted(meta.flavors)),
        signature=meta.signature,
        input_example=_of_example(meta, lambda: meta.load_input_example(folder)),
        pyfunc=pyfunc,
        serving_example=_of_example(meta, lambda: meta.get_serving_input(folder)),
        example_params=_of_example(meta, lambda: meta.load_input_example_params(folder)),
    )


def _of_example(meta: Any, read: Callable[[], Any]) -> Any:
    if not meta.saved_input_example_info:
        return None
    try:
        return read()
    except Exception as error:  # An example that cannot be read must not keep its model from being served.
        _log.warning("the model's input example cannot be read", extra={"error": str(error)})
        return None
