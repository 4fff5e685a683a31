"""`release wait`, against the ConfigMap that the controller writes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from local_platform.kubernetes_api import NAMESPACE, KubernetesApi
from model_release.cluster import Cluster
from model_release.wait import NotLive, wait
from simulated_pods import Behaviour, SimulatedModel
from test_rollout import Run, version


class Time:
    """Goes on while something sleeps; what happens meanwhile is given by the second."""

    def __init__(self) -> None:
        self.now = 2_000_000.0
        self.events: dict[float, Callable[[], Any]] = {}

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        for at in [at for at in self.events if 2_000_000.0 + at <= self.now]:
            self.events.pop(at)()


@pytest.fixture
def time() -> Time:
    return Time()


def waited(api: KubernetesApi, time: Time, key: str, minutes: float = 30) -> str:
    cluster = Cluster(api.client(), NAMESPACE)
    return wait(cluster, "churn-release", key, minutes * 60, clock=lambda: time.now, sleep=time.sleep)


def release(run: Run, number: int) -> Callable[[], None]:
    def ends() -> None:
        run.now = 2_000_100.0
        run.passes(version(number), 60)

    return ends


def test_it_ends_well_when_the_version_is_live(churn: SimulatedModel, time: Time) -> None:
    run = Run(churn).live_at(version(3))
    time.events = {20: release(run, 4)}
    assert "requests failed" in waited(churn.api, time, "4")


def test_a_version_that_is_live_already_is_not_waited_for(churn: SimulatedModel, time: Time) -> None:
    Run(churn).live_at(version(3))
    assert waited(churn.api, time, "3") == "the first version" and time.now == 2_000_000.0


def test_it_fails_with_the_reason_of_a_rollback(churn: SimulatedModel, time: Time) -> None:
    run = Run(churn).live_at(version(3))
    churn.behaviours["4"] = Behaviour(fails_every=2)
    time.events = {20: release(run, 4)}
    with pytest.raises(NotLive, match=r"rolled_back\): \d+ of \d+ requests failed"):
        waited(churn.api, time, "4")


def test_an_old_verdict_is_believed_only_when_no_new_one_comes(churn: SimulatedModel, time: Time) -> None:
    run = Run(churn).live_at(version(3))
    churn.behaviours["4"] = Behaviour(fails_every=2)
    run.passes(version(4), 60)
    with pytest.raises(NotLive, match="rolled_back"):
        waited(churn.api, time, "4")
    assert time.now >= 2_000_150
    churn.behaviours["4"] = Behaviour()
    run.changes = {"objectives": {}}
    time.now = 2_000_000.0
    time.events = {60: release(run, 4)}
    waited(churn.api, time, "4")


def test_it_fails_when_nothing_is_decided_in_time(api: KubernetesApi, time: Time) -> None:
    with pytest.raises(NotLive, match="after 5 minutes: there is no release of the model yet"):
        waited(api, time, "3", minutes=5)


def test_an_api_server_that_is_away_for_a_while_is_waited_for(churn: SimulatedModel, time: Time) -> None:
    Run(churn).live_at(version(3))
    churn.api.away = True

    def back() -> None:
        churn.api.away = False

    time.events = {40: back}
    waited(churn.api, time, "3")
    assert time.now >= 2_000_040


def test_a_version_on_its_way_is_not_taken_for_live(churn: SimulatedModel, time: Time) -> None:
    run = Run(churn).live_at(version(3))
    run.until(version(4), "promoting")
    told = json.loads(churn.api.get("configmaps", "churn-release")["data"]["release.json"])
    assert told["stable"]["version"] == "4"
    with pytest.raises(NotLive, match="the release is promoting"):
        waited(churn.api, time, "4", minutes=5)
