"""The command `release`: follow, pack, wait, register, promote, step, expire, copy."""

from __future__ import annotations

import argparse
import json
import logging
import os
import signal
import threading
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

from model_release.log import fields, set_up

log = logging.getLogger(__name__)


# Exit code of what was no fault of the model: 1 is final.
MAY_WORK_LATER = 2
# Of a step after which nothing is left to do: Airflow skips the others.
NOTHING_TO_DO = 99


def main(given: list[str] | None = None) -> int:
    arguments = parser().parse_args(given)
    set_up(arguments.log_level)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    run: Callable[[argparse.Namespace, threading.Event], int] = arguments.run
    return run(arguments, stop)


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="release", description=__import__("model_release").__doc__)
    top.add_argument("--log-level", default=os.environ.get("RELEASE_LOG_LEVEL", "info"))
    commands = top.add_subparsers(required=True)

    following = commands.add_parser("follow", help="keep what is live as the configuration and the registry want it")
    following.add_argument("--config", type=Path, default=Path("/etc/release/models.json"))
    following.add_argument("--interval-seconds", type=float, default=5.0)
    following.add_argument("--load-minutes", type=float, default=10.0, help="how long a version may take to be ready")
    following.add_argument("--port", type=int, default=9090, help="of /metrics and /health")
    following.set_defaults(run=follow)

    packing = commands.add_parser("pack", help="put a model into a bucket as SageMaker wants it")
    packing.add_argument("model", help="its name, for the log")
    packing.add_argument("--from", dest="source", required=True, help="models:/…, runs:/…, s3://… or a directory")
    packing.add_argument("--to", dest="target", required=True, help="s3://<bucket>/…/model.tar.gz")
    packing.add_argument("--verdict", help="s3:// address of what was decided on its packages, as JSON")
    packing.set_defaults(run=pack_once)

    waiting = commands.add_parser("wait", help="wait until a version is live; fail with the reason when it is not")
    waiting.add_argument("model")
    waiting.add_argument("--version", required=True, help="version key")
    waiting.add_argument("--timeout-minutes", type=float, required=True)
    waiting.add_argument("--namespace", default=namespace())
    waiting.set_defaults(run=wait_for)

    registering = commands.add_parser("register", help="do what training runs on AWS ask of the registry")
    registering.add_argument("--config", type=Path, default=Path("/etc/registrar/registrar.json"))
    registering.add_argument("--workers", type=int, default=8, help="tasks at once: one waits as long as its release")
    registering.add_argument("--port", type=int, default=9090, help="of /health")
    registering.set_defaults(run=register)

    promoting = commands.add_parser("promote", help="offer approved versions to other stacks, and take theirs")
    promoting.add_argument("--config", type=Path, default=Path("/etc/promoter/promoter.json"))
    promoting.add_argument("--interval-seconds", type=float, default=60.0)
    promoting.add_argument("--port", type=int, default=9090, help="of /metrics and /health")
    promoting.set_defaults(run=promote)

    stepping = commands.add_parser("step", help="do one step of a training run in the cluster")
    stepping.add_argument("--request", required=True, help="JSON, from the DAG of the model")
    stepping.set_defaults(run=step)

    expiring = commands.add_parser("expire", help="delete what was written below folders a while ago")
    expiring.add_argument("--below", action="append", required=True, help="s3://bucket/folder/")
    expiring.add_argument("--days", type=int, required=True, help="that an object stays")
    expiring.set_defaults(run=expire_all)

    copying = commands.add_parser("copy", help="copy buckets to the store that the variables COPIES_… open")
    copying.add_argument("--from", dest="sources", action="append", required=True, help="name=s3://bucket/folder/")
    copying.add_argument("--to", dest="target", required=True, help="s3://bucket/folder/, of nothing else")
    copying.add_argument("--days", type=int, required=True, help="that what was changed or deleted stays")
    copying.set_defaults(run=copy_all)
    return top


def follow(arguments: argparse.Namespace, stop: threading.Event) -> int:
    from model_release.approval import Approvals
    from model_release.cluster import Cluster, in_cluster
    from model_release.config import Config, parse
    from model_release.endpoint import EndpointRelease
    from model_release.endpoint_scaling import EndpointScaling
    from model_release.environment import Builder
    from model_release.follow import Follower
    from model_release.integrity import from_environment
    from model_release.metrics import Metrics, serve
    from model_release.records import Records
    from model_release.registry import MlflowClient, Registry
    from model_release.rollout import Rollout
    from model_release.unit import RecordedOnly, Unit

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


def pack_once(arguments: argparse.Namespace, stop: threading.Event) -> int:
    from model_release.artifacts import Unpackable
    from model_release.integrity import FilesChanged, from_environment
    from model_release.pack import Stopped, decided, pack
    from model_release.registry import MlflowClient

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


def wait_for(arguments: argparse.Namespace, stop: threading.Event) -> int:
    from model_release.cluster import Cluster, in_cluster
    from model_release.wait import NotLive, wait

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


def register(arguments: argparse.Namespace, stop: threading.Event) -> int:
    # Bringing a model to MLflow takes as long as MLflow takes to store its largest file.
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "300")
    from prometheus_client import CollectorRegistry, Counter

    from model_release.activity import Worker
    from model_release.integrity import from_environment
    from model_release.metrics import serve
    from model_release.registrar import Registrar
    from model_release.registrar_config import parse
    from model_release.registry import MlflowClient

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


def promote(arguments: argparse.Namespace, stop: threading.Event) -> int:
    # As the registrar's: files go to MLflow.
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "300")
    from model_release.integrity import from_environment
    from model_release.metrics import serve
    from model_release.offering import Offering
    from model_release.promoter import Promoter, PromoterMetrics
    from model_release.promoter_config import PromoterConfig
    from model_release.registry import MlflowClient
    from model_release.taking import Taking

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


def step(arguments: argparse.Namespace, stop: threading.Event) -> int:
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "300")
    from model_release.decay import Decay
    from model_release.integrity import from_environment
    from model_release.registrar import Refused, Registrar
    from model_release.registrar_config import RegistrarConfig
    from model_release.registry import ABSENT, FORBIDDEN, MlflowClient, MlflowException
    from model_release.staging import Missing
    from model_release.step import ROOT, Failed, NothingAsked

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
    except (Failed, Missing, Refused) as error:
        log.error(str(error), extra=fields(run=doing.run, action=request.get("action")))
        return 1
    except Exception as error:
        told = fields(run=doing.run, action=request.get("action"), reason=str(error))
        log.error("the step failed", extra=told, exc_info=error)
        final = isinstance(error, MlflowException) and error.error_code in (*ABSENT, *FORBIDDEN)
        return 1 if final else MAY_WORK_LATER
    return 0


def expire_all(arguments: argparse.Namespace, stop: threading.Event) -> int:
    from model_release.expire import Stopped, expire
    from model_release.staging import Missing

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


def copy_all(arguments: argparse.Namespace, stop: threading.Event) -> int:
    from model_release.copies import Copies, Emptied, Stopped
    from model_release.staging import Missing

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


def namespace() -> str:
    """The pod's own namespace."""
    mounted = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
    return mounted.read_text().strip() if mounted.exists() else "models"


def aws(service: str, region: str | None, connections: int = 10, **given: Any) -> Any:
    import boto3
    from botocore.config import Config

    retries = {"mode": "standard", "max_attempts": 4}
    # An activity's question for work is answered after a minute at the latest.
    patient = Config(retries=retries, connect_timeout=10, read_timeout=70, max_pool_connections=connections)
    return boto3.client(service, region_name=region, config=patient, **given)
