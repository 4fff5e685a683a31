"""Releases on Kubernetes, against a small API and simulated pods; the registry's answers are given."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from conftest import configured
from local_platform.kubernetes_api import NAMESPACE, KubernetesApi
from model_release.cluster import Cluster, ClusterAway, ConfigMap, Conflict
from model_release.config import model
from model_release.record import Ledger
from model_release.rollout import Rollout
from model_release.version import Version, exact
from simulated_pods import Behaviour, SimulatedModel

PASS_SECONDS = 15.0


class Killed(BaseException):
    """The controller is gone between two of its writes."""


class MortalCluster(Cluster):
    """Dies around its nth write: before the API server has it, or after, without the answer."""

    def __init__(self, api: KubernetesApi, at: int, after: bool) -> None:
        super().__init__(api.client(), NAMESPACE)
        self.at, self.after, self.writes = at, after, 0

    def write(self, wanted: ConfigMap, labels: dict[str, str]) -> ConfigMap:
        return self._mortally(lambda: super(MortalCluster, self).write(wanted, labels))

    def scale(self, deployment: str, replicas: int) -> None:
        self._mortally(lambda: super(MortalCluster, self).scale(deployment, replicas))

    def create_job(self, body: dict[str, Any]) -> None:
        self._mortally(lambda: super(MortalCluster, self).create_job(body))

    def _mortally(self, call: Any) -> Any:
        self.writes += 1
        if self.writes == self.at and not self.after:
            raise Killed
        done = call()
        if self.writes == self.at:
            raise Killed
        return done


@dataclass
class Run:
    """Passes of the controller with traffic in between. Each pass is by a new controller: nothing is kept in memory."""

    churn: SimulatedModel
    cluster: Cluster = None  # type: ignore[assignment]
    now: float = 1_000_000.0
    requests: int = 400
    changes: dict[str, Any] = field(default_factory=dict)
    counted: list[str] = field(default_factory=list)
    kills: int = 0

    def __post_init__(self) -> None:
        self.cluster = self.cluster or Cluster(self.churn.api.client(), NAMESPACE)

    def controller(self) -> Rollout:
        given = configured(**self.changes)
        given["kubernetes"]["metricsPort"] = self.churn.port
        return Rollout(self.cluster, model(given), "dev", limit_seconds=600)

    def one_pass(self, wanted: Version | None, known: bool = True) -> str:
        rollout = self.controller()
        rollout.counted = self.counted.append
        try:
            phase = rollout.check(wanted, known, self.now).phase
        except Killed:
            self.kills += 1
            phase = "killed"
        self.tick()
        self.churn.traffic(self.requests)
        self.now += PASS_SECONDS
        return phase

    def tick(self) -> None:
        self.churn.tick()

    def passes(self, wanted: Version | None, count: int, known: bool = True) -> list[str]:
        return [self.one_pass(wanted, known) for _ in range(count)]

    def until(self, wanted: Version | None, phase: str, most: int = 100) -> int:
        for count in range(most):
            if self.one_pass(wanted) == phase:
                return count
        raise AssertionError(f"never {phase}: {self.churn.file()}")

    def live_at(self, version: Version) -> Run:
        self.passes(version, 4)
        assert stable_of(self.churn) == version.key and self.serving() == {version.key}
        self.counted.clear()
        return self

    def serving(self) -> set[str | None]:
        return {pod.version for pod in self.churn.pods["stable"]}

    def outcome(self) -> dict[str, str]:
        found: dict[str, str] = self.churn.annotation("mlplatform/outcome")
        return found


def version(number: int) -> Version:
    return exact(f"models:/churn/{number}")


def stable_of(churn: SimulatedModel) -> str:
    told = churn.file()
    assert told is not None
    return str(told["stable"]["version"])


@pytest.fixture
def run(churn: SimulatedModel) -> Run:
    return Run(churn)


def test_the_first_version_goes_straight_to_the_stable_pods(run: Run, churn: SimulatedModel) -> None:
    run.passes(None, 2)
    assert churn.file() is None
    run.passes(version(3), 4)
    assert churn.files == [{"stable": {"version": "3", "uri": "models:/churn/3"}}]
    assert run.serving() == {"3"} and churn.wanted("canary") == 0
    assert run.outcome()["outcome"] == "promoted" and run.counted == ["promoted"]


def test_the_release_goes_with_the_models_deployment(run: Run, churn: SimulatedModel) -> None:
    run.live_at(version(3))
    owners = churn.api.get("configmaps", "churn-release")["metadata"]["ownerReferences"]
    uid = churn.api.get("deployments", "churn")["metadata"]["uid"]
    assert [(one["kind"], one["name"], one["uid"]) for one in owners] == [("Deployment", "churn", uid)]
    churn.api.remove("deployments", "churn")
    churn.deploy()
    run.passes(version(3), 1)
    owners = churn.api.get("configmaps", "churn-release")["metadata"]["ownerReferences"]
    assert owners[0]["uid"] == churn.api.get("deployments", "churn")["metadata"]["uid"] != uid


def test_a_good_canary_is_promoted_after_the_whole_bake(run: Run, churn: SimulatedModel) -> None:
    run.live_at(version(3))
    run.until(version(4), "baking")
    begun = run.now
    run.until(version(4), "idle")
    assert run.now - begun >= 600
    uri = {"3": "models:/churn/3", "4": "models:/churn/4"}
    assert churn.files[1:] == [
        {"stable": {"version": "3", "uri": uri["3"]}, "canary": {"version": "4", "uri": uri["4"], "percent": 0}},
        {"stable": {"version": "3", "uri": uri["3"]}, "canary": {"version": "4", "uri": uri["4"], "percent": 10}},
        {"stable": {"version": "4", "uri": uri["4"]}},
    ]
    assert run.serving() == {"4"} and churn.wanted("canary") == 0 and run.counted == ["promoted"]
    assert run.outcome()["reason"].startswith("0 of 1600 requests failed, p99 ")


def test_nobody_is_forwarded_to_a_canary_that_is_not_ready(run: Run, churn: SimulatedModel) -> None:
    run.live_at(version(3))
    churn.behaviours["4"] = Behaviour(loads=False)
    run.passes(version(4), 2)
    assert churn.file()["canary"]["percent"] == 0  # type: ignore[index]


def test_a_canary_whose_requests_fail_is_rolled_back_and_not_tried_again(run: Run, churn: SimulatedModel) -> None:
    run.live_at(version(3))
    churn.behaviours["4"] = Behaviour(fails_every=10)
    run.until(version(4), "baking")
    assert run.until(version(4), "idle") <= 3, "it does not take the whole bake to see this"
    assert "requests failed" in run.outcome()["reason"] and run.counted == ["rolled_back"]
    run.passes(version(4), 50)
    assert len(churn.files) == 4 and stable_of(churn) == "3" and run.serving() == {"3"}
    assert churn.wanted("canary") == 0 and run.counted == ["rolled_back"]


def test_a_rejected_version_is_tried_again_when_the_criteria_change(run: Run, churn: SimulatedModel) -> None:
    run.live_at(version(3))
    churn.behaviours["4"] = Behaviour(fails_every=10)
    run.until(version(4), "baking")
    run.until(version(4), "idle")
    run.changes = {"objectives": {"p99Millis": 200, "errorRatePercent": 20}}
    run.until(version(4), "promoting")
    run.until(version(4), "idle")
    assert run.serving() == {"4"}


def test_a_rejected_version_is_tried_again_when_it_is_wanted_anew(run: Run, churn: SimulatedModel) -> None:
    run.live_at(version(3))
    churn.behaviours["4"] = Behaviour(fails_every=10)
    run.until(version(4), "baking")
    run.until(version(4), "idle")
    churn.behaviours["4"] = Behaviour()
    run.passes(version(3), 1)
    run.until(version(4), "baking")
    assert churn.annotation("mlplatform/kubernetes")["counts"]["outcomes"]["error"] == 0
    run.until(version(4), "promoting")
    run.until(version(4), "idle")
    assert run.serving() == {"4"}, "what it failed before is not held against it"


def test_a_rejected_version_is_tried_again_when_its_annotation_is_taken_away(run: Run, churn: SimulatedModel) -> None:
    run.live_at(version(3))
    churn.behaviours["4"] = Behaviour(fails_every=10)
    run.until(version(4), "baking")
    run.until(version(4), "idle")
    assert churn.annotation("mlplatform/rejected-kubernetes")["key"] == "4"
    found = churn.api.get("configmaps", "churn-release")
    del found["metadata"]["annotations"]["mlplatform/rejected-kubernetes"]
    churn.api.put("configmaps", found)
    assert run.one_pass(version(4)) == "loading"


def test_a_slow_canary_is_rolled_back(run: Run, churn: SimulatedModel) -> None:
    run.live_at(version(3))
    churn.behaviours["4"] = Behaviour(seconds=0.4)
    run.until(version(4), "baking")
    run.until(version(4), "idle")
    assert "p99" in run.outcome()["reason"] and "200 ms" in run.outcome()["reason"] and run.serving() == {"3"}


def test_a_canary_that_does_not_load_is_rolled_back_by_its_failures(run: Run, churn: SimulatedModel) -> None:
    run.live_at(version(3))
    churn.behaviours["4"] = Behaviour(loads=False, reason="cannot be loaded: it cannot answer its own input example")
    assert run.until(version(4), "loading") == 0
    assert run.until(version(4), "idle") < 10
    assert "does not load" in run.outcome()["reason"] and churn.wanted("canary") == 0
    assert "it cannot answer its own input example" in run.outcome()["reason"], "the server's own words"


def test_a_canary_that_is_never_ready_is_rolled_back_after_the_limit(run: Run, churn: SimulatedModel) -> None:
    run.live_at(version(3))
    churn.tick = lambda: None  # type: ignore[method-assign]
    run.passes(version(4), 40)
    assert run.outcome()["version"] == "3"
    run.until(version(4), "idle")
    assert "not ready within 10 minutes" in run.outcome()["reason"]


def test_a_bake_without_a_request_promotes_and_says_so(run: Run, churn: SimulatedModel) -> None:
    run.live_at(version(3))
    run.requests = 0
    run.until(version(4), "promoting")
    run.until(version(4), "idle")
    assert run.outcome()["outcome"] == "promoted" and "no request reached the canary" in run.outcome()["reason"]


@pytest.mark.parametrize("wanted", [version(3), version(5), None], ids=["back", "on", "alias deleted"])
@pytest.mark.parametrize("phase", ["loading", "baking"])
def test_an_alias_that_moves_during_the_canary_abandons_it(
    run: Run, churn: SimulatedModel, wanted: Version | None, phase: str
) -> None:
    run.live_at(version(3))
    run.until(version(4), phase)
    run.one_pass(wanted)
    assert run.outcome() | {"at": ""} == {
        "version": "4",
        "outcome": "rolled_back",
        "reason": f"abandoned: {f'version {wanted.key} is wanted now' if wanted else 'the alias has gone'}",
        "at": "",
    }
    assert churn.file() == {"stable": {"version": "3", "uri": "models:/churn/3"}} and churn.wanted("canary") == 0
    if wanted == version(5):
        run.until(wanted, "promoting")
        run.until(wanted, "idle")
        assert run.serving() == {"5"}
    run.until(version(4), "baking")


def test_what_is_live_stays_while_the_alias_is_missing_or_the_registry_away(run: Run, churn: SimulatedModel) -> None:
    run.live_at(version(3))
    before = churn.file()
    run.passes(None, 20)
    run.passes(None, 20, known=False)
    assert churn.file() == before and run.serving() == {"3"}


def test_without_the_registry_a_canary_is_not_promoted_but_a_bad_one_still_goes(
    run: Run, churn: SimulatedModel
) -> None:
    run.live_at(version(3))
    run.until(version(4), "baking")
    assert run.passes(None, 60, known=False) == ["baking"] * 60
    churn.behaviours["4"] = Behaviour(fails_every=2)
    run.passes(None, 5, known=False)
    assert run.outcome()["outcome"] == "rolled_back"


def test_pods_that_cannot_be_read_are_not_taken_for_no_failures(run: Run, churn: SimulatedModel) -> None:
    run.live_at(version(3))
    run.until(version(4), "baking")
    churn.pods["stable"][0].mute = True
    assert "promoting" not in run.passes(version(4), 60)
    run.until(version(4), "idle")
    assert "cannot be read" in run.outcome()["reason"] and run.outcome()["outcome"] == "rolled_back"


def test_a_stable_pod_that_restarts_loses_no_failure(run: Run, churn: SimulatedModel) -> None:
    run.live_at(version(3))
    churn.behaviours["4"] = Behaviour(fails_every=120)  # 0.8 %: within the objective.
    run.until(version(4), "baking")
    for _ in range(12):
        run.requests = 0
        run.one_pass(version(4))
        churn.pods["stable"][0].restart()
        churn.tick()
        run.requests = 400
        run.one_pass(version(4))
    run.one_pass(version(4))
    counts = churn.annotation("mlplatform/kubernetes")["counts"]["outcomes"]
    assert sum(counts.values()) == 13 * 40, "each request is counted once, over all restarts"


def test_a_version_that_the_stable_pods_cannot_load_is_taken_back(run: Run, churn: SimulatedModel) -> None:
    run.live_at(version(3))
    run.until(version(4), "promoting")
    for pod in churn.pods["stable"]:
        pod.version = "3"
        pod.info.clear()
        pod.info.labels("churn", "3", "", "stable").set(1)

    def fail_again() -> None:
        for pod in churn.pods["stable"]:
            pod.load_failures.labels("churn", "4").inc()

    tick, churn.tick = churn.tick, fail_again  # type: ignore[method-assign]
    assert run.until(version(4), "idle") <= 5
    assert stable_of(churn) == "3" and run.outcome()["outcome"] == "rolled_back"
    churn.tick = tick  # type: ignore[method-assign]
    run.one_pass(version(3))
    run.until(version(4), "promoting")
    churn.tick = lambda: None  # type: ignore[method-assign]
    assert run.passes(version(4), 10)[-1] == "idle" and run.serving() == {"4"}, "failures of the time before"


def test_attempts_to_load_that_fail_while_the_registry_is_away_are_not_held_against_a_version(
    run: Run, churn: SimulatedModel
) -> None:
    run.live_at(version(3))
    churn.behaviours["4"] = Behaviour(loads=False)
    run.one_pass(version(4))
    assert run.passes(None, 20, known=False) == ["loading"] * 20
    churn.behaviours["4"] = Behaviour()
    assert "baking" in run.passes(version(4), 3)


def test_attempts_that_fail_within_a_moment_are_not_held_against_a_version(run: Run, churn: SimulatedModel) -> None:
    """The registry was away between two looks, which both found it there; the model then takes minutes to load."""
    run.live_at(version(3))
    churn.behaviours["4"] = Behaviour(loads=False)
    run.one_pass(version(4))
    for pod in churn.pods["canary"]:
        pod.load_failures.labels("churn", "4").inc(5)
    tick, churn.tick = churn.tick, lambda: None  # type: ignore[method-assign]
    assert run.passes(version(4), 20) == ["loading"] * 20
    churn.behaviours["4"] = Behaviour()
    churn.tick = tick  # type: ignore[method-assign]
    assert "baking" in run.passes(version(4), 3)


def test_a_canary_whose_new_pod_cannot_load_while_the_registry_is_away_gets_its_time_afterwards(
    run: Run, churn: SimulatedModel
) -> None:
    run.live_at(version(3))
    run.requests = 0
    run.until(version(4), "baking")
    tick, churn.tick = churn.tick, lambda: None  # type: ignore[method-assign]
    for pod in list(churn.pods["canary"]):
        churn._show(pod, ready=False)
    assert run.passes(None, 200, known=False) == ["baking"] * 200
    assert run.passes(version(4), 3) == ["baking"] * 3
    churn.tick = tick  # type: ignore[method-assign]
    assert "promoting" in run.passes(version(4), 3)


def test_a_first_version_that_does_not_load_has_failed_and_the_next_takes_its_place(
    run: Run, churn: SimulatedModel
) -> None:
    churn.behaviours["1"] = Behaviour(loads=False)
    run.passes(version(1), 8)
    assert run.outcome()["outcome"] == "failed" and run.counted == ["failed"]
    run.until(version(2), "idle")
    assert run.serving() == {"2"}


def test_the_canary_has_its_share_of_pods_and_grows_with_the_stable_ones(run: Run, churn: SimulatedModel) -> None:
    run.changes = {"canary": {"percent": 25, "bakeMinutes": 10}}
    run.live_at(version(3))
    run.until(version(4), "baking")
    assert churn.wanted("canary") == 1
    churn.api.get("deployments", "churn")["spec"]["replicas"] = 9
    run.one_pass(version(4))
    assert churn.wanted("canary") == 3
    churn.api.get("deployments", "churn")["spec"]["replicas"] = 2
    run.one_pass(version(4))
    assert churn.wanted("canary") == 3, "taking pods away would fail the requests they hold"


def test_a_file_that_somebody_changed_is_put_right(run: Run, churn: SimulatedModel) -> None:
    run.live_at(version(3))
    found = churn.api.get("configmaps", "churn-release")
    churn.api.put("configmaps", found | {"data": {"release.json": '{"stable": {"version": "1", "uri": "x"}}'}})
    run.one_pass(version(3))
    assert stable_of(churn) == "3"


def spoil(churn: SimulatedModel, annotation: str | None = None, release: str | None = None) -> None:
    """Writes over an annotation of the record, or the servers' file."""
    found = churn.api.get("configmaps", "churn-release")
    annotations = found["metadata"]["annotations"] | ({"mlplatform/kubernetes": annotation} if annotation else {})
    data = {"release.json": release} if release else found["data"]
    metadata = found["metadata"] | {"annotations": annotations}
    churn.api.put("configmaps", found | {"metadata": metadata, "data": data})


