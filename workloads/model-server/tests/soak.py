"""
What no test has the time for, run by hand: `python tests/soak.py` from this folder's parent, with `src` and `tests` on PYTHONPATH.

Fuzzed requests: none may be answered 500, none may hang, and memory stays. Then one server under load whose workers are killed, hang and
exit, whose disk is full, whose registry is down, and whose version changes 20 times; failed requests are counted by kind.
"""

import argparse
import contextlib
import json
import os
import random
import resource
import socket
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

from commanded import Commanded, asking, save
from server import Load, Server

PATHS = ["/invocations"] * 12 + [
    "/v2/models/churn/infer",
    "/ping",
    "/version",
    "/docs",
    "/v2",
    "/%ff",
    "/" + "a" * 9000,
    "/metrics",
]
TYPES = ["application/json"] * 6 + [
    "text/csv",
    "application/vnd.apache.parquet",
    "application/jsonlines",
    "text/plain",
    "",
]
VALUES = [
    '"answer"',
    '"\\ud800"',
    "null",
    "NaN",
    "1e999",
    "18446744073709551616",
    "[]",
    "{}",
    "-0.0",
    '"' + "é" * 500 + '"',
    "true",
]
#: A switch that takes longer has failed, however busy the machine is.
SWITCH_SECONDS = 600


def body(chance: random.Random) -> bytes:
    value = chance.choice(VALUES)
    forms = (
        f'{{"dataframe_split": {{"columns": ["do"], "data": [[{value}]]}}}}',
        f'{{"dataframe_split": {{"columns": ["do"], "index": [{value}], "data": [["answer"]]}}}}',
        f'{{"dataframe_records": [{{"do": {value}}}, {{"do": "answer"}}]}}',
        f'{{"inputs": {value}}}',
        f'{{"instances": [{value}]}}',
        f'{{"inputs": [{{"name": "do", "shape": [1], "datatype": "BYTES", "data": [{value}]}}]}}',
        f"do\n{value}\n",
        "[" * chance.randrange(2000),
    )
    made = bytearray(chance.choice(forms).encode())
    for _ in range(chance.choice((0, 0, 0, 1, 5))):
        made[chance.randrange(len(made) or 1) : chance.randrange(len(made) or 1)] = chance.randbytes(
            chance.randrange(4)
        )
    return bytes(made)


def request(chance: random.Random) -> tuple[bytes, bool]:
    """A request, and whether all of it is there."""
    content = body(chance)
    method = chance.choice(["POST"] * 9 + ["GET", "HEAD", "PUT", "G T"])
    lines = [f"{method} {chance.choice(PATHS)} HTTP/1.1", "Host: a", f"Content-Type: {chance.choice(TYPES)}"]
    extra = chance.randrange(12)
    if extra == 0:
        lines.append("Transfer-Encoding: chunked")
        content = (
            b"".join(b"%x\r\n%b\r\n" % (1, content[at : at + 1]) for at in range(min(40, len(content))))
            + b"0\r\nX: y\r\n\r\n"
        )
    else:
        lines.append(f"Content-Length: {len(content) + (chance.choice((-3, 5, 10**9)) if extra == 1 else 0)}")
    if extra == 2:
        lines.append("X-Request-Id: " + "é\x01" * chance.randrange(200))
    elif extra == 3:
        lines.append("Content-Encoding: " + chance.choice(("gzip", "br", "deflate")))
    return "\r\n".join(lines).encode("utf-8", "replace") + b"\r\n\r\n" + content, extra != 1


