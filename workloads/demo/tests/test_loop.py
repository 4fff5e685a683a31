"""From training to a rollback, in the order that a team lives it, while somebody asks the model all the time."""

from __future__ import annotations

import re
import time
from collections import Counter
from pathlib import Path

import pytest
import requests
from mlflow import MlflowClient

import broken_models
from conftest import NAME, PERCENT, Callers, Machine, until


def move(version: str) -> float:
    MlflowClient().set_registered_model_alias(NAME, "champion", version)
    return time.time()


def tag(version: str) -> str | None:
    tags = MlflowClient().get_model_version(NAME, version).tags
    return tags.get("mlplatform.loop.kubernetes")


def rolled_back(machine: Machine, callers: Callers, version: str, live: str, seconds: float) -> tuple[str, list[str]]:
    """Moves the alias to a bad version; why it went, and which versions answered in the meantime."""
    begun = move(version)
    found = until(lambda: machine.outcome(version), seconds, machine.state)
    assert found["outcome"] == "rolled_back"
    until(lambda: tag(version) == f"rolled-back: {found['reason']}", 10, machine.state)
    until(lambda: not machine.node.pods(f"{NAME}-canary"), 20, machine.state)
    answers = callers.since(begun)
    assert callers.failed == []
    assert machine.told() == {"stable": {"version": live, "uri": f"models:/{NAME}/{live}"}}
    return found["reason"], sorted({answer.version for answer in answers})


def test_before_anything_is_trained_the_servers_wait_and_say_so(machine: Machine) -> None:
    machine.controller()
    pod = until(lambda: machine.node.pods(NAME), 20, machine.state)[0]
    url = f"http://{pod.ip}:8080/health/ready"

    def answer() -> tuple[int, str] | None:
        try:
            found = requests.get(url, timeout=2)
            return found.status_code, found.text
        except requests.RequestException:
            return None

    status, text = until(answer, 30, machine.state)
    assert status == 503 and "no version yet" in text


def test_the_first_version_that_passes_its_gate_goes_live(machine: Machine, callers: Callers) -> None:
    trained = machine.train("--promote", "yes")
    assert trained["promoted"] and trained["version"] == "1"
    assert until(lambda: machine.outcome("1"), 40, machine.state)["outcome"] == "promoted"
    until(lambda: tag("1") == "live", 10, machine.state)
    callers.bodies = machine.requests("none")
    callers.start()
    until(lambda: len(callers.answers) >= 50, 20, machine.state)
    assert callers.failed == []
    assert {answer.version for answer in callers.answers} == {"1"}


def test_the_next_version_takes_its_share_of_the_requests_and_then_all(machine: Machine, callers: Callers) -> None:
    trained = machine.train("--promote", "yes", "--seed", "8")
    assert trained["promoted"] and trained["version"] == "2"
    until(lambda: machine.told().get("canary", {}).get("percent") == PERCENT, 60, machine.state)
    time.sleep(1.5)  # The servers look at their file twice a second.
    split = time.time()
    until(lambda: machine.phase() != "baking", 60, machine.state)
    over = time.time()
    found = until(lambda: machine.outcome("2"), 120, machine.state)
    counted = Counter(answer.version for answer in callers.since(split) if answer.at < over - 0.5)
    assert found["outcome"] == "promoted" and re.match(r"0 of \d+ requests failed", found["reason"])
    assert set(counted) == {"1", "2"}
    assert abs(100 * counted["2"] / counted.total() - PERCENT) < 2, counted
    promoted = time.time()
    until(lambda: len(callers.since(promoted)) >= 50, 20, machine.state)
    assert {answer.version for answer in callers.since(promoted)} == {"2"}
    until(lambda: (tag("1"), tag("2")) == ("retired", "live"), 10, machine.state)
    until(lambda: not machine.node.pods(f"{NAME}-canary"), 20, machine.state)
    assert callers.failed == []


def test_a_version_that_answers_errors_is_rolled_back_and_nobody_sees_one(
    machine: Machine, callers: Callers, tmp_path: Path
) -> None:
    # From here on customers pay more than those that the models know, for the drift monitor to find at the end.
    callers.bodies = machine.requests("price_rise")
    version = broken_models.register(NAME, broken_models.ERRORS, tmp_path)
    reason, answered = rolled_back(machine, callers, version, "2", 60)
    assert re.match(r"(\d+) of \1 requests failed \(0 by timeout\), the objective allows 1 %", reason)
    assert answered == ["2"]