BROKEN = [
    "not JSON",
    "[1]",
    '{"phase": "flying"}',
    '{"phase": "baking"}',
    '{"live": "3"}',
    '{"since": "soon"}',
    '{"counts": {"outcomes": {}}}',
]


@pytest.mark.parametrize("text", BROKEN)
def test_a_record_that_cannot_be_read_is_begun_anew_from_what_is_served(
    run: Run, churn: SimulatedModel, text: str
) -> None:
    run.live_at(version(3))
    spoil(churn, annotation=text)
    run.one_pass(version(3))
    assert stable_of(churn) == "3" and churn.annotation("mlplatform/kubernetes")["live"]["key"] == "3"
    # The next one goes through a canary, and not straight to the stable pods.
    run.until(version(4), "baking")
    assert stable_of(churn) == "3"


def test_what_a_newer_controller_has_written_beside_is_left_out(run: Run, churn: SimulatedModel) -> None:
    run.live_at(version(3))
    record = churn.annotation("mlplatform/kubernetes")
    spoil(churn, annotation=json.dumps(record | {"colour": "blue", "live": record["live"] | {"size": 7}}))
    run.one_pass(version(4))
    assert stable_of(churn) == "3"
    run.until(version(4), "baking")


@pytest.mark.parametrize("text", ["not JSON", "[]", '"text"'])
def test_a_servers_file_that_is_no_json_is_written_anew(run: Run, churn: SimulatedModel, text: str) -> None:
    run.live_at(version(3))
    spoil(churn, release=text)
    run.one_pass(version(3))
    assert stable_of(churn) == "3"


