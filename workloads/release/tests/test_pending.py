"""Pods load a version while a Job looks whether it needs packages of its own; it goes live once both are done."""

from __future__ import annotations

import json
from typing import Any

import pytest

from local_platform.kubernetes_api import KubernetesApi
from simulated_pods import Behaviour, SimulatedModel
from test_environment import ARCHIVE, BUILT, FITS, REFUSED, BuildingRun, Jobs, jobs, run, uri  # noqa: F401
from test_rollout import MortalCluster, stable_of, version

PENDING = [{"image": "pending"}]
FAILED = {"outcome": "failed", "reason": "the registry did not answer"}
DECIDED = {"fits": (FITS, [{"image": "image-1"}]), "built": (BUILT, [{"image": "image-1", **ARCHIVE}])}


def entry(number: int, environments: list[dict[str, str]], **more: Any) -> dict[str, Any]:
    return {"version": str(number), "uri": uri(number), "environments": environments, **more}


def loaded(churn: SimulatedModel, track: str = "stable") -> list[list[tuple[str, str | None]]]:
    return [pod.loaded for pod in churn.pods[track]]


def test_pods_load_the_first_version_while_the_job_looks(run: BuildingRun, churn: SimulatedModel, jobs: Jobs) -> None:
    assert run.one_pass(version(3)) == "starting"
    assert len(jobs.made) == 1 and churn.file() == {"stable": entry(3, PENDING)}
    run.passes(version(3), 5)
    assert run.serving() == {"3"} and run.record.live is None, "nobody has said yet that it may"
    jobs.verdicts[uri(3)] = FITS
    assert run.passes(version(3), 2) == ["starting", "idle"]
    assert run.outcome()["outcome"] == "promoted" and run.record.job == ""
    assert churn.files == [{"stable": entry(3, PENDING)}, {"stable": entry(3, [{"image": "image-1"}])}]
    assert loaded(churn) == [[("3", None)]] * 2 and len(jobs.made) == 1, "each pod has loaded it once"


def test_a_first_version_is_not_live_before_pods_have_it(run: BuildingRun, churn: SimulatedModel, jobs: Jobs) -> None:
    jobs.verdicts[uri(3)] = FITS
    churn.behaviours["3"] = Behaviour(loads=False)
    run.passes(version(3), 4)
    assert run.record.job == "" and run.record.live is None and run.record.phase == "starting"
    churn.behaviours["3"] = Behaviour()
    run.until(version(3), "idle")
    assert run.serving() == {"3"} and run.counted == ["promoted"]


def test_a_canary_loads_while_the_job_looks_and_bakes_after_it(
    run: BuildingRun, churn: SimulatedModel, jobs: Jobs
) -> None:
    jobs.verdicts[uri(3)] = FITS
    run.until(version(3), "idle")
    assert run.passes(version(4), 5) == ["loading"] * 5
    stable = entry(3, [{"image": "image-1"}])
    assert churn.file() == {"stable": stable, "canary": entry(4, PENDING, percent=0)}
    assert loaded(churn, "canary") == [[("4", None)]]
    jobs.verdicts[uri(4)] = FITS
    assert run.passes(version(4), 2) == ["loading", "baking"]
    assert churn.file() == {"stable": stable, "canary": entry(4, [{"image": "image-1"}], percent=10)}
    run.until(version(4), "idle")
    assert loaded(churn) == [[("3", None), ("4", None)]] * 2


@pytest.mark.parametrize("what", list(DECIDED))
def test_a_version_that_does_not_fit_waits_and_is_loaded_with_what_was_found(
    run: BuildingRun, churn: SimulatedModel, jobs: Jobs, what: str
) -> None:
    said, environments = DECIDED[what]
    churn.behaviours["3"] = Behaviour(fits=what == "fits")
    run.passes(version(3), 5)
    run.now += 900
    run.passes(version(3), 5)
    # Fifteen minutes of pods that wait, and of servers of before that count it as attempts that failed.
    assert run.record.phase == "starting" and run.record.rejected is None and run.counted == []
    jobs.verdicts[uri(3)] = said
    run.until(version(3), "idle")
    assert churn.file() == {"stable": entry(3, environments)} and run.counted == ["promoted"]
    assert loaded(churn) == [[("3", environments[0].get("uri"))]] * 2


