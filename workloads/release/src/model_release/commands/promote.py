from __future__ import annotations

import argparse
import logging
import os
import threading
from functools import cache
from pathlib import Path

from model_release.commands.clients import aws
from model_release.integrity import from_environment
from model_release.log import fields
from model_release.metrics import serve
from model_release.offering import Offering
from model_release.promoter import Promoter, PromoterMetrics
from model_release.promoter_config import PromoterConfig
from model_release.registry import MlflowClient
from model_release.taking import Taking

log = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, default=Path("/etc/promoter/promoter.json"))
    parser.add_argument("--interval-seconds", type=float, default=60.0)
    parser.add_argument("--port", type=int, default=9090, help="of /metrics and /health")


def run(arguments: argparse.Namespace, stop: threading.Event) -> int:
    # As the registrar's: files go to MLflow.
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "300")
    client = MlflowClient()
    integrity = from_environment(client, "promoter")
    if integrity is None:
        log.error("there is no key to sign with, and nothing can be offered or recorded without")
        return 1
    s3 = cache(lambda region: aws("s3", region))

    def offering(config: PromoterConfig) -> Offering:
        return Offering(client, s3(config.region), config.offers, config.stack, integrity)

    metrics = PromoterMetrics()
    promoter = Promoter(arguments.config, offering, lambda config: Taking(client, s3, config.stack, integrity), metrics)
    server = serve(metrics.registry, arguments.port, lambda: promoter.alive)
    log.info("promoting", extra=fields(config=str(arguments.config), interval=arguments.interval_seconds))
    promoter.run(stop, arguments.interval_seconds)
    server.shutdown()
    log.info("ended")
    return 0