@pytest.mark.parametrize("text", ["not JSON", "{}", '{"uri": "models:/churn/4", "more": 1}'])
def test_a_refusal_that_cannot_be_read_is_none(run: Run, churn: SimulatedModel, text: str) -> None:
    run.live_at(version(3))
    found = churn.api.get("configmaps", "churn-release")
    found["metadata"]["annotations"]["mlplatform/rejected-kubernetes"] = text
    churn.api.put("configmaps", found)
    run.until(version(4), "baking")


def test_a_clock_that_is_set_back_lets_the_bake_begin_again(run: Run, churn: SimulatedModel) -> None:
    run.changes = {"canary": {"percent": 10, "bakeMinutes": 1}}
    run.live_at(version(3))
    run.until(version(4), "baking")
    run.now -= 1_000_000
    run.until(version(4), "idle", most=20)
    assert stable_of(churn) == "4"


def test_a_second_controller_cannot_overwrite_what_the_first_has_written(run: Run, churn: SimulatedModel) -> None:
    run.live_at(version(3))
    first, second, other = (
        Ledger(run.cluster, model(configured()), of) for of in ("kubernetes", "kubernetes", "sagemaker")
    )
    first.record.enter("loading", 1)
    first.save()
    second.record.enter("promoting", 2)
    with pytest.raises(Conflict):
        second.save()
    other.record.enter("packing", 3)
    other.save()
    assert churn.annotation("mlplatform/kubernetes")["phase"] == "loading"
    assert churn.annotation("mlplatform/sagemaker")["phase"] == "packing"