@pytest.mark.parametrize("live", [False, True])
def test_pods_that_cannot_load_it_yet_are_no_fault_of_the_version(
    run: BuildingRun, churn: SimulatedModel, jobs: Jobs, live: bool
) -> None:
    phase = "loading" if live else "starting"
    if live:
        jobs.verdicts[uri(3)] = FITS
        run.until(version(3), "idle")
        run.counted.clear()
    churn.behaviours["4"] = Behaviour(loads=False)
    assert run.passes(version(4), 5) == [phase] * 5
    run.now += 900  # Longer than a version may take to load.
    assert run.passes(version(4), 5) == [phase] * 5
    assert run.counted == [] and run.record.rejected is None
    jobs.verdicts[uri(4)] = FITS
    run.passes(version(4), 3)
    assert run.record.job == "" and run.counted == [], "its time begins with the verdict"
    run.passes(version(4), 10)
    assert run.counted == ["rolled_back" if live else "failed"]
    assert run.outcome()["reason"].startswith("version 4 does not load")


@pytest.mark.parametrize("said", [REFUSED, FAILED])
def test_a_first_version_that_is_refused_goes_from_the_pods_that_have_it(
    run: BuildingRun, churn: SimulatedModel, jobs: Jobs, said: dict[str, str]
) -> None:
    run.passes(version(3), 3)
    assert run.serving() == {"3"}
    jobs.verdicts[uri(3)] = said
    run.until(version(3), "idle")
    assert churn.file() == {} and run.serving() == {None}
    assert run.counted == ["failed"] and run.outcome()["reason"] == f"its packages: {said['reason']}"
    before = len(churn.files)
    run.passes(version(3), 5)
    assert len(jobs.made) == 1 and len(churn.files) == before and run.record.rejected.key == "3"
    jobs.verdicts[uri(4)] = FITS
    run.until(version(4), "starting")
    run.until(version(4), "idle")
    assert run.serving() == {"4"}


def test_a_canary_that_is_refused_goes_from_the_pods_that_have_it(
    run: BuildingRun, churn: SimulatedModel, jobs: Jobs
) -> None:
    jobs.verdicts[uri(3)] = FITS
    run.until(version(3), "idle")
    before = churn.file()
    run.passes(version(4), 3)
    assert loaded(churn, "canary") == [[("4", None)]]
    jobs.verdicts[uri(4)] = REFUSED
    run.until(version(4), "idle")
    assert churn.file() == before and run.serving() == {"3"} and churn.wanted("canary") == 0
    assert run.counted[-1] == "rolled_back" and run.outcome()["reason"] == f"its packages: {REFUSED['reason']}"
    assert loaded(churn) == [[("3", None)]] * 2 and run.record.job == ""


def test_what_was_found_of_a_version_before_holds_until_it_is_looked_at_again(
    run: BuildingRun, churn: SimulatedModel, jobs: Jobs
) -> None:
    churn.behaviours["3"] = Behaviour(fits=False)
    jobs.verdicts |= {uri(3): BUILT, uri(4): FITS}
    run.until(version(3), "idle")
    run.until(version(4), "promoting")
    run.until(version(4), "idle")
    del jobs.verdicts[uri(3)]
    run.passes(version(3), 3)
    told = (churn.file() or {})["canary"]["environments"]
    assert told == [{"image": "image-1", **ARCHIVE}, *PENDING]
    assert loaded(churn, "canary") == [[("3", ARCHIVE["uri"])]]


@pytest.mark.parametrize("live", [False, True])
def test_a_version_that_nobody_wants_any_more_takes_its_job_along(
    run: BuildingRun, churn: SimulatedModel, jobs: Jobs, live: bool
) -> None:
    if live:
        jobs.verdicts[uri(3)] = FITS
        run.until(version(3), "idle")
    run.passes(version(4), 3)
    run.until(None, "idle")
    assert run.record.job == "" and run.record.candidate is None
    assert run.outcome()["reason"] == "abandoned: the alias has gone"
    assert run.serving() == {"3" if live else None}
    # A verdict of then says nothing of the version that follows.
    jobs.verdicts |= {uri(4): REFUSED, uri(5): FITS}
    run.changes = {"canary": {"percent": 10, "bakeMinutes": 1}}
    run.passes(version(5), 12)
    assert run.serving() == {"5"} and run.record.rejected is None


