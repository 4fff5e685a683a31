"""The simulated cluster as one process: an API at a fixed port, a node whose pods are processes, and a Service for one model.

Prometheus asks it for its targets: http://127.0.0.1:<api port>/targets/<port of the pods>.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import threading
from pathlib import Path

from local_platform.jobs import Jobs
from local_platform.kubernetes_api import KubernetesApi
from local_platform.node import Node
from local_platform.service import Service

#: Of model servers, in their pods.
PORT = 8080


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--api-port", type=int, required=True)
    parser.add_argument("--service-port", type=int, required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument(
        "--objects", type=Path, required=True, help="JSON: `deployments`, `cronJobs`, and `selectors` of Services"
    )
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)

    end_leftovers(given.folder / "pids")
    api = KubernetesApi(given.api_port, given.folder / "objects.json")
    node = Node(api, given.folder / "pods", pids=given.folder / "pids")
    objects = json.loads(given.objects.read_text())
    canary = Service(api, objects["selectors"][f"{given.model}-canary"], node.address(), PORT, PORT)
    for each in objects["deployments"]:
        name = each["metadata"]["name"]
        text = json.dumps(each).replace("$(CANARY_URL)", canary.url)
        wanted = json.loads(text)
        before = api.objects.get(("deployments", name))
        # What the release controller has scaled stays as it is.
        wanted["spec"]["replicas"] = before["spec"]["replicas"] if before else wanted["spec"]["replicas"]
        api.put("deployments", wanted)
    for each in objects["cronJobs"]:
        api.put("cronjobs", each)
    jobs = Jobs(api, given.folder / "jobs")
    service = Service(api, objects["selectors"][given.model], "127.0.0.1", given.service_port, PORT)
    node.start()
    jobs.start()

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    stop.wait()
    jobs.close()
    node.close()
    for each_service in (service, canary):
        each_service.close()
    api.close()


def end_leftovers(folder: Path) -> None:
    """Ends pods of a process before this one that had no time to end them itself."""
    for file in folder.glob("*"):
        try:
            command = Path(f"/proc/{file.name}/cmdline").read_bytes()
            if b"model_server" in command:
                os.killpg(int(file.name), signal.SIGKILL)
        except (OSError, ValueError):
            pass
        file.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
