"""Models that hang, wait or end their process: the limit of time holds, a worker is replaced, and nothing else is held up."""

import json
import os
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from commanded import AtLoad, Commanded, WithCode, asking, save
from server import Server
from test_equality import release


@pytest.fixture(scope="module")
def commanded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    path = save(tmp_path_factory.mktemp("commanded"), Commanded())
    token = tmp_path_factory.mktemp("token") / "token"
    token.write_text("made-up-token")
    settings = {"TIMEOUT_MILLIS": 2000, "THREADS": 16, "MAX_QUEUE": 64, "TOKEN_FILE": token, "MAX_CONNECTIONS": 40}
    with Server(SOURCE=path, **settings) as server:
        yield server.ready()


def settle(server: Server) -> None:
    """Waits until both workers take requests, none is being replaced, and nobody answers in their place."""

    def settled() -> bool:
        before = server.workers()
        answered = all(server.predict(asking("answer"))[0] == 200 for _ in range(20))
        time.sleep(0.5)
        return answered and len(before) == 2 == server.value("model_server_workers") and server.workers() == before

    server.until(settled)


def test_a_hanging_call_is_answered_in_time_and_its_worker_replaced(commanded: Server) -> None:
    before = set(commanded.workers())
    hung = commanded.value("model_server_worker_ends_total", reason="hung")
    status, told = commanded.predict(asking("hang"))
    assert status == 504 and "2 s" in told["message"]
    assert commanded.predict(asking("answer"))[0] == 200
    commanded.until(lambda: commanded.value("model_server_worker_ends_total", reason="hung") == hung + 1)
    settle(commanded)
    assert len(set(commanded.workers()) - before) == 1


def test_hanging_calls_hold_up_neither_pages_nor_probes_nor_metrics(commanded: Server) -> None:
    caller = threading.Thread(target=together, args=(commanded, "hang", 40))
    caller.start()
    commanded.until(lambda: commanded.value("model_server_inflight_requests") >= 30)
    for path, port in (
        ("/version", 0),
        ("/health/ready", 0),
        ("/openapi.json", 0),
        ("/metrics", commanded.metrics_port),
    ):
        assert commanded.get(path, port)[0] == 200, path
    caller.join()
    settle(commanded)


def test_code_that_lets_no_other_thread_run_costs_its_worker(commanded: Server) -> None:
    ends = commanded.value("model_server_worker_ends_total", reason="hung")
    with pytest.raises((ConnectionError, OSError)):
        commanded.predict(asking("hold"))
    commanded.until(lambda: commanded.value("model_server_worker_ends_total", reason="hung") > ends)
    settle(commanded)
    assert commanded.predict(asking("answer"))[0] == 200


