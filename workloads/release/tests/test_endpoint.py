"""Releases on SageMaker: moto, with a simulated UpdateEndpoint; packing is a stand-in, tests of its own hold it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
import requests
from botocore.exceptions import ClientError

from conftest import configured
from local_platform.kubernetes_api import NAMESPACE, KubernetesApi
from model_release.artifacts import Unpackable
from model_release.cluster import Cluster
from model_release.config import model
from model_release.endpoint import EndpointRelease
from model_release.endpoint_calls import SageMakerAway
from model_release.endpoint_scaling import EndpointScaling
from model_release.record import Record, Rejection
from model_release.version import Version
from simulated_sagemaker import FIRST, VARIANT, SimulatedSageMaker, target
from test_rollout import Killed, MortalCluster, version

NAME = re.compile(r"dev-churn-(\d+)-[0-9a-f]{8}")


class Run:
    """Passes of the controller, each by a new one."""

    def __init__(self, api: KubernetesApi, sagemaker: SimulatedSageMaker) -> None:
        self.api, self.sagemaker = api, sagemaker
        self.cluster = Cluster(api.client(), NAMESPACE)
        self.now = 1_000_000.0
        self.target: dict[str, Any] = target()
        self.packed: list[tuple[str, str]] = []
        self.unpackable = False
        self.counted: list[str] = []
        self.tags: dict[str, str] = {}
        self.kills = 0
        self.commits: dict[str, str] = {}

    def one_pass(self, wanted: Version | None, known: bool = True) -> Record:
        given = model(configured(kubernetes=None, sagemaker=self.target))
        scaling = partial(EndpointScaling, autoscaling=self.sagemaker.autoscaling, cloudwatch=self.sagemaker.cloudwatch)
        release = EndpointRelease(self.cluster, given, "dev", self.sagemaker, scaling, self._pack, commit=self._commit)
        release.counted = self.counted.append
        self.now += 15
        try:
            ledger = release.check(wanted, known, self.now).ledger
            assert ledger is not None
            for uri, tags in ledger.record.tags.items():
                self.tags[uri] = tags["mlplatform.dev.sagemaker"]
        except Killed:
            self.kills += 1
        return self.record

    @property
    def record(self) -> Record:
        found = self.api.objects.get(("configmaps", "churn-release"))
        said = found["metadata"]["annotations"] if found else {}
        record = Record.from_json(said.get("mlplatform/sagemaker"))
        refused = said.get("mlplatform/rejected-sagemaker")
        record.rejected = Rejection(**json.loads(refused)) if refused else None
        return record

    def release(self, wanted: Version, kept: bool = True) -> None:
        assert self.one_pass(wanted).phase == "updating"
        self.one_pass(wanted)
        self.sagemaker.settle(kept)
        self.one_pass(wanted)

    def _commit(self, of: Version) -> str | None:
        return self.commits.get(of.uri)

    def _pack(self, uri: str, to: str, environment: object = None) -> None:
        if self.unpackable:
            raise Unpackable("there is no MLmodel at its root")
        self.packed.append((uri, to))


@pytest.fixture
def sagemaker(aws: str) -> Iterator[SimulatedSageMaker]:
    requests.post(f"{aws}/moto-api/reset", timeout=10)
    served = SimulatedSageMaker(aws)
    served.deploy()
    yield served


@pytest.fixture
def run(api: KubernetesApi, sagemaker: SimulatedSageMaker) -> Run:
    return Run(api, sagemaker)


def test_a_version_is_packed_created_and_updated_to_with_the_declared_settings(run: Run) -> None:
    run.release(version(3))
    live = run.sagemaker.live
    assert NAME.fullmatch(live) and len(live) <= 63
    assert run.packed == [("models:/churn/3", "s3://packages/models/churn/3/model.tar.gz")]
    made = run.sagemaker.client.describe_model(ModelName=live)
    assert made["PrimaryContainer"]["ModelDataUrl"] == "s3://packages/models/churn/3/model.tar.gz"
    assert made["PrimaryContainer"]["Environment"] == {"MODEL_SERVER_NAME": "churn", "MODEL_SERVER_VERSION": "3"}
    variants = run.sagemaker.client.describe_endpoint_config(EndpointConfigName=live)["ProductionVariants"]
    assert variants[0]["ModelName"] == live and variants[0]["InstanceType"] == "ml.m5.large"
    assert run.sagemaker.updates == [
        {
            "EndpointName": "dev-churn",
            "EndpointConfigName": live,
            "DeploymentConfig": target()["deploymentConfig"],
            "RetainAllVariantProperties": True,
        }
    ]
    assert run.counted == ["promoted"] and run.tags == {"models:/churn/3": "live"}


def test_the_endpoint_is_tagged_with_what_answers_and_the_commit_of_its_code(run: Run) -> None:
    run.commits = {"models:/churn/3": "c" * 40}
    run.release(version(3))
    assert run.sagemaker.marks() == {}, "what answers is not yet known to the record when SageMaker has moved"
    run.one_pass(version(3))
    assert run.sagemaker.marks() == {"version": "3", "commit": "c" * 40}
    run.release(version(4), kept=False)
    run.one_pass(version(4))
    assert run.sagemaker.marks() == {"version": "3", "commit": "c" * 40}, "4 was rolled back"
    run.release(version(5))
    run.one_pass(version(5))
    assert run.sagemaker.marks() == {"version": "5", "commit": "unknown"}


@pytest.mark.parametrize(
    ("said", "kept"),
    [("4f2c1d (dirty)", "4f2c1d _dirty_"), ("c" * 300, "c" * 256), ("a+b@c=/d:é 1.", "a+b@c=/d:é 1."), ("a\nb", "a_b")],
)
def test_a_commit_that_people_wrote_becomes_a_value_that_aws_takes(run: Run, said: str, kept: str) -> None:
    run.commits = {"models:/churn/3": said}
    run.release(version(3))
    run.one_pass(version(3))
    assert run.sagemaker.marks() == {"version": "3", "commit": kept}


def test_tags_that_cannot_be_written_hold_no_release_back(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(**_: object) -> None:
        raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no AddTags"}}, "AddTags")

    monkeypatch.setattr(run.sagemaker, "add_tags", forbidden, raising=False)
    run.release(version(3))
    run.release(version(4))
    assert run.tags["models:/churn/4"] == "live"
    monkeypatch.undo()
    run.one_pass(version(4))
    assert run.sagemaker.marks() == {"version": "4", "commit": "unknown"}


def test_nothing_is_done_while_what_is_wanted_is_live(run: Run) -> None:
    run.release(version(3))
    before = run.sagemaker.names()
    for _ in range(5):
        run.one_pass(version(3))
    assert run.sagemaker.names() == before and len(run.sagemaker.updates) == 1


def test_a_silent_rollback_is_seen_and_the_version_not_tried_again(run: Run) -> None:
    run.release(version(3))
    live = run.sagemaker.live
    run.release(version(4), kept=False)
    assert run.sagemaker.live == live and run.counted == ["promoted", "rolled_back"]
    assert run.record.rejected is not None and f"{live} is live again" in run.record.rejected.reason
    for _ in range(5):
        run.one_pass(version(4))
    assert len(run.sagemaker.updates) == 2
    assert run.tags["models:/churn/3"] == "live" and run.tags["models:/churn/4"].startswith("rolled-back: SageMaker")
    run.target = target(deploymentConfig={})
    assert run.one_pass(version(4)).phase == "updating", "it is judged by something else now"


def test_a_read_that_lags_behind_the_request_is_no_rollback(run: Run) -> None:
    run.release(version(3))
    run.one_pass(version(4))
    run.sagemaker.endpoint.endpoint_status = "InService"
    # The first pass has seen it at work, so a record that has not is needed here.
    found = run.api.get("configmaps", "churn-release")
    record = run.record
    record.seen_updating = False
    found["metadata"]["annotations"]["mlplatform/sagemaker"] = record.to_json()
    assert run.one_pass(version(4)).phase == "updating"
    run.sagemaker.settle(kept=True)
    assert run.one_pass(version(4)).live == version(4)


def test_older_versions_are_deleted_but_the_live_one_the_one_before_and_what_pulumi_made(run: Run) -> None:
    for number in (1, 2, 3):
        run.release(version(number))
    run.release(version(4), kept=False)
    run.one_pass(version(4))
    models, configs = run.sagemaker.names()
    assert sorted(NAME.sub(r"\1", name) for name in models) == ["2", "3", FIRST]
    assert models == configs


def test_changed_settings_release_the_same_version_anew(run: Run) -> None:
    run.release(version(3))
    first = run.sagemaker.live
    run.target = target(endpointConfig={"ProductionVariants": [{**VARIANT, "InstanceType": "ml.m5.xlarge"}]})
    run.release(version(3))
    assert run.sagemaker.live != first and run.record.live == version(3) and run.record.names["previous"] == first


def test_a_serverless_endpoint_keeps_no_instances(run: Run) -> None:
    serverless = {"VariantName": "model", "ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 5}}
    run.target = target(endpointConfig={"ProductionVariants": [serverless]}, deploymentConfig=None)
    assert run.one_pass(version(3)).phase == "updating"
    assert set(run.sagemaker.updates[0]) == {"EndpointName", "EndpointConfigName"}


def test_what_cannot_be_packed_changes_nothing_and_has_failed(run: Run) -> None:
    run.release(version(3))
    run.unpackable = True
    record = run.one_pass(version(4))
    assert record.phase == "idle" and record.rejected and "no MLmodel" in record.rejected.reason
    assert len(run.sagemaker.updates) == 1 and run.counted == ["promoted", "failed"]


def test_what_sagemaker_refuses_has_failed_and_leaves_nothing(run: Run) -> None:
    run.release(version(3))
    before = run.sagemaker.names()
    run.sagemaker.refuses = "alarm dev-churn-errors does not exist"
    record = run.one_pass(version(4))
    assert record.rejected and "alarm dev-churn-errors" in record.rejected.reason
    run.one_pass(version(4))
    assert run.sagemaker.names() == before and run.counted == ["promoted", "failed"]


def test_an_endpoint_at_work_on_something_else_is_waited_for(run: Run) -> None:
    run.sagemaker.endpoint.endpoint_status = "Updating"
    assert run.one_pass(version(3)).phase == "idle"
    run.sagemaker.endpoint.endpoint_status = "InService"
    assert run.one_pass(version(3)).phase == "updating"


def test_an_alias_that_moves_during_an_update_waits_for_its_end(run: Run) -> None:
    run.release(version(3))
    run.one_pass(version(4))
    assert run.one_pass(version(5)).candidate == version(4)
    run.sagemaker.settle()
    assert run.one_pass(version(5)).live == version(4)
    run.release(version(5))
    assert run.record.live == version(5)


def test_an_alias_or_a_registry_that_is_away_changes_nothing(run: Run) -> None:
    run.release(version(3))
    before = run.sagemaker.live
    for known in (True, False):
        run.one_pass(None, known)
    assert run.sagemaker.live == before and len(run.sagemaker.updates) == 1


def test_sagemaker_away_changes_nothing(run: Run) -> None:
    run.release(version(3))
    run.sagemaker.away = True
    with pytest.raises(SageMakerAway):
        run.one_pass(version(4))
    run.sagemaker.away = False
    assert run.one_pass(version(4)).phase == "updating"


def test_an_endpoint_that_is_not_there_yet_is_waited_for(run: Run) -> None:
    run.sagemaker.client.delete_endpoint(EndpointName="dev-churn")
    assert run.one_pass(version(3)).phase == "idle" and run.sagemaker.updates == []


def test_a_configuration_that_somebody_else_put_there_is_replaced(run: Run) -> None:
    run.release(version(3))
    run.sagemaker.endpoint.endpoint_config_name = FIRST
    run.release(version(3))
    assert NAME.fullmatch(run.sagemaker.live) and len(run.sagemaker.updates) == 2


def test_a_lost_record_takes_up_what_is_live(run: Run) -> None:
    run.release(version(3))
    run.api.remove("configmaps", "churn-release")
    record = run.one_pass(version(3))
    assert record.live == version(3) and len(run.sagemaker.updates) == 1


def test_its_record_goes_with_the_controller_where_there_is_no_deployment_of_the_model(run: Run) -> None:
    run.api.put("deployments", {"metadata": {"name": "release-controller"}, "spec": {"selector": {"matchLabels": {}}}})
    run.one_pass(version(3))
    owners = run.api.get("configmaps", "churn-release")["metadata"]["ownerReferences"]
    assert [owner["name"] for owner in owners] == ["release-controller"]


@pytest.mark.parametrize("kept", [True, False], ids=["kept", "rolled back"])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_killed_at_any_write_the_next_controller_ends_the_same_way(run: Run, kept: bool, after: bool) -> None:
    run.release(version(3))
    for at in range(1, 9):
        number = 10 + at
        run.kills = 0
        run.cluster = MortalCluster(run.api, at, after)
        settled = False
        for _ in range(12):
            run.one_pass(version(number))
            if run.sagemaker.endpoint.endpoint_status == "Updating":
                run.one_pass(version(number))
                run.sagemaker.settle(kept)
                settled = True
        record = run.record
        assert settled and record.phase == "idle"
        assert record.live == version(number if kept else 3)
        models, configs = run.sagemaker.names()
        assert models == configs and len(models) <= 3, "nothing is left of what no record knows"
        run.one_pass(record.live)
    assert run.kills == 0, "the last round is one without a death"


OTHER_TYPE = target(endpointConfig={"ProductionVariants": [{**VARIANT, "InstanceType": "ml.c5.xlarge"}]})
SCALED = [{"ResourceId": "endpoint/dev-churn/variant/model", "MinCapacity": 0, "MaxCapacity": 3}]


@pytest.mark.parametrize("kept", [True, False])
def test_another_instance_type_puts_the_scaling_aside_and_back_whether_kept_or_rolled_back(
    run: Run, kept: bool
) -> None:
    run.sagemaker.scale()
    run.release(version(3))
    assert run.sagemaker.targets() == SCALED  # Another version alone touches it not.
    run.target = OTHER_TYPE
    run.release(version(4), kept)
    assert run.sagemaker.targets() == []
    run.one_pass(version(4))
    assert run.sagemaker.targets() == SCALED
    assert set(run.sagemaker.policies()) == {"load", "start"} and run.sagemaker.autoscaling.tags == {"team": "ml"}
    assert run.sagemaker.alarm_actions() == [run.sagemaker.policies()["start"]]
    assert run.record.scaling == []
    run.target = target()
    run.release(version(5))
    assert (run.sagemaker.live == run.record.names["live"]) and run.record.live == version(5)


def test_scaling_comes_back_when_sagemaker_refuses_the_update(run: Run) -> None:
    run.sagemaker.scale()
    run.target = OTHER_TYPE
    run.sagemaker.refuses = "no such instances here"
    assert run.one_pass(version(3)).phase == "idle"
    assert run.sagemaker.targets() == []
    run.one_pass(version(3))
    assert run.sagemaker.targets() == SCALED


def test_a_controller_that_is_killed_with_the_scaling_aside_loses_none_of_it(run: Run, api: KubernetesApi) -> None:
    run.sagemaker.scale()
    for saves in range(1, 13):
        run.target = OTHER_TYPE if saves % 2 else target()
        run.cluster = MortalCluster(api, (saves + 1) // 2, after=saves % 4 < 2)
        for _ in range(9):
            run.one_pass(version(saves))
            if run.sagemaker.endpoint.endpoint_status == "Updating":
                run.one_pass(version(saves))
                run.sagemaker.settle()
        assert run.record.live == version(saves)
        assert run.sagemaker.targets() == SCALED and set(run.sagemaker.policies()) == {"load", "start"}