def test_another_first_version_that_is_wanted_meanwhile_has_a_job_of_its_own(
    run: BuildingRun, churn: SimulatedModel, jobs: Jobs
) -> None:
    run.passes(version(3), 3)
    jobs.verdicts[uri(5)] = FITS
    run.until(version(5), "idle")
    assert run.serving() == {"5"} and len(jobs.made) == 2 and run.counted == ["promoted"]
    assert set(run.record.environments) == {uri(5)}


@pytest.mark.parametrize("live", [False, True])
def test_a_release_that_an_older_controller_began_goes_on(
    run: BuildingRun, churn: SimulatedModel, jobs: Jobs, live: bool
) -> None:
    """It waited in a phase of its own, and told no pod."""
    if live:
        jobs.verdicts[uri(3)] = FITS
        run.until(version(3), "idle")
    run.one_pass(version(4))
    (*_, job) = jobs.made
    found = churn.api.get("configmaps", "churn-release")
    record = json.loads(found["metadata"]["annotations"]["mlplatform/kubernetes"])
    found["metadata"]["annotations"]["mlplatform/kubernetes"] = json.dumps({**record, "phase": "building"})
    found["data"] = {"release.json": json.dumps({"stable": entry(3, [{"image": "image-1"}])})} if live else {}
    churn.api.put("configmaps", found)
    jobs.verdicts[uri(4)] = FITS
    run.until(version(4), "baking" if live else "idle")
    run.until(version(4), "idle")
    assert run.serving() == {"4"} and jobs.made[-1] == job, "its Job is the same"


def test_an_image_of_somebodys_own_needs_no_verdict(run: BuildingRun, churn: SimulatedModel, jobs: Jobs) -> None:
    run.passes(version(3), 3)
    run.builds = False
    run.until(version(3), "idle")
    assert churn.file() == {"stable": {"version": "3", "uri": uri(3)}} and run.record.job == ""
    assert loaded(churn) == [[("3", None)]] * 2


def test_a_record_that_cannot_be_read_makes_nothing_live_that_nobody_has_looked_at(
    run: BuildingRun, churn: SimulatedModel, jobs: Jobs
) -> None:
    run.passes(version(3), 3)
    spoil(churn)
    assert run.record.live is None
    jobs.verdicts[uri(3)] = FITS
    run.until(version(3), "idle")
    assert run.counted == ["promoted"] and loaded(churn) == [[("3", None)]] * 2
    # What is live is known from the file, which does not say what the controller calls the image.
    spoil(churn)
    assert set(run.passes(version(3), 4)) == {"idle"}
    assert run.record.live == version(3) and churn.file() == {"stable": entry(3, [{"image": "image-1"}])}


def spoil(churn: SimulatedModel) -> None:
    found = churn.api.get("configmaps", "churn-release")
    found["metadata"]["annotations"]["mlplatform/kubernetes"] = "spoiled"
    churn.api.put("configmaps", found)


@pytest.mark.parametrize(("said", "well", "after"), [(FITS, True, False), (BUILT, True, True), (REFUSED, False, True)])
def test_a_controller_may_end_at_any_write(
    api: KubernetesApi, churn: SimulatedModel, jobs: Jobs, said: dict[str, Any], well: bool, after: bool
) -> None:
    at = kills = 0
    while kills or not at:
        at += 1
        for kind, name in list(api.objects):
            if kind in ("configmaps", "jobs"):
                api.remove(kind, name)
        churn.deploy()
        jobs.verdicts = {uri(3): FITS, uri(4): said}
        churn.behaviours["4"] = Behaviour(fits=said != BUILT)
        cluster = MortalCluster(api, at, after)
        run = BuildingRun(churn, cluster, jobs=jobs, changes={"canary": {"percent": 10, "bakeMinutes": 1}})
        run.passes(version(3), 6)
        assert stable_of(churn) == "3"
        run.passes(version(4), 18)
        kills = run.kills
        number = "4" if well else "3"
        assert stable_of(churn) == number and run.serving() == {number}
        assert run.record.phase == "idle" and run.record.job == "" and churn.wanted("canary") == 0
        assert run.outcome()["outcome"] == ("promoted" if well else "rolled_back")
        assert not any(one["image"] == "pending" for one in (churn.file() or {})["stable"]["environments"])
    assert at > 8
