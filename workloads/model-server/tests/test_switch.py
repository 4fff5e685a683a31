"""A switch of version: whoever can answer is asked, and readiness never lapses while somebody can."""

import json
import os
import socket
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from commanded import AtLoad, Commanded, asking, save
from model_server import version_process
from model_server.channel import receive_control, send_control
from model_server.environments.fit import this_image
from model_server.environments.published import Packages
from model_server.metrics import Metrics
from model_server.release import Version
from model_server.scoreboard import Scoreboard
from model_server.settings import load_settings
from model_server.supervisor.contention import Contention
from model_server.supervisor.rollout import Rollout
from model_server.supervisor.version import WorkerHandle
from model_server.supervisor.watch import Watch
from model_server.task import Task
from server import Load, Server
from test_equality import release

PENDING = {"image": "pending"}
FITS = {"image": this_image()}
OTHER = {"image": "another", "uri": "s3://a/c", "sha256": "ef"}


class Told:
    def __init__(self) -> None:
        self.messages: list[str] = []

    def send(self, message: dict[str, Any]) -> None:
        self.messages.append(message["do"])


class Process:
    """A version's process whose workers do only what the test says."""

    def __init__(self, wanted: Version) -> None:
        self.wanted = wanted
        self.version = wanted.version or ""
        self.stage, self.stage_since, self.started = "is being loaded", 0.0, 1e12
        self.loaded = self.ended = False
        self.failed, self.waits, self.mismatches = "", False, 0
        self.workers: dict[int, WorkerHandle] = {}

    def fork(self, place: int) -> None:
        self.workers[place] = WorkerHandle(place)
        self.workers[place].channel = Told()  # type: ignore[assignment]

    def serve(self, worker: WorkerHandle) -> None:
        worker.asked = True

    def retire(self, worker: WorkerHandle, seconds: float) -> None:
        worker.retired, worker.serving = True, False

    def kill(self) -> None:
        self.ended = True
        self.workers.clear()

    def all(self, **state: bool) -> None:
        for worker in self.workers.values():
            vars(worker).update(state)


