from __future__ import annotations

import argparse
import logging
import os
import threading
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter

from model_release.activity import Worker
from model_release.commands.clients import aws
from model_release.integrity import from_environment
from model_release.log import fields
from model_release.metrics import serve
from model_release.registrar import Registrar
from model_release.registrar_config import parse
from model_release.registry import MlflowClient

log = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, default=Path("/etc/registrar/registrar.json"))
    parser.add_argument("--workers", type=int, default=8, help="tasks at once: one waits as long as its release")
    parser.add_argument("--port", type=int, default=9090, help="of /health")


def run(arguments: argparse.Namespace, stop: threading.Event) -> int:
    # Bringing a model to MLflow takes as long as MLflow takes to store its largest file.
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "300")
    config = parse(arguments.config.read_text())
    client = MlflowClient()
    integrity = from_environment(client, "registrar")
    registrar = Registrar(
        lambda: parse(arguments.config.read_text()), client, aws("s3", config.region), integrity=integrity
    )
    steps = aws("stepfunctions", config.region, connections=2 * arguments.workers)
    names = [f"{os.environ.get('HOSTNAME', 'registrar')}-{number}" for number in range(arguments.workers)]
    registry = CollectorRegistry()
    tasks = Counter("registrar_tasks", "Tasks by what became of them.", ["action", "outcome"], registry=registry)
    workers = [Worker(steps, config.activity_arn, name, registrar.answer, tasks) for name in names]
    threads = [threading.Thread(target=worker.run, args=(stop,), daemon=True) for worker in workers]
    server = serve(registry, arguments.port, lambda: all(worker.alive for worker in workers))
    log.info("asking for work", extra=fields(activity=config.activity_arn, models=list(config.models)))
    for thread in threads:
        thread.start()
    stop.wait()
    # A question for work stays open for a minute; whoever is at work ends in a moment.
    for thread, worker in zip(threads, workers, strict=True):
        thread.join(10 if worker.busy else 0)
    server.shutdown()
    log.info("ended")
    return 0
