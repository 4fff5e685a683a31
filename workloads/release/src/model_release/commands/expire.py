from __future__ import annotations

import argparse
import logging
import threading

from model_release.commands.clients import aws
from model_release.commands.exit_codes import MAY_WORK_LATER
from model_release.expire import Stopped, expire
from model_release.log import fields
from model_release.staging import Missing

log = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--below", action="append", required=True, help="s3://bucket/folder/")
    parser.add_argument("--days", type=int, required=True, help="that an object stays")


def run(arguments: argparse.Namespace, stop: threading.Event) -> int:
    s3 = aws("s3", None)
    ended = 0
    for below in arguments.below:
        try:
            expire(below, arguments.days, s3, stopping=stop.is_set)
        except (Missing, ValueError) as error:
            log.error(str(error))
            return 1
        except Stopped as stopped:
            log.warning("stopped before the end", extra=fields(reason=str(stopped)))
            return MAY_WORK_LATER
        except Exception as error:
            # One folder that cannot be looked through keeps nothing in the others.
            log.error("not expired", extra=fields(below=below, reason=str(error)), exc_info=error)
            ended = MAY_WORK_LATER
    return ended
