"""`drift monitor` watches all models; `drift check MODEL` looks once, for a pipeline."""

from __future__ import annotations

import argparse
import json
import logging
import os
import signal
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

from prometheus_client import CollectorRegistry, start_http_server

from drift import configuration
from drift.baselines import Baselines
from drift.check import Verdict, check
from drift.configuration import ConfigurationError
from drift.logs import JsonLines
from drift.metrics import Latest
from drift.monitor import SETTLED, Monitor
from drift.quality.metrics import LatestQuality
from drift.store import open_store

logger = logging.getLogger(__name__)

#: How `drift check` ends, so that a pipeline can branch; 1 is left to what could not be done.
EXIT_CODES: dict[Verdict, int] = {"stable": 0, "notEnoughData": 2, "baselineMissing": 2, "drift": 3}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="drift", description=__doc__)
    parser.add_argument(
        "--config",
        type=Path,
        default=Path(os.environ.get("DRIFT_CONFIG", "/etc/drift/models.json")),
        help="models that are watched, as JSON; default: DRIFT_CONFIG, else %(default)s",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    monitor = commands.add_parser("monitor", help="check each model when its time has come, and serve metrics")
    monitor.add_argument("--port", type=int, default=9090, help="of /metrics; default %(default)s")
    monitor.add_argument(
        "--settle-seconds",
        type=float,
        default=SETTLED.total_seconds(),
        help="younger samples are left to the next check: they may still be in a server's memory; default %(default)s",
    )
    once = commands.add_parser(
        "check",
        help="print the report; ends with 0 (stable), 3 (drift), 2 (not enough data, or no baseline) or 1 (failed)",
    )
    once.add_argument("model")
    once.add_argument("--hours", type=float, help="of samples until now; default: everyHours of the model")
    given = parser.parse_args(arguments)
    JsonLines.install()
    return _monitor(given) if given.command == "monitor" else _check(given)


def _monitor(given: argparse.Namespace) -> int:
    registry = CollectorRegistry()
    latest = Latest(registry)
    server, thread = start_http_server(given.port, os.environ.get("METRICS_HOST", "0.0.0.0"), registry=registry)
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    settled, quality = timedelta(seconds=given.settle_seconds), LatestQuality(registry)
    Monitor(given.config, latest, Baselines(), settled=settled, quality=quality).run(stop)
    server.shutdown()
    thread.join()
    return 0


def _check(given: argparse.Namespace) -> int:
    try:
        config = configuration.load(given.config)
        model = config.model(given.model)
        until = datetime.now(UTC)
        period = model.every if given.hours is None else timedelta(hours=given.hours)
        report = check(model, open_store(config.samples), Baselines(), until - period, until)
    except ConfigurationError as error:
        logger.error("configuration cannot be used", extra={"reason": str(error)})
        return 1
    except Exception as error:
        logger.exception("check failed", extra={"model": given.model, "reason": str(error)})
        return 1
    json.dump(report.body, sys.stdout)
    sys.stdout.write("\n")
    return EXIT_CODES[report.verdict]


if __name__ == "__main__":
    sys.exit(main())
