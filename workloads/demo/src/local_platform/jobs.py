"""What a cluster does with Jobs, simulated: the container of each runs once, as a process, and its last words are kept."""

from __future__ import annotations

import os
import subprocess
import threading
from pathlib import Path
from typing import Any

from local_platform.kubernetes_api import KubernetesApi

EVERY_SECONDS = 0.25
#: What a way to the internet may need on this machine.
PASSED_ON = ("PATH", "SSL_CERT_FILE", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY")


class Jobs:
    def __init__(self, api: KubernetesApi, folder: Path) -> None:
        self._api, self._folder = api, folder
        self._stop = threading.Event()
        self._running: set[str] = set()
        self._thread = threading.Thread(target=self._run, name="jobs", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(EVERY_SECONDS):
            for job in self._api.listed("jobs"):
                name = job["metadata"]["name"]
                if "status" not in job and name not in self._running:
                    self._running.add(name)
                    threading.Thread(target=self._do, args=(name, job), daemon=True).start()

    def _do(self, name: str, job: dict[str, Any]) -> None:
        container = job["spec"]["template"]["spec"]["containers"][0]
        folder = self._folder / name
        folder.mkdir(parents=True, exist_ok=True)
        words = folder / "termination-log"
        environment = {key: os.environ[key] for key in PASSED_ON if key in os.environ}
        environment |= {"HOME": str(folder), "TMPDIR": str(folder)}
        environment |= {one["name"]: one["value"] for one in container.get("env", [])}
        arguments = [each.replace("/dev/termination-log", str(words)) for each in container.get("args", [])]
        with (folder / "log").open("ab") as log:
            code = subprocess.run(
                [*container["command"], *arguments], env=environment, cwd=folder, stdout=log, stderr=log
            ).returncode
        ended = {"exitCode": code, "message": words.read_text() if words.exists() else ""}
        self._api.put(
            "pods",
            {
                "metadata": {"name": f"{name}-0", "labels": {"job-name": name}},
                "status": {
                    "conditions": [],
                    "containerStatuses": [
                        {"name": container["name"], "restartCount": 0, "state": {"terminated": ended}}
                    ],
                },
            },
        )
        kind = "Complete" if code == 0 else "Failed"
        self._api.put(
            "jobs",
            {**job, "status": {"conditions": [{"type": kind, "status": "True", "message": f"exit code {code}"}]}},
        )
