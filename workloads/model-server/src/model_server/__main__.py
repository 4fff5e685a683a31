"""`model-server` and `serve` start the server; `model-server score …` predicts for a table; `… environment …` builds packages."""

import importlib
import logging
import logging.config
import os
import shutil
import sys
from typing import Any

from model_server import logs
from model_server.cores import usable_cores
from model_server.settings import Settings, SettingsError, load_settings

_log = logging.getLogger("model_server")
_THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def main() -> None:
    arguments = sys.argv[1:]
    logging.config.dictConfig(logs.config())
    if arguments[:1] == ["score"]:
        sys.exit(importlib.import_module("model_server.score").main(arguments[1:]))
    if arguments[:1] == ["environment"]:
        sys.exit(importlib.import_module("model_server.environments.command").main(arguments[1:]))
    if arguments not in ([], ["serve"]):
        _log.error("unknown command", extra={"arguments": arguments, "known": ["serve", "score", "environment"]})
        sys.exit(2)
    try:
        settings = load_settings()
    except SettingsError as error:
        _log.error(str(error))
        sys.exit(2)
    _share_cores(settings)
    _prepare_folders(settings)
    _gunicorn(settings).run()


def _share_cores(settings: Settings) -> None:
    """Without this each worker's numeric libraries would take all cores at once."""
    for variable in _THREAD_VARIABLES:
        os.environ.setdefault(variable, str(max(1, usable_cores() // settings.workers)))


def _prepare_folders(settings: Settings) -> None:
    for folder in (settings.metrics_dir, settings.scratch / "ready"):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    os.environ.setdefault("MLFLOW_TRACKING_URI", f"file://{settings.scratch}/no-tracking")


def _gunicorn(settings: Settings) -> Any:
    from gunicorn.app.base import BaseApplication

    from model_server.metrics import fold_ended

    ports = [settings.port, settings.metrics_port, *([settings.public_port] if settings.token_file else [])]

    class Application(BaseApplication):
        def __init__(self) -> None:
            self.settings = settings
            super().__init__()

        def load_config(self) -> None:
            options = {
                "bind": [f"{settings.host}:{port}" for port in ports],
                "workers": settings.workers,
                "worker_class": "model_server.worker.ModelWorker",
                "backlog": 1024,
                "timeout": 120,
                "graceful_timeout": int(settings.drain_seconds + settings.timeout_seconds + 8),
                "worker_tmp_dir": str(settings.scratch),
                "logconfig_dict": logs.config(),
                "control_socket_disable": True,
                "child_exit": lambda server, worker: fold_ended(settings.metrics_dir, worker.pid),
            }
            for key, value in options.items():
                self.cfg.set(key, value)

        def load(self) -> Any:
            return None  # Each worker makes the app round its own engine.

    # What every worker needs is read once, and shared until it is written to.
    importlib.import_module("model_server.worker")
    return Application()


if __name__ == "__main__":
    main()
