from __future__ import annotations

import argparse
import logging
import threading
from functools import partial
from pathlib import Path
from typing import Any

from model_release.approval import Approvals
from model_release.cluster import Cluster, in_cluster
from model_release.commands.clients import aws
from model_release.config import Config, parse
from model_release.endpoint import EndpointRelease
from model_release.endpoint_scaling import EndpointScaling
from model_release.environment import Builder
from model_release.follow import Follower
from model_release.integrity import from_environment
from model_release.log import fields
from model_release.metrics import Metrics, serve
from model_release.records import Records
from model_release.registry import MlflowClient, Registry
from model_release.rollout import Rollout
from model_release.unit import RecordedOnly, Unit

log = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, default=Path("/etc/release/models.json"))
    parser.add_argument("--interval-seconds", type=float, default=5.0)
    parser.add_argument("--load-minutes", type=float, default=10.0, help="how long a version may take to be ready")
    parser.add_argument("--port", type=int, default=9090, help="of /metrics and /health")


def run(arguments: argparse.Namespace, stop: threading.Event) -> int:
    cluster = Cluster(in_cluster(), parse(arguments.config.read_text()).namespace)
    clients: dict[str, Any] = {}
    registry = Registry()
    integrity = from_environment(MlflowClient(), "release-controller")

    def units(config: Config) -> list[Unit]:
        made: list[Unit] = []
        builder = Builder(cluster, config.environments) if config.environments else None
        for model in config.models:
            if model.kubernetes:
                made.append(Rollout(cluster, model, config.stack, arguments.load_minutes * 60, builder))
            if model.sagemaker:
                from model_release.pack import pack

                # Made for the first model that needs them: elsewhere there is no AWS to have a client of.
                for service in ("s3", "sagemaker", "application-autoscaling", "cloudwatch"):
                    if service not in clients:
                        clients[service] = aws(service, config.region)
                recorded = {"recorded": integrity.ensure} if integrity else {}
                packing = partial(pack, s3=clients["s3"], stopping=stop.is_set, **recorded)
                scaling = partial(
                    EndpointScaling,
                    autoscaling=clients["application-autoscaling"],
                    cloudwatch=clients["cloudwatch"],
                )
                sagemaker = clients["sagemaker"]
                endpoint = EndpointRelease(
                    cluster, model, config.stack, sagemaker, scaling, packing, builder, registry.commit
                )
                made.append(endpoint)
            if not model.kubernetes and not model.sagemaker:
                made.append(RecordedOnly(model, config.stack))
        return made

    def approvals(config: Config) -> Approvals:
        records = None
        if config.records and integrity:
            if "s3" not in clients:
                clients["s3"] = aws("s3", config.region)
            records = Records(clients["s3"], config.records, integrity.signature)
        return Approvals(MlflowClient(), config.stack, records)

    metrics = Metrics()
    follower = Follower(
        arguments.config, units, registry, cluster, metrics, arguments.interval_seconds, integrity, approvals
    )
    server = serve(metrics.registry, arguments.port, lambda: follower.alive)
    log.info("following", extra=fields(config=str(arguments.config), interval=arguments.interval_seconds))
    follower.run(stop)
    server.shutdown()
    log.info("ended")
    return 0