class Switch:
    """A rollout that serves version 1."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.started: list[Process] = []
        self.want("1")
        settings = load_settings({"MODEL_SERVER_RELEASE_FILE": str(folder / "release.json")})
        self.board = Scoreboard.create(8)
        self.watch = Watch(settings, self.board)
        self.metrics = Metrics()
        self.rollout = Rollout(settings, self.metrics, self.board, self.watch, self._start)  # type: ignore[arg-type]
        (self.old,) = self.until_started(1)
        self.old.loaded = True
        self.serve(self.old)

    def _start(self, wanted: Version) -> Process:
        self.started.append(Process(wanted))
        return self.started[-1]

    def want(self, version: str, *environments: dict[str, str]) -> None:
        (self.folder / "MLmodel").touch()
        release(self.folder, str(self.folder), version, *environments)

    def want_none(self) -> None:
        (self.folder / "release.json").write_text("{}")

    def tick(self) -> None:
        self.rollout._polled_at = self.rollout._retry_at = -10.0  # A later time.
        self.rollout.tick()

    def until_started(self, count: int) -> list[Process]:
        self.tick()
        assert len(self.started) == count
        return self.started

    def until_asked(self, version: str) -> Process:
        """The process of another version, whose workers are ready and have just been asked to serve."""
        self.want(version)
        *_, new = self.until_started(len(self.started) + 1)
        new.loaded = True
        self.tick()
        new.all(ready=True)
        self.tick()
        return new

    def serve(self, process: Process) -> None:
        self.tick()
        process.all(ready=True)
        self.tick()
        process.all(serving=True)
        self.tick()


@pytest.fixture
def switch(tmp_path: Path) -> Switch:
    made = Switch(tmp_path)
    assert made.rollout.current is made.old and made.rollout.health().ready
    return made


def test_the_old_version_answers_until_the_new_one_says_that_it_does(switch: Switch) -> None:
    switch.want("2")
    _, new = switch.until_started(2)
    new.loaded = True
    switch.tick()
    assert len(new.workers) == 2
    new.workers[2].ready = True
    switch.tick()
    assert not new.workers[2].asked, "one of two is not enough to replace another"
    new.workers[3].ready = True
    switch.tick()
    assert all(worker.asked for worker in new.workers.values())
    for _ in range(3):
        switch.tick()
        assert all(worker.serving and not worker.retired for worker in switch.old.workers.values())
        assert switch.rollout.health().ready and switch.rollout.health().version == "1"
    new.workers[2].serving = True
    switch.tick()
    assert switch.rollout.current is switch.old
    new.workers[3].serving = True
    switch.tick()
    assert switch.rollout.current is new and all(worker.retired for worker in switch.old.workers.values())
    assert switch.rollout.health().ready and switch.rollout.health().version == "2"


def test_a_new_version_that_is_silent_once_it_is_asked_takes_nothing_away(switch: Switch) -> None:
    new = switch.until_asked("2")
    new.all(serving=True, idle_ticks=99)
    switch.tick()
    assert switch.rollout.current is switch.old and switch.rollout.health().ready
    new.failed = "its process ended by SIGKILL"
    switch.tick()
    assert switch.rollout.current is switch.old and switch.rollout.health().ready
    assert all(worker.serving and not worker.retired for worker in switch.old.workers.values())
    assert "SIGKILL" in (switch.rollout.wanted() or {})["status"]


def test_a_new_version_whose_worker_ends_on_its_first_requests_is_refused_for_a_while(switch: Switch) -> None:
    new = switch.until_asked("2")
    worker = new.workers.pop(2)
    switch.rollout.worker_ended(new, worker, 9)
    switch.rollout._polled_at = 1e12
    switch.rollout.tick()
    assert switch.rollout.coming is None and switch.rollout.current is switch.old and switch.rollout.health().ready
    assert "first requests" in (switch.rollout.wanted() or {})["status"]
    assert len(switch.started) == 2, "it is tried again after a pause"


@pytest.mark.parametrize(("killed_for", "replaced"), [("hung", [1] * 3), ("", [1, 0, 0])], ids=["hung", "ended"])
def test_young_workers_that_hang_are_replaced_at_once_and_those_that_end_later_and_later(
    switch: Switch, killed_for: str, replaced: list[int]
) -> None:
    forked = []
    for _ in range(3):
        worker = switch.old.workers.pop(min(switch.old.workers))
        worker.ready, worker.killed_for = True, killed_for
        before = len(switch.old.workers)
        switch.rollout.worker_ended(switch.old, worker, -9)  # type: ignore[arg-type]
        switch.tick()
        forked.append(len(switch.old.workers) - before)
    assert forked == replaced


def test_a_version_that_is_given_up_answers_what_it_took(switch: Switch) -> None:
    new = switch.until_asked("2")
    switch.want("1")
    switch.tick()
    assert all(worker.retired for worker in new.workers.values()) and not new.ended
    new.workers.clear()
    switch.tick()
    assert new.ended and switch.rollout.current is switch.old


def served_pending(switch: Switch) -> Process:
    """Version 2, which a process loads while its packages are being looked for, and serves."""
    switch.want("2", PENDING)
    _, new = switch.until_started(2)
    new.loaded = True
    switch.serve(new)
    assert switch.rollout.current is new and switch.rollout.wanted() is None
    return new


@pytest.mark.parametrize("environments", [[FITS], [FITS, OTHER], [OTHER]])
def test_a_version_that_was_loaded_before_it_was_decided_is_not_loaded_again(
    switch: Switch, environments: list[dict[str, str]]
) -> None:
    new = served_pending(switch)
    for _ in range(3):
        switch.want("2", *environments)
        switch.until_started(2)
        assert switch.rollout.current is new and switch.rollout.wanted() is None
        assert switch.rollout.health().ready and not any(worker.retired for worker in new.workers.values())


def test_a_version_that_is_being_loaded_when_it_is_decided_goes_on(switch: Switch) -> None:
    switch.want("2", PENDING)
    _, new = switch.until_started(2)
    switch.want("2", FITS)
    switch.until_started(2)
    assert switch.rollout.coming is new and not new.ended
    new.loaded = True
    switch.serve(new)
    switch.until_started(2)
    assert switch.rollout.current is new


@pytest.mark.parametrize("served", [False, True])
def test_packages_that_were_found_for_it_are_loaded(switch: Switch, served: bool) -> None:
    if served:
        before = served_pending(switch)
    else:
        switch.want("2", PENDING)
        _, before = switch.until_started(2)
    switch.want("2", {**FITS, "uri": "s3://a/b", "sha256": "cd"})
    switch.tick()
    *_, new = switch.until_started(3)
    assert new.wanted.packages == Packages("s3://a/b", "cd") and before.ended is not served
    new.loaded = True
    switch.serve(new)
    assert switch.rollout.current is new
    # Looked at again, for instance since it is wanted again: what it runs with does meanwhile.
    switch.want("2", PENDING)
    switch.until_started(3)
    assert switch.rollout.wanted() is None
    # What the image has is another thing than what it runs with.
    switch.want("2", FITS)
    switch.until_started(4)


def test_what_waits_for_its_packages_is_no_failure_and_is_tried_as_soon_as_they_are_known(switch: Switch) -> None:
    switch.want("2", PENDING)
    _, waiting = switch.until_started(2)
    waiting.failed, waiting.waits = "its packages are being looked for", True
    switch.rollout.tick()
    assert switch.rollout.wanted() == {"version": "2", "status": "version 2 waits: its packages are being looked for"}
    assert not [key for key in switch.metrics.counters if "load_failures" in key[0]]
    switch.rollout._polled_at = -10.0
    switch.rollout.tick()
    assert len(switch.started) == 2, "it is tried again after a pause"
    switch.want("2", FITS)
    switch.rollout._polled_at = -10.0
    switch.rollout.tick()
    assert len(switch.started) == 3 and switch.started[-1].wanted.packages is None
    switch.started[-1].failed = "it is broken"
    switch.rollout.tick()
    assert switch.rollout.wanted() == {"version": "2", "status": "version 2 cannot be loaded: it is broken"}
    assert [value for key, value in switch.metrics.counters.items() if "load_failures" in key[0]] == [1]


def test_a_first_version_that_is_refused_is_not_served_on(switch: Switch) -> None:
    new = served_pending(switch)
    switch.want_none()
    switch.tick()
    assert switch.rollout.current is None and not switch.rollout.health().ready
    assert switch.rollout.health().status == "no version yet"
    assert new in switch.rollout.leaving and all(worker.retired for worker in new.workers.values())
    new.workers.clear()
    switch.tick()
    assert new.ended
    switch.want("3")
    switch.until_started(3)


def test_a_version_stays_when_the_file_that_named_it_goes(switch: Switch) -> None:
    switch.want_none()
    switch.tick()
    assert switch.rollout.current is switch.old and switch.rollout.health().ready


def test_a_worker_with_a_hanging_call_answers_until_another_does(switch: Switch) -> None:
    first, second = switch.old.workers.values()
    for worker in (first, second):
        worker.to_replace = True
    switch.tick()
    new = [worker for worker in switch.old.workers.values() if worker not in (first, second)]
    assert len(new) == 2 and not first.retired and not second.retired and switch.rollout.health().ready
    for worker in new:
        worker.ready = worker.serving = True
    switch.tick()
    assert first.retired and second.retired and switch.rollout.health().ready


def test_a_worker_that_waits_for_a_processor_is_counted_on(switch: Switch) -> None:
    worker = switch.old.workers[0]
    worker.ready, worker.idle_ticks = True, 0
    for starved, able in ((True, True), (False, False)):
        worker.contention.kept_from_running = lambda pid, starved=starved: starved  # type: ignore[method-assign]
        for _ in range(8):
            switch.watch._look_at(switch.old, worker)  # type: ignore[arg-type]
        assert switch.watch.able(worker) is able
    switch.board.beat(0, 0.0, 1)
    switch.watch._look_at(switch.old, worker)  # type: ignore[arg-type]
    assert switch.watch.able(worker)


def test_who_is_kept_from_running_is_told_from_who_sleeps_and_who_computes() -> None:
    """On one processor: a process of the lowest priority has none of it beside others."""
    core = min(os.sched_getaffinity(0))

    def run(code: str) -> subprocess.Popen[bytes]:
        setup = f"import os, time; os.sched_setaffinity(0, {{{core}}}); "
        return subprocess.Popen([sys.executable, "-c", setup + code], stdout=subprocess.PIPE)

    idle = "os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0)); print(flush=True)\nwhile True: pass"
    processes = [run("print(flush=True); time.sleep(600)"), run(idle)]
    processes += [run("print(flush=True)\nwhile True: pass") for _ in range(3)]
    try:
        for process in processes:
            assert process.stdout and process.stdout.readline()
        seen = [Counter[bool](), Counter[bool]()]
        looks = [Contention(), Contention()]
        threading.Event().wait(0.5)
        for place in (0, 1):
            looks[place].kept_from_running(processes[place].pid)
        while min(sum(each.values()) for each in seen) < 8:
            threading.Event().wait(0.25)
            for place in (0, 1):
                seen[place][looks[place].kept_from_running(processes[place].pid)] += 1
        assert seen[0] == {False: 8}, "it sleeps"
        assert seen[1][True] >= 7, "it wants to run"
    finally:
        for process in processes:
            process.kill()
            process.wait()
    assert not Contention().kept_from_running(processes[0].pid), "gone"


class Probing:
    """Asks whether the server is ready, again and again, as long as the block lasts."""

    def __init__(self, server: Server) -> None:
        self.statuses: Counter[int] = Counter()
        self.said: list[bytes] = []
        self._server = server
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        while not self._over.is_set():
            status, _, body = self._server.get("/health/ready")
            self.statuses[status] += 1
            if status != 200:
                self.said.append(body)

    def __enter__(self) -> "Probing":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()


def test_a_server_stays_ready_through_every_kind_of_switch(tmp_path: Path) -> None:
    """One that cannot load, one that hangs at load, one that is slow to load, and one after it, with more to do than there is time."""
    file = release(tmp_path, save(tmp_path / "v1", Commanded()), "1")
    burning = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(os.cpu_count() or 1)]
    try:
        with Server(RELEASE_FILE=file, THREADS=4) as server:
            server.ready()
            with Probing(server) as probing, Load(server, asking("wait"), clients=4) as load:
                load.until_answered(10, "1")
                for version, command, why in (("2", "exit", "ended the process"), ("3", "hang", "is being loaded")):
                    release(tmp_path, save(tmp_path / f"v{version}", AtLoad(command)), version)
                    server.until(lambda why=why: why in _wanted(server))  # type: ignore[misc]
                    load.until_answered(10, "1")
                release(tmp_path, save(tmp_path / "v4", AtLoad("slow")), "4")
                load.until_answered(10, "4")
                release(tmp_path, save(tmp_path / "v5", Commanded()), "5")
                load.until_answered(10, "5")
            assert probing.statuses[200] > 0 and set(probing.statuses) == {200}, probing.said
            assert load.failed == {}, load.counts
    finally:
        for process in burning:
            process.kill()
            process.wait()


def _wanted(server: Server) -> str:
    return (json.loads(server.get("/health/ready")[2]).get("wanted") or {}).get("status", "")


def test_a_worker_that_cannot_be_forked_is_told_and_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a limit of processes or of open files makes it; the workers that there are live as long as their parent."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)

    def no_more() -> int:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    def leave(code: int) -> None:
        raise SystemExit(code)

    monkeypatch.setattr(version_process.os, "fork", no_more)
    monkeypatch.setattr(version_process.os, "_exit", leave)
    loop = threading.Thread(target=version_process._fork_workers, args=(task(), theirs, None), daemon=True)
    loop.start()
    channel, other = socket.socketpair()
    with ours, theirs, channel, other:
        for place, files in ((3, (channel.fileno(),)), (4, ())):
            send_control(ours, {"do": "fork", "place": place}, files)
            said, _ = receive_control(ours)
            assert said and said["not forked"] == place and said["why"]
        ours.shutdown(socket.SHUT_WR)
        loop.join(30)
        assert not loop.is_alive()


def task() -> Task:
    return Task(uri="", version=None, control=-1, scoreboard=-1, places=8, listeners={}, library_threads={})