def test_a_slow_version_is_rolled_back(machine: Machine, callers: Callers, tmp_path: Path) -> None:
    version = broken_models.register(NAME, broken_models.SLOW, tmp_path)
    reason, answered = rolled_back(machine, callers, version, "2", 60)
    assert re.match(r"p99 of \d+ requests is \d+ ms, the objective allows 1000 ms", reason)
    assert answered == ["2", version]


def test_a_version_that_does_not_load_is_given_up_and_no_request_reaches_it(
    machine: Machine, callers: Callers, tmp_path: Path
) -> None:
    version = broken_models.register(NAME, broken_models.UNLOADABLE, tmp_path)
    machine.controller(load_minutes=0.3)
    reason, answered = rolled_back(machine, callers, version, "2", 60)
    assert f"version {version} was not ready within 0.3 minutes" in reason
    assert answered == ["2"]
    machine.controller()


def test_the_drift_monitor_finds_what_moved_in_the_servers_own_log(machine: Machine) -> None:
    url = machine.monitor()

    def metrics() -> dict[str, float]:
        try:
            lines = requests.get(url, timeout=2).text.splitlines()
        except requests.RequestException:
            return {}
        pairs = (line.rsplit(" ", 1) for line in lines if line.startswith("model_drift"))
        return {name: float(value) for name, value in pairs}

    moved = 'model_drift_psi{feature="monthly_charge",model="churn",version="2"}'
    found = until(lambda: (now := metrics()).get(moved) and now, 90, machine.state)
    assert found[moved] > 0.2
    assert found['model_drift_detected{model="churn",version="2"}'] == 1
    assert found['model_drift_psi{feature="tenure_months",model="churn",version="2"}'] < 0.1
    assert found['model_drift_rows{model="churn",version="2"}'] >= 100


def test_retrained_on_the_world_as_it_is_goes_live_although_the_controller_is_killed_meanwhile(
    machine: Machine, callers: Callers
) -> None:
    # The alias is still with a version that does not load: the gate compares with the one that is live.
    trained = machine.train("--promote", "yes", "--seed", "9", "--shift", "price_rise")
    assert trained["promoted"], trained["verdict"]
    version = trained["version"]
    until(lambda: machine.phase() == "baking", 60, machine.state)
    time.sleep(3)
    machine.kill_controller()
    split = machine.told()
    assert split["canary"]["version"] == version
    time.sleep(2)
    assert machine.told() == split, "servers go on as they were told"
    machine.controller()
    found = until(lambda: machine.outcome(version), 60, machine.state)
    assert found["outcome"] == "promoted"
    promoted = time.time()
    until(lambda: len(callers.since(promoted)) >= 50, 20, machine.state)
    assert {answer.version for answer in callers.since(promoted)} == {version}
    callers.stop()
    assert callers.failed == [] and len(callers.answers) > 1000
    assert {pod.restarts for pod in machine.node.pods(NAME)} == {0}, "versions changed, pods did not"


@pytest.mark.timeout(480)  # It trains and serves another model: on a busy machine that takes as long as all before it.
def test_a_model_of_numbers_goes_the_same_way_and_its_answers_are_watched_as_numbers(machine: Machine) -> None:
    name = "delivery"
    machine.deploy("", name, pods=1)
    machine.controller(models=(NAME, name))
    trained = machine.train("--promote", "yes", "--max-iter", "60", model=name)
    assert trained["promoted"] and trained["metrics"]["model"]["rmse"] < trained["metrics"]["simple"]["rmse"] - 5
    until(lambda: (found := machine.outcome("1", name)) and found["outcome"] == "promoted", 60, machine.state)
    pod = machine.node.pods(name)[0]
    # Ways that are half as long again: the model is asked other things, and answers higher numbers.
    headers = {"Content-Type": "application/json"}
    minutes: list[float] = []
    for body in machine.deliveries(400, "long_ways"):
        answer = requests.post(f"http://{pod.ip}:8080/invocations", body, headers=headers, timeout=30)
        assert answer.ok, answer.text
        minutes += answer.json()["predictions"]
    assert len(minutes) == 400 and all(isinstance(each, float) and 0 < each < 500 for each in minutes)
    until(lambda: machine.sampled(name) == 400, 90, machine.state)
    found = machine.check_drift(name)
    assert found["rows"] == 400
    assert found["verdict"] == "drift"
    assert found["drifted"] == ["features.distance_km", "predictions.prediction"]
    assert found["predictions"]["prediction"]["kind"] == "numeric"
