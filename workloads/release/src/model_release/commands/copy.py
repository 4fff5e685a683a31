from __future__ import annotations

import argparse
import logging
import os
import threading

from model_release.commands.clients import aws
from model_release.commands.exit_codes import MAY_WORK_LATER
from model_release.copies import Copies, Emptied, Stopped
from model_release.log import fields
from model_release.staging import Missing

log = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--from", dest="sources", action="append", required=True, help="name=s3://bucket/folder/")
    parser.add_argument("--to", dest="target", required=True, help="s3://bucket/folder/, of nothing else")
    parser.add_argument("--days", type=int, required=True, help="that what was changed or deleted stays")


def run(arguments: argparse.Namespace, stop: threading.Event) -> int:
    env = os.environ
    keys = {
        "aws_access_key_id": env["COPIES_ACCESS_KEY_ID"],
        "aws_secret_access_key": env["COPIES_SECRET_ACCESS_KEY"],
    }
    store = aws("s3", None, endpoint_url=env["COPIES_ENDPOINT_URL"], **keys)
    source = aws("s3", None)
    ended = 0
    try:
        copies = Copies(store, arguments.target, stopping=stop.is_set)
        for name, _, uri in (each.partition("=") for each in arguments.sources):
            try:
                if copies.take(name, source, uri)["failed"] > 0:
                    ended = MAY_WORK_LATER
            except Emptied as emptied:
                # One that was lost keeps nothing of the others from being copied.
                log.error(str(emptied))
                ended = 1
        if ended == 0:
            # Only once all is well: what was set aside may be all that is left.
            copies.forget(arguments.days)
    except (Missing, ValueError) as error:
        log.error(str(error))
        return 1
    except Stopped as stopped:
        log.warning("stopped before the end", extra=fields(reason=str(stopped)))
        return MAY_WORK_LATER
    except Exception as error:
        log.error("not copied", extra=fields(reason=str(error)), exc_info=error)
        return MAY_WORK_LATER
    return ended
