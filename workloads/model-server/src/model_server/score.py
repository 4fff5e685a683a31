"""`model-server score`: scores the rows below a folder with one model."""

import argparse
import json
import logging
import os
import shutil
import tempfile
import uuid
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
from mlflow.exceptions import MlflowException

from model_server.batch.fitting import columns_of
from model_server.batch.run import Options, Run, ScoringFailed
from model_server.batch.stores import store_at
from model_server.environment import environment_for
from model_server.fetching import Fetched, fetch
from model_server.loading import LoadedModel, NoModelThere, load_fetched
from model_server.optional import is_of_library, take_missing
from model_server.protocol import ask
from model_server.settings import load_settings

_log = logging.getLogger("model_server.batch")

# What has been fetched, for the same command begun again with the packages that the model needs.
_FETCHED = "MODEL_SERVER_FETCHED"


class _ModelScorer:
    """A loaded model as a run sees it."""

    def __init__(self, model: LoadedModel) -> None:
        self._model = model
        self.version = model.version
        self.columns = columns_of(model.signature)
        self.fills = is_of_library(model.pyfunc)

    def predict(self, rows: pd.DataFrame) -> Any:
        # As a request: MLflow has no way to hand a missing whole number to a model.
        return ask(self._model, rows, held=take_missing(rows, self._model.pyfunc.metadata.get_input_schema()))


def main(argv: list[str]) -> int:
    """Exit code: 0 for scored or nothing to score, 1 for a run that failed and published nothing."""
    given = _arguments().parse_args(argv)
    scratch = Path(tempfile.mkdtemp(prefix="score-"))
    try:
        try:
            scorer = _ModelScorer(load_fetched(_fetched(given.source, argv)))
        except (NoModelThere, MlflowException) as error:
            if not _no_version(error):
                raise
            # A model that was never trained is no failure of its scoring; what is there to score waits.
            _log.warning("no version yet", extra={"model": given.model, "source": given.source, "error": str(error)})
            return 0
        options = Options(
            model=given.model,
            run=given.run or f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:8]}",
            scratch=scratch,
            new_only=given.new_only,
            row_id=given.row_id,
            keep=None if given.keep is None else [name for name in given.keep.split(",") if name],
            chunk_rows=given.chunk_rows,
            part_rows=given.part_rows,
            max_rejected_percent=given.max_rejected_percent,
            lease_seconds=given.lease_seconds,
        )
        Run(store_at(given.input), store_at(given.output), scorer, options)()
        return 0
    except ScoringFailed as error:
        _log.error("scoring failed", extra={"model": given.model, "reason": str(error)})
        return 1
    except Exception:
        _log.exception("scoring failed", extra={"model": given.model})
        return 1
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _fetched(source: str, argv: list[str]) -> Fetched:
    """The model's files. Does not return where the model needs packages of its own: then the command begins again with them."""
    known = os.environ.pop(_FETCHED, None)
    if known is not None:
        given = json.loads(known)
        return Fetched(**{**given, "folder": Path(given["folder"])})
    settings = load_settings()
    fetched = fetch(source, None, settings.scratch)
    environment = environment_for(fetched.folder, settings)
    for mismatch in environment.mismatches:
        _log.warning("the model asks for what it does not get", extra={"version": fetched.version, "what": mismatch})
    if environment.variables:
        # The version that an alias names may be another one by then.
        variables = {**environment.variables, _FETCHED: json.dumps({**asdict(fetched), "folder": str(fetched.folder)})}
        python = str(environment.python)
        os.execve(python, [python, "-m", "model_server", "score", *argv], {**os.environ, **variables})
    return fetched


def _no_version(error: Exception) -> bool:
    """Whether the registry or a directory has no such model yet. MLflow calls an alias nobody set a wrong parameter."""
    if not isinstance(error, MlflowException):
        return True
    unset = error.error_code == "INVALID_PARAMETER_VALUE" and "alias" in str(error)
    return unset or error.error_code == "RESOURCE_DOES_NOT_EXIST"


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="model-server score", description=__doc__)
    parser.add_argument("--model", required=True, help="name of the model, a column of the results")
    parser.add_argument("--from", dest="source", required=True, help="models:/…, runs:/…, s3://… or a directory")
    parser.add_argument(
        "--input", required=True, help="s3://bucket/folder/ or a directory with CSV, JSON lines, Parquet"
    )
    parser.add_argument("--output", required=True, help="s3://bucket/folder/ or a directory for this model's results")
    parser.add_argument("--new-only", action="store_true", help="score each object once, not again each run")
    parser.add_argument("--row-id", help="column that names a row")
    parser.add_argument("--keep", help="columns kept beside the prediction, with commas; all by default, '' for none")
    parser.add_argument("--max-rejected-percent", type=float, default=1.0, help="with more the run fails")
    parser.add_argument("--chunk-rows", type=int, default=10_000, help="rows in memory at once")
    parser.add_argument("--part-rows", type=int, default=1_000_000, help="rows of one Parquet file")
    parser.add_argument("--lease-seconds", type=float, default=300.0, help="after such a silence a run counts as dead")
    parser.add_argument("--run", help="id of the run; made up by default")
    return parser