def fuzz(server: Server, count: int, seed: int = 1, clients: int = 6) -> Counter[str]:
    """Counts the first answer to each of so many packets of one to three requests, after some of which the client leaves at once."""
    counts: Counter[str] = Counter()
    lock = threading.Lock()

    def run(number: int) -> None:
        chance = random.Random(seed * 1000 + number)
        for _ in range(count // clients):
            kind = _sent(server, chance)
            with lock:
                counts[kind] += 1

    threads = [threading.Thread(target=run, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return counts


def _sent(server: Server, chance: random.Random) -> str:
    requests = [request(chance) for _ in range(chance.choice((1, 1, 1, 2, 3)))]
    packet = b"".join(content for content, _ in requests)
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as client:
        with contextlib.suppress(ConnectionError):
            client.sendall(packet)
            if chance.randrange(10) == 0:
                return "left"
            if not all(whole for _, whole in requests):
                client.shutdown(socket.SHUT_WR)
        try:
            answer = client.recv(65536)
        except TimeoutError:
            return "hung"
        except ConnectionError:
            return "reset"
    return answer[9:12].decode() if answer else "closed"


def memory_mib(server: Server) -> float:
    """Without pages of files: how much of those is a process's share changes with whoever else on the machine maps them."""
    total = 0
    for pid in (server.process.pid, *server.versions(), *server.workers()):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            total += int(line.split()[1]) if line.startswith("Pss_Anon:") else 0
    return total / 1024


def release(file: Path, uri: str, version: str) -> None:
    partial = file.with_suffix(".partial")
    partial.write_text(json.dumps({"stable": {"version": version, "uri": uri}, "canary": None}))
    partial.replace(file)


def serving(server: Server, version: str) -> bool:
    return server.ask("GET", "/health/ready")[1].get("x-model-version") == version


def under_load(server: Server, file: Path, path: str, switches: int) -> dict[str, Any]:
    """What was counted in each scenario."""
    told: dict[str, Any] = {}

    def scenario(name: str, act: Any) -> None:
        with Load(server, asking("answer"), clients=8) as load:
            load.until_answered(100)
            act(load)
            load.until_answered(100)
        told[name] = dict(load.counts)
        print(f"{name}: {dict(load.counts)}", flush=True)

    def hang(load: Load) -> None:
        ends = server.value("model_server_worker_ends_total", reason="hung")
        print("  the hanging request itself:", server.predict(asking("hang"))[0])
        server.until(lambda: server.value("model_server_worker_ends_total", reason="hung") > ends)
        server.ready()

    def end(command: str) -> None:
        with contextlib.suppress(OSError):
            print(f"  the request {command} itself:", server.predict(asking(command))[0])
        server.ready()

    def kill(load: Load) -> None:
        before = server.workers()
        os.kill(before[0], 9)
        server.until(lambda: before[0] not in server.workers())
        server.ready()

    def switch(load: Load) -> None:
        for number in range(switches):
            started = time.monotonic()
            release(file, path, str(100 + number))
            server.until(lambda version=str(100 + number): serving(server, version), SWITCH_SECONDS)
            times.append(time.monotonic() - started)
            print(f"  switch {number + 1} in {times[-1]:.1f} s: {dict(load.counts)}", flush=True)

    def wrong_source(uri: str, why: str) -> Any:
        def act(load: Load) -> None:
            release(file, uri, "900")
            server.until(
                lambda: why in json.loads(server.get("/health/ready")[2]).get("wanted", {}).get("status", ""), 300
            )
            release(file, path, "901")
            server.until(lambda: serving(server, "901"), SWITCH_SECONDS)

        return act

    def full_disk(load: Load) -> None:
        for pid in (server.process.pid, *server.versions(), *server.workers()):
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, 0))
        load.until_answered(500)
        assert server.get("/metrics", server.metrics_port)[0] == 200

    times: list[float] = []
    scenario("kill -9 of a worker", kill)
    scenario("a call that hangs", hang)
    scenario("sys.exit in the model", lambda load: end("exit"))
    scenario("os._exit in the model", lambda load: end("die"))
    scenario(f"{switches} switches", switch)
    told["seconds of a switch"] = sorted(round(each, 2) for each in times)
    print(f"seconds of a switch, median: {sorted(times)[len(times) // 2]:.2f}, most: {max(times):.2f}", flush=True)
    scenario("a version whose registry is down", wrong_source("models:/churn/9", "does not answer"))
    scenario("a version whose store is down", wrong_source("s3://no-store/churn", "does not answer"))
    scenario("a full disk (simulated)", full_disk)
    return told


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--switches", type=int, default=20)
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="soak-"))
    path, file = save(folder / "model", Commanded()), folder / "release.json"
    release(file, path, "1")
    # A port where nobody listens.
    nobody = {"MLFLOW_TRACKING_URI": "http://127.0.0.1:9", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1", "AWS_MAX_ATTEMPTS": "1",
              "MLFLOW_S3_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_ACCESS_KEY_ID": "made-up",
              "AWS_SECRET_ACCESS_KEY": "made-up"}  # fmt: skip
    with Server(RELEASE_FILE=file, TIMEOUT_MILLIS=5000, MAX_BODY_MIB=1, variables=nobody) as server:
        server.ready()
        started = time.monotonic()
        counts: Counter[str] = Counter()
        for tenth in range(1, 11):  # A leak goes on for as long as there are requests, caches fill only once.
            counts += fuzz(server, given.requests // 10, seed=tenth)
            print(f"memory after {tenth} tenths: {memory_mib(server):.1f} MiB", flush=True)
        print(f"{given.requests} fuzzed packets in {time.monotonic() - started:.0f} s: {dict(counts)}")
        print(f"answers 500 by metrics: {server.metric('model_server_requests_total', status='500'):.0f}", flush=True)
        under_load(server, file, path, given.switches)


if __name__ == "__main__":
    main()
