"""The real MLflow server, with files of its own; it can be stopped and started."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import requests


def free_port(address: str = "127.0.0.1") -> int:
    with socket.socket() as probe:
        probe.bind((address, 0))
        return int(probe.getsockname()[1])


# As the chart starts it. Seven processes for jobs that the platform never starts would take longer than the server itself.
_AS_ON_A_CLUSTER = {
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
}


class MlflowServer:
    def __init__(self, folder: Path, python: str = sys.executable) -> None:
        """`python` is an interpreter that has MLflow whole, not only its client."""
        self.folder, self.port, self._python = folder, free_port(), python
        self.uri = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [self._python, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(self.port)]
        command += ["--workers", "1", "--backend-store-uri", f"sqlite:///{self.folder}/mlflow.db", "--serve-artifacts"]
        command += ["--artifacts-destination", str(self.folder / "artifacts")]
        output = (self.folder / "server.log").open("ab")
        variables = {**os.environ, **_AS_ON_A_CLUSTER}
        self._process = subprocess.Popen(command, env=variables, stdout=output, stderr=output, start_new_session=True)
        for _ in range(900):  # Three minutes, for a machine that is busy.
            try:
                if requests.get(f"{self.uri}/health", timeout=1).ok:
                    return
            except requests.RequestException:
                time.sleep(0.2)
        raise AssertionError(f"MLflow did not start: {(self.folder / 'server.log').read_text()[-2000:]}")

    def stop(self) -> None:
        if self._process:
            os.killpg(self._process.pid, 9)
            self._process.wait()