def test_a_write_between_reading_and_writing_is_a_conflict(run: Run, churn: SimulatedModel) -> None:
    run.live_at(version(3))

    class Overtaken(Cluster):
        def write(self, wanted: ConfigMap, labels: dict[str, str]) -> ConfigMap:
            churn.api.put("configmaps", churn.api.get("configmaps", "churn-release"))
            return super().write(wanted, labels)

    with pytest.raises(Conflict):
        Ledger(Overtaken(churn.api.client(), NAMESPACE), model(configured()), "kubernetes").save()


def test_an_api_server_that_is_away_changes_nothing(run: Run, churn: SimulatedModel) -> None:
    run.live_at(version(3))
    run.until(version(4), "baking")
    before = churn.file()
    churn.api.away = True
    with pytest.raises(ClusterAway):
        run.one_pass(version(4))
    churn.api.away = False
    assert churn.file() == before
    run.until(version(4), "promoting")


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("behaviour", [Behaviour(), Behaviour(fails_every=3), Behaviour(loads=False)], ids=str)
def test_killed_at_any_write_the_next_controller_ends_the_same_way(
    churn: SimulatedModel, behaviour: Behaviour, after: bool
) -> None:
    """Each write of a whole release in turn is the last of one controller."""
    api = churn.api
    churn.behaviours["4"] = behaviour
    good = behaviour == Behaviour()
    at = 0
    while True:
        at += 1
        for kind, name in list(api.objects):
            if kind == "configmaps":
                api.remove(kind, name)
        churn.deploy()
        churn.files.clear()
        run = Run(churn, MortalCluster(api, at, after), changes={"canary": {"percent": 10, "bakeMinutes": 1}})
        run.passes(version(3), 5)
        run.passes(version(4), 16)
        assert stable_of(churn) == ("4" if good else "3") and run.serving() == {"4" if good else "3"}
        assert run.outcome()["version"] == "4" and run.outcome()["outcome"] == ("promoted" if good else "rolled_back")
        assert "canary" not in churn.file() and churn.wanted("canary") == 0  # type: ignore[operator]
        seen = [(told["stable"]["version"], told.get("canary", {}).get("percent")) for told in churn.files]
        assert seen == [("3", None), ("3", 0)] + ([("3", 10)] if behaviour.loads else []) + (
            [("4", None)] if good else [("3", None)]
        )
        if run.kills == 0:
            break
    assert at > 6
