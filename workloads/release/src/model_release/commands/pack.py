from __future__ import annotations

import argparse
import logging
import threading

from model_release.artifacts import Unpackable
from model_release.commands.clients import aws
from model_release.commands.exit_codes import MAY_WORK_LATER
from model_release.integrity import FilesChanged, from_environment
from model_release.log import fields
from model_release.pack import Stopped, decided, pack
from model_release.registry import MlflowClient

log = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", help="its name, for the log")
    parser.add_argument("--from", dest="source", required=True, help="models:/…, runs:/…, s3://… or a directory")
    parser.add_argument("--to", dest="target", required=True, help="s3://<bucket>/…/model.tar.gz")
    parser.add_argument("--verdict", help="s3:// address of what was decided on its packages, as JSON")


def run(arguments: argparse.Namespace, stop: threading.Event) -> int:
    integrity = from_environment(MlflowClient(), "packer")
    recorded = {"recorded": integrity.ensure} if integrity else {}
    try:
        s3 = aws("s3", None)
        environment = decided(arguments.verdict, s3) if arguments.verdict else None
        pack(arguments.source, arguments.target, s3, stopping=stop.is_set, environment=environment, **recorded)
    except (Unpackable, FilesChanged, ValueError) as error:
        log.error("cannot be packed", extra=fields(model=arguments.model, source=arguments.source, reason=str(error)))
        return 1
    except Stopped:
        log.warning("stopped before the end", extra=fields(model=arguments.model))
        return MAY_WORK_LATER
    except Exception as error:
        told = fields(model=arguments.model, source=arguments.source, reason=str(error))
        log.error("not packed", extra=told, exc_info=error)
        return MAY_WORK_LATER
    return 0
