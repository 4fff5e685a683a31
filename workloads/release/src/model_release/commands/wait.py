from __future__ import annotations

import argparse
import logging
import threading
from pathlib import Path

from model_release.cluster import Cluster, in_cluster
from model_release.log import fields
from model_release.wait import NotLive, wait

log = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model")
    parser.add_argument("--version", required=True, help="version key")
    parser.add_argument("--timeout-minutes", type=float, required=True)
    parser.add_argument("--namespace", default=namespace())


def run(arguments: argparse.Namespace, stop: threading.Event) -> int:
    def sleep(seconds: float) -> None:
        if stop.wait(seconds):
            raise NotLive("stopped before anything was decided")

    cluster = Cluster(in_cluster(), arguments.namespace)
    name = f"{arguments.model}-release"
    try:
        reason = wait(cluster, name, arguments.version, arguments.timeout_minutes * 60, sleep=sleep)
    except NotLive as error:
        log.error(str(error), extra=fields(model=arguments.model, version=arguments.version))
        return 1
    log.info("live", extra=fields(model=arguments.model, version=arguments.version, reason=reason))
    return 0


def namespace() -> str:
    """The pod's own namespace."""
    mounted = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
    return mounted.read_text().strip() if mounted.exists() else "models"
