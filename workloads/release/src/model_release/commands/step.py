from __future__ import annotations

import argparse
import json
import logging
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from model_release.commands.clients import aws
from model_release.commands.exit_codes import MAY_WORK_LATER, NOTHING_TO_DO
from model_release.decay import Decay
from model_release.integrity import from_environment
from model_release.log import fields
from model_release.registrar import NotRegistered, Refused, Registrar
from model_release.registrar_config import RegistrarConfig
from model_release.registry import ABSENT, FORBIDDEN, MlflowClient, MlflowException
from model_release.staging import Missing
from model_release.step import ROOT, Failed, NothingAsked

log = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--request", required=True, help="JSON, from the DAG of the model")


def run(arguments: argparse.Namespace, stop: threading.Event) -> int:
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "300")
    s3 = aws("s3", None)

    def registrar(config: RegistrarConfig) -> Callable[[dict[str, Any]], dict[str, Any]]:
        client = MlflowClient()
        asked = Registrar(lambda: config, client, s3, integrity=from_environment(client, "registrar"))
        return lambda request: asked.answer(request, stop.is_set, stop.wait)

    doing = Decay(
        s3,
        registrar,
        run=os.environ["TRAINING_RUN"],
        reason=os.environ.get("TRAINING_REASON", ""),
        hyperparameters=json.loads(os.environ.get("TRAINING_HYPERPARAMETERS", "{}")),
        states=json.loads(os.environ.get("TRAINING_STEPS", "{}")),
        root=Path(os.environ.get("TRAINING_ROOT", ROOT)),
        asked_by=os.environ.get("TRAINING_ASKED_BY", ""),
        answered=json.loads(os.environ.get("TRAINING_ANSWER") or "{}"),
    )
    request = json.loads(arguments.request)
    try:
        doing.do(request)
    except NothingAsked as nothing:
        log.info(str(nothing), extra=fields(run=doing.run))
        return NOTHING_TO_DO
    except (Failed, Missing, NotRegistered, Refused) as error:
        log.error(str(error), extra=fields(run=doing.run, action=request.get("action")))
        return 1
    except Exception as error:
        told = fields(run=doing.run, action=request.get("action"), reason=str(error))
        log.error("the step failed", extra=told, exc_info=error)
        final = isinstance(error, MlflowException) and error.error_code in (*ABSENT, *FORBIDDEN)
        return 1 if final else MAY_WORK_LATER
    return 0
