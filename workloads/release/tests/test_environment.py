"""Packages of a version's own, on both targets; what the builder's Jobs say is given."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest

import test_endpoint
from conftest import configured, models_json
from local_platform.kubernetes_api import KubernetesApi
from model_release.config import EnvironmentSettings, model, parse
from model_release.endpoint import EndpointRelease
from model_release.endpoint_scaling import EndpointScaling
from model_release.environment import Builder
from model_release.pack import PackedEnvironment
from model_release.record import Ledger
from model_release.rollout import BUILD_AGAIN_SECONDS, Rollout
from model_release.version import Version
from simulated_pods import Behaviour, SimulatedModel
from simulated_sagemaker import target
from test_endpoint import sagemaker  # noqa: F401
from test_rollout import Run, stable_of, version

FITS = {"outcome": "fits", "image": "image-1"}
ARCHIVE = {"uri": "s3://artifacts/environments/ab/cd.tar.gz", "sha256": "cd" * 32}
BUILT = {
    "outcome": "built",
    "image": "image-1",
    "environment": ARCHIVE,
    "mismatches": ["scikit-learn==1.5.2: 1.9.1 is installed"],
}
REFUSED = {"outcome": "refused", "reason": "error: No solution found when resolving dependencies"}


@dataclass
class Jobs:
    """The Jobs of the cluster, which end when they are told to."""

    api: KubernetesApi
    # By uri of the version; none: still at work.
    verdicts: dict[str, Any] = field(default_factory=dict)
    made: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        container = {"name": "environment", "image": "registry/model-server:1", "args": ["environment"]}
        template = {"metadata": {"labels": {"app": "builder"}}, "spec": {"containers": [container]}}
        job = {"metadata": {"labels": {"app": "builder"}}, "spec": {"backoffLimit": 2, "template": template}}
        self.api.put(
            "cronjobs", {"metadata": {"name": "models.environments"}, "spec": {"suspend": True, "jobTemplate": job}}
        )

    def tick(self) -> None:
        for job in self.api.listed("jobs"):
            if "status" in job:
                continue
            if job["metadata"]["name"] not in [each["metadata"]["name"] for each in self.made]:
                self.made.append(job)
            arguments = job["spec"]["template"]["spec"]["containers"][0]["args"]
            said = self.verdicts.get(arguments[arguments.index("--from") + 1])
            if said is not None:
                self.end(job, said)

    def end(self, job: dict[str, Any], said: Any) -> None:
        name = job["metadata"]["name"]
        if said:
            terminated = {"exitCode": 0, "message": said if isinstance(said, str) else json.dumps(said)}
            status = {
                "containerStatuses": [{"name": "environment", "restartCount": 0, "state": {"terminated": terminated}}]
            }
            self.api.put("pods", {"metadata": {"name": f"{name}-0", "labels": {"job-name": name}}, "status": status})
        well = isinstance(said, dict) and said["outcome"] in ("fits", "built", "reused")
        condition = {"type": "Complete" if well else "Failed", "status": "True", "reason": "BackoffLimitExceeded"}
        self.api.put("jobs", {**job, "status": {"conditions": [condition]}})


@dataclass
class BuildingRun(Run):
    jobs: Jobs = None  # type: ignore[assignment]
    image: str = "registry/model-server:1"
    # No longer where the model has an image of somebody's own.
    builds: bool = True

    def controller(self) -> Rollout:
        given = configured(**self.changes)
        given["kubernetes"] |= {"metricsPort": self.churn.port, "environments": self.builds}
        builder = Builder(self.cluster, EnvironmentSettings("models.environments", self.image))
        return Rollout(self.cluster, model(given), "dev", 600, builder)

    def tick(self) -> None:
        self.jobs.tick()
        self.churn.tick()

    @property
    def record(self) -> Any:
        return Ledger(self.cluster, model(configured()), "kubernetes").record


@pytest.fixture
def jobs(api: KubernetesApi) -> Jobs:
    return Jobs(api)


@pytest.fixture
def run(churn: SimulatedModel, jobs: Jobs) -> BuildingRun:
    return BuildingRun(churn, jobs=jobs)


def uri(number: int) -> str:
    return f"models:/churn/{number}"


def test_the_first_version_waits_for_its_packages(run: BuildingRun, churn: SimulatedModel, jobs: Jobs) -> None:
    churn.behaviours["3"] = Behaviour(fits=False)
    assert run.passes(version(3), 3) == ["starting"] * 3
    assert run.serving() == {None}, "no pod loads a version whose packages are not there"
    (job,) = jobs.made
    container = job["spec"]["template"]["spec"]["containers"][0]
    assert container["args"] == ["environment", "--model", "churn", "--from", uri(3)]
    assert job["metadata"]["labels"] == {"app": "builder", "mlplatform/model": "churn"}
    assert job["metadata"]["name"].startswith("churn-environment-") and len(job["metadata"]["name"]) <= 63
    assert [owner["kind"] for owner in job["metadata"]["ownerReferences"]] == ["CronJob"]
    jobs.verdicts[uri(3)] = BUILT
    run.until(version(3), "idle")
    entry = {"version": "3", "uri": uri(3), "environments": [{"image": "image-1", **ARCHIVE}]}
    assert churn.files[1:] == [{"stable": entry}] and run.serving() == {"3"}
    assert len(jobs.made) == 1


def test_a_version_that_fits_the_image_is_served_without(run: BuildingRun, churn: SimulatedModel, jobs: Jobs) -> None:
    jobs.verdicts[uri(3)] = FITS
    run.until(version(3), "idle")
    assert churn.file() == {"stable": {"version": "3", "uri": uri(3), "environments": [{"image": "image-1"}]}}


def test_a_broken_version_is_refused_in_the_words_of_the_tool_and_the_old_one_stays(
    run: BuildingRun, churn: SimulatedModel, jobs: Jobs
) -> None:
    jobs.verdicts |= {uri(3): BUILT, uri(4): REFUSED}
    run.until(version(3), "idle")
    before = churn.file()
    run.until(version(4), "loading")
    run.until(version(4), "idle")
    assert run.outcome()["outcome"] == "rolled_back"
    assert run.outcome()["reason"] == f"its packages: {REFUSED['reason']}"
    run.passes(version(4), 20)
    assert churn.file() == before and stable_of(churn) == "3" and len(jobs.made) == 2
    assert run.record.tags[uri(4)]["mlplatform.dev.kubernetes"] == f"rolled-back: its packages: {REFUSED['reason']}"
    # Another one may follow.
    jobs.verdicts[uri(5)] = FITS
    run.until(version(5), "promoting")
    run.until(version(5), "idle")
    assert run.serving() == {"5"}


def test_a_first_version_that_is_refused_leaves_nothing_behind(
    run: BuildingRun, churn: SimulatedModel, jobs: Jobs
) -> None:
    jobs.verdicts[uri(3)] = REFUSED
    run.until(version(3), "starting")
    run.until(version(3), "idle")
    run.passes(version(3), 5)
    assert churn.file() == {} and run.counted == ["failed"] and run.outcome()["outcome"] == "failed"
    assert len(jobs.made) == 1
    jobs.verdicts[uri(4)] = FITS
    run.until(version(4), "starting")
    run.until(version(4), "idle")
    assert run.serving() == {"4"}


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (
            {"outcome": "failed", "reason": "error: Request failed after 3 retries"},
            "error: Request failed after 3 retries",
        ),
        ("no JSON", "the Job that builds them failed: BackoffLimitExceeded"),
        ("", "the Job that builds them failed: BackoffLimitExceeded"),
    ],
)
def test_a_job_that_fails_is_the_reason(run: BuildingRun, jobs: Jobs, said: Any, reason: str) -> None:
    jobs.verdicts[uri(3)] = said
    run.until(version(3), "starting")
    run.until(version(3), "idle")
    assert run.outcome()["reason"] == f"its packages: {reason}"


def test_another_version_that_is_wanted_meanwhile_ends_the_wait(
    run: BuildingRun, churn: SimulatedModel, jobs: Jobs
) -> None:
    jobs.verdicts |= {uri(3): FITS, uri(5): FITS}
    run.until(version(3), "idle")
    run.passes(version(4), 3)
    run.until(version(5), "promoting")
    run.until(version(5), "idle")
    assert run.serving() == {"5"} and all(told["stable"]["version"] != "4" for told in churn.files)


def test_a_job_that_somebody_deleted_is_made_again(run: BuildingRun, churn: SimulatedModel, jobs: Jobs) -> None:
    run.passes(version(3), 2)
    churn.api.remove("jobs", jobs.made[0]["metadata"]["name"])
    jobs.verdicts[uri(3)] = FITS
    run.until(version(3), "idle")
    assert run.serving() == {"3"}


def test_another_image_of_the_server_gets_packages_of_its_own(
    run: BuildingRun, churn: SimulatedModel, jobs: Jobs
) -> None:
    jobs.verdicts[uri(3)] = BUILT
    run.until(version(3), "idle")
    run.image = "registry/model-server:2"
    other = {"uri": "s3://artifacts/environments/ef/01.tar.gz", "sha256": "01" * 32}
    jobs.verdicts[uri(3)] = {**BUILT, "image": "image-2", "environment": other}
    assert set(run.passes(version(3), 4)) == {"idle"}
    # Pods of both images are told, until the old ones have gone.
    assert churn.file() == {
        "stable": {
            "version": "3",
            "uri": uri(3),
            "environments": [{"image": "image-1", **ARCHIVE}, {"image": "image-2", **other}],
        }
    }
    assert len(jobs.made) == 2 and stable_of(churn) == "3"


def test_what_cannot_be_built_for_another_image_is_tried_again_now_and_then(
    run: BuildingRun, churn: SimulatedModel, jobs: Jobs
) -> None:
    jobs.verdicts[uri(3)] = BUILT
    run.until(version(3), "idle")
    run.image = "registry/model-server:2"
    jobs.verdicts[uri(3)] = REFUSED
    run.passes(version(3), 20)
    assert len(jobs.made) == 2, "not one Job after another"
    assert run.record.job == "" and run.serving() == {"3"}
    run.now += BUILD_AGAIN_SECONDS
    jobs.verdicts[uri(3)] = {**BUILT, "image": "image-2"}
    run.passes(version(3), 4)
    assert len(jobs.made) == 3 and run.record.build_failures == {}
    assert [each["image"] for each in (churn.file() or {})["stable"]["environments"]] == ["image-1", "image-2"]


def test_a_model_with_an_image_of_its_own_is_left_alone(churn: SimulatedModel, jobs: Jobs) -> None:
    Run(churn).live_at(version(3))
    assert churn.files == [{"stable": {"version": "3", "uri": uri(3)}}]
    assert not any(path.endswith("/jobs") for _, path in churn.api.asked)


def test_the_configuration_says_how_packages_are_built() -> None:
    given = json.loads(models_json(configured()))
    assert parse(json.dumps(given)).environments is None
    given["environments"] = {"cronJob": "models.environments", "image": "registry/model-server:1"}
    given["models"][0]["kubernetes"]["environments"] = True
    config = parse(json.dumps(given))
    assert config.environments == EnvironmentSettings("models.environments", "registry/model-server:1")
    assert config.models[0].kubernetes and config.models[0].kubernetes.environments


class BuildingEndpoint(test_endpoint.Run):
    def one_pass(self, wanted: Version | None, known: bool = True) -> Any:
        given = model(configured(kubernetes=None, sagemaker={**self.target, "environments": True}))
        builder = Builder(self.cluster, EnvironmentSettings("models.environments", "registry/model-server:1"))
        scaling = partial(EndpointScaling, autoscaling=self.sagemaker.autoscaling, cloudwatch=self.sagemaker.cloudwatch)
        release = EndpointRelease(self.cluster, given, "dev", self.sagemaker, scaling, self.pack, builder)
        release.counted = self.counted.append
        self.now += 15
        release.check(wanted, known, self.now)
        self.jobs.tick()
        return self.record

    def pack(self, uri: str, to: str, environment: PackedEnvironment | None) -> None:
        self.packed.append((uri, to, environment))  # type: ignore[arg-type]


@pytest.fixture
def endpoint(api: KubernetesApi, sagemaker: Any, jobs: Jobs) -> Iterator[BuildingEndpoint]:
    run = BuildingEndpoint(api, sagemaker)
    run.jobs = jobs  # type: ignore[attr-defined]
    yield run


def test_a_package_for_sagemaker_holds_the_packages(endpoint: BuildingEndpoint, jobs: Jobs) -> None:
    assert [endpoint.one_pass(version(3)).phase for _ in range(3)] == ["building"] * 3
    jobs.verdicts[uri(3)] = BUILT
    while endpoint.one_pass(version(3)).phase == "building":
        pass
    prefix = target()["packagePrefix"]
    address = f"{prefix}/3/{ARCHIVE['sha256'][:12]}/model.tar.gz"
    assert endpoint.packed == [(uri(3), address, PackedEnvironment(**ARCHIVE))]
    made = endpoint.sagemaker.describe_model(ModelName=endpoint.record.names["candidate"])
    assert made["PrimaryContainer"]["ModelDataUrl"] == address


def test_a_version_that_is_refused_never_reaches_sagemaker(endpoint: BuildingEndpoint, jobs: Jobs) -> None:
    jobs.verdicts[uri(3)] = REFUSED
    for _ in range(4):
        endpoint.one_pass(version(3))
    assert endpoint.record.rejected.reason == f"its packages: {REFUSED['reason']}"
    assert endpoint.packed == [] and endpoint.counted == ["failed"]