def together(server: Server, command: str, count: int) -> list[int]:
    """The answers to as many callers at once, 0 for none."""
    answers: list[int] = []

    def ask() -> None:
        try:
            answers.append(server.predict(asking(command))[0])
        except OSError:
            answers.append(0)

    callers = [threading.Thread(target=ask) for _ in range(count)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    return answers


def wanted(server: Server) -> dict[str, str]:
    """What is said of a version that is wanted and not served."""
    return json.loads(server.get("/health/ready")[2]).get("wanted") or {}


def test_where_all_workers_are_held_the_supervisor_answers(commanded: Server) -> None:
    caller = threading.Thread(target=together, args=(commanded, "hold", 6))
    caller.start()
    commanded.until(lambda: commanded.get("/health/ready")[0] == 503)
    assert commanded.get("/health/live")[0] == 200
    assert commanded.get("/metrics", commanded.metrics_port)[0] == 200
    caller.join()
    settle(commanded)


def test_a_model_that_ends_its_process_ends_one_worker_at_most(commanded: Server) -> None:
    before = set(commanded.workers())
    status, told = commanded.predict(asking("exit"))
    assert status == 500 and "SystemExit" not in told["message"] and "end the process" in told["message"]
    assert set(commanded.workers()) == before
    with pytest.raises((ConnectionError, OSError)):
        commanded.predict(asking("die"))
    commanded.until(lambda: set(commanded.workers()) != before)
    settle(commanded)
    assert commanded.process.poll() is None and commanded.predict(asking("answer"))[0] == 200


def test_a_child_that_a_model_forks_does_not_stay_as_a_second_server(commanded: Server) -> None:
    assert commanded.predict(asking("fork"))[0] == 200
    assert commanded.predict(asking("answer"))[0] == 200


def test_calls_that_wait_run_side_by_side(commanded: Server) -> None:
    answers = together(commanded, "meet", 13)
    assert answers.count(200) >= 4, "of 13 calls one of two workers has seven, and four of them met"


def test_idle_connections_of_one_port_take_nothing_from_another(commanded: Server) -> None:
    held = []
    for _ in range(100):
        client = socket.create_connection(("127.0.0.1", commanded.public_port), timeout=30)
        client.sendall(b"POST /invocations HTTP/1.1\r\nHost: a\r\n")
        held.append(client)
    assert commanded.get("/health/ready")[0] == 200
    assert commanded.get("/metrics", commanded.metrics_port)[0] == 200
    assert commanded.predict(asking("answer"))[0] == 200
    # And its own port takes whoever asks in place of those who say nothing.
    assert commanded.get("/health/ready", commanded.public_port)[0] == 200
    for client in held:
        client.close()


def test_large_bodies_of_clients_that_left_keep_no_other_out(commanded: Server) -> None:
    """What each connection gives back `test_connections.py` shows; here many leave at once, and a server that is late notices later."""
    body = json.dumps(asking("wait")).encode()
    first = b"POST /invocations HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
    large = b"x" * 4_000_000
    for _ in range(16):
        with socket.create_connection(("127.0.0.1", commanded.port), timeout=30) as client:
            client.sendall(first % (len(body), body) + first % (len(large), large) + first % (len(large), large))
    for _ in range(8):
        commanded.until(lambda: commanded.predict(json.dumps(asking("answer")) + " " * 4_000_000)[0] == 200)


def test_the_public_port_tells_strangers_only_whether_it_answers(commanded: Server) -> None:
    status, headers, body = commanded.get("/health/ready", commanded.public_port)
    assert (status, json.loads(body)) == (200, {"status": "ok"}) and "x-model-version" not in headers
    status, headers, body = commanded.ask("GET", "/health/ready", headers={"Authorization": "Bearer made-up-token"},
                                          port=commanded.public_port)  # fmt: skip
    assert json.loads(body)["version"] and "x-model-version" in headers
    with socket.create_connection(("127.0.0.1", commanded.public_port), timeout=30) as client:
        client.sendall(b"POST /invocations HTTP/1.1\r\nHost: a\r\nContent-Length: 4000000\r\n\r\n")
        assert b" 401 " in client.recv(4096), "before the body is read"


def test_a_full_queue_is_one_for_all_workers(commanded: Server) -> None:
    assert together(commanded, "wait", 60) == [200] * 60, "64 are allowed, whichever worker has them"


def test_each_version_runs_its_own_code(tmp_path: Path) -> None:
    paths = {str(number): save(tmp_path / f"v{number}", WithCode(), f"FACTOR = {number}.0") for number in (1, 2)}
    file = release(tmp_path, paths["1"], "1")
    with Server(RELEASE_FILE=file, WORKERS=1) as server:
        server.ready(workers=1)
        assert server.predict(asking("answer"))[1] == {"predictions": [1.0]}
        release(tmp_path, paths["2"], "2")
        server.until_version("2")
        assert server.predict(asking("answer"))[1] == {"predictions": [2.0]}
        # What cannot be loaded, however it fails, takes nothing away, and its reason is told.
        for version, command, why in (
            ("3", "exit", "ended the process"),
            ("4", "crash", "SIGSEGV"),
            ("4.1", "orphan", "SIGSEGV"),
            ("4.2", "interrupt", "somebody else's Ctrl-C"),
            ("4.3", "surrogate", "half a pair: ?"),
        ):
            release(tmp_path, save(tmp_path / f"v{version}", AtLoad(command)), version)
            said = (version, why)
            server.until(
                lambda said=said: wanted(server).get("version") == said[0] and said[1] in wanted(server)["status"]
            )  # type: ignore[misc]
            assert server.predict(asking("answer"))[1] == {"predictions": [2.0]}
        release(tmp_path, save(tmp_path / "v4.4", AtLoad("fork")), "4.4")
        server.until_version("4.4")
        # A version that hangs while it is loaded gives way to the next that is wanted.
        release(tmp_path, save(tmp_path / "v5", AtLoad("hang")), "5")
        server.until(lambda: "being loaded" in wanted(server).get("status", ""))
        release(tmp_path, save(tmp_path / "v6", AtLoad("thread")), "6")
        server.until_version("6")
        assert server.predict(asking("answer"))[1] == {"predictions": [1.0]}, "its thread is there in the worker"
        pid = server.workers()[-1]
        os.kill(pid, 9)
        server.until(lambda: server.workers() and pid not in server.workers())
        server.ready(workers=1)
        assert server.predict(asking("answer"))[1] == {"predictions": [1.0]}
