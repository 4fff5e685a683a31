"""A model server as its own process, and a client that counts what it gets."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

SOURCE = Path(__file__).parents[1] / "src"
#: What the server imports of this repository, as a search path.
SOURCES = f"{SOURCE}:{SOURCE.parents[1] / 'mlplatform' / 'src'}"


def free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


class Server:
    def __init__(
        self, *arguments: str, variables: dict[str, str] | None = None, folder: Path | None = None, **settings: Any
    ) -> None:
        """`settings` without their prefix; `variables` of the environment beside them; `folder` for all that is written."""
        self.port, self.public_port, self.metrics_port = free_ports(3)
        self.folder = folder or Path(tempfile.mkdtemp(prefix="model-server-"))
        own = {
            "HOST": "127.0.0.1", "PORT": self.port, "PUBLIC_PORT": self.public_port, "METRICS_PORT": self.metrics_port,
            "SCRATCH": self.folder / "scratch", "NAME": "churn", "DRAIN_SECONDS": 0, **settings,
        }  # fmt: skip
        # Which kernel the linear algebra takes is part of the machine: bits are the same only on the same one.
        env = {key: value for key, value in os.environ.items() if key in ("PATH", "HOME", "TMPDIR") or "BLAS" in key}
        env |= {f"MODEL_SERVER_{key}": str(value) for key, value in own.items() if value is not None}
        env |= {
            "PYTHONPATH": SOURCES,
            "TMPDIR": str(self.folder),
        }
        env |= variables or {}
        self.log = self.folder / "log"
        self.output = self.folder / "output"
        with open(self.log, "w") as log, open(self.output, "w") as output:
            command = [sys.executable, "-m", "model_server", *arguments]
            self.process = subprocess.Popen(command, env=env, stdout=output, stderr=log, cwd="/")

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()

    def ready(self, workers: int = 2, seconds: float = 240) -> "Server":
        """Waits until all workers take requests."""
        self.until(lambda: self.value("model_server_workers") >= workers, seconds)
        return self

    def until(self, reached: Any, seconds: float = 120) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                if reached():
                    return
            except OSError:
                pass
            assert self.process.poll() is None, self.log.read_text()[-3000:]
            time.sleep(0.05)
        raise AssertionError(f"not reached in {seconds} s\n{self.log.read_text()[-3000:]}")

    def until_version(self, version: str, seconds: float = 120) -> None:
        """Waits until this version is served and no other: for a moment of a switch both answer."""
        served = "model_server_model_info"
        self.until(lambda: self.value(served) == self.value(served, version=version) == 1, seconds)

    def ask(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None, port: int = 0,
            seconds: float = 120) -> tuple[int, dict[str, str], bytes]:  # fmt: skip
        connection = http.client.HTTPConnection("127.0.0.1", port or self.port, timeout=seconds)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        finally:
            connection.close()

    def get(self, path: str, port: int = 0) -> tuple[int, dict[str, str], bytes]:
        return self.ask("GET", path, port=port)

    def predict(self, payload: Any, **headers: str) -> tuple[int, Any]:
        body = payload if isinstance(payload, (bytes, str)) else json.dumps(payload)
        status, _, text = self.ask("POST", "/invocations", body, {"Content-Type": "application/json", **headers})
        return status, json.loads(text)

    def predict_together(self, payloads: list[Any], at_once: int = 25) -> list[tuple[int, Any]]:
        """
        The answers to requests of which `at_once` reach the only worker in the same instant: it is stopped while they are sent.
        """
        (worker,) = self.workers()
        clients = [http.client.HTTPConnection("127.0.0.1", self.port, timeout=180) for _ in range(at_once)]
        for client in clients:  # A connection that is known already is read at once.
            client.request("GET", "/ping")
            client.getresponse().read()
        answers = []
        for start in range(0, len(payloads), at_once):
            os.kill(worker, signal.SIGSTOP)
            try:
                asked = list(zip(clients, payloads[start : start + at_once]))
                for client, payload in asked:
                    client.request("POST", "/invocations", json.dumps(payload), {"Content-Type": "application/json"})
            finally:
                os.kill(worker, signal.SIGCONT)
            for client, _ in asked:
                answer = client.getresponse()
                answers.append((answer.status, json.loads(answer.read())))
        for client in clients:
            client.close()
        return answers

    def metric(self, name: str, **labels: str) -> float:
        """Sum over all series that have these labels, once the workers have told theirs."""
        time.sleep(0.4)  # They do so every quarter of a second.
        return self.value(name, **labels)

    def value(self, name: str, **labels: str) -> float:
        total = 0.0
        for line in self.get("/metrics", self.metrics_port)[2].decode().splitlines():
            if line.startswith(f"{name}{{") and all(f'{key}="{value}"' in line for key, value in labels.items()):
                total += float(line.rsplit(" ", 1)[1])
        return total

    def versions(self) -> list[int]:
        return _children(self.process.pid)

    def workers(self) -> list[int]:
        return [worker for version in self.versions() for worker in _children(version)]


def _children(pid: int) -> list[int]:
    found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True)
    return [int(each) for each in found.stdout.split()]


class Load:
    """Clients that ask again and again over kept connections, and count answers and failures by kind."""

    def __init__(self, server: Server, payload: Any, clients: int = 8, expect: Any = None, pause: float = 0.0) -> None:
        self.counts: Counter[str] = Counter()
        self.versions: Counter[str] = Counter()
        self.wrong = 0
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._server, self._body, self._expect, self._pause = server, json.dumps(payload), expect, pause
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(clients)]

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(150)

    def _run(self) -> None:
        connection: http.client.HTTPConnection | None = None
        while not self._stop.is_set():
            version, kept = "", connection is not None
            try:
                connection = connection or http.client.HTTPConnection("127.0.0.1", self._server.port, timeout=120)
                connection.request("POST", "/invocations", self._body, {"Content-Type": "application/json"})
                answer = connection.getresponse()
                text = answer.read()
                kind = str(answer.status)
                version = answer.headers.get("X-Model-Version", "")
                if answer.status == 200 and self._expect is not None and json.loads(text) != self._expect:
                    self.wrong += 1
                if answer.will_close:
                    connection.close()
                    connection = None
            except ConnectionRefusedError:
                kind, connection = "refused", None
            except (OSError, http.client.HTTPException) as error:
                kind, connection = f"{type(error).__name__}{' on a kept connection' if kept else ''}", None
            with self._lock:
                self.counts[kind] += 1
                self.versions[version] += kind == "200"
            if kind == "refused":
                time.sleep(0.05)
            if self._pause:
                time.sleep(self._pause)

    def until_answered(self, count: int, version: str | None = None) -> None:
        """Waits until so many more requests were answered well, all or those by one version."""
        answered = lambda: self.counts["200"] if version is None else self.versions[version]  # noqa: E731
        wanted = answered() + count
        self._server.until(lambda: answered() >= wanted)

    @property
    def failed(self) -> dict[str, int]:
        return {kind: count for kind, count in self.counts.items() if kind != "200"}
