"""Who asked, who said yes or no, and what becomes of it: a real MLflow, moto's bucket. Decisions are written as MLflow's sign-in does."""

from __future__ import annotations

import json
from typing import Any

import mlflow
import pytest
from mlflow import MlflowClient

from conftest import bucket, configured
from local_platform.mlflow_server import MlflowServer
from mlplatform.integrity import public_key_of, signature
from model_release.approval import Approvals, gate_tag, promoted_tag
from model_release.config import Model, model
from model_release.decisions import DECISION_TAG, answer, decisions, rejected
from model_release.promotion import MOVING
from model_release.records import Records

BUCKET = "decisions"
SEED = "made-up-secret-of-a-test"


def decision(what: str, by: str, at: str, registered: int = 5, reason: str = "") -> dict[str, str]:
    content = {"decision": what, "by": by, "at": at, "registered": registered, "reason": reason}
    return {f"{DECISION_TAG}{at}-{by.partition(chr(64))[0]}": json.dumps(content)}


class TestAnswer:
    def of(self, *made: dict[str, str]) -> tuple[str | None, bool]:
        tags = {key: value for each in made for key, value in each.items()}
        found = decisions(tags, 5)
        last = answer(found)
        return (last and f"{last.what} by {last.by}", rejected(found))

    def test_is_the_last_one(self) -> None:
        assert self.of() == (None, False)
        assert self.of(decision("approved", "ann", "1")) == ("approved by ann", False)
        assert self.of(decision("approved", "ann", "1"), decision("rejected", "bob", "2")) == ("rejected by bob", True)
        assert self.of(decision("rejected", "bob", "1"), decision("approved", "ann", "2")) == ("approved by ann", False)

    def test_of_two_at_the_same_moment_is_no(self) -> None:
        both = (decision("rejected", "ann", "1"), decision("approved", "bob", "1"))
        assert self.of(*both) == self.of(*reversed(both)) == ("rejected by ann", True)

    def test_of_before_somebody_asked_again_does_not_count(self) -> None:
        assert self.of(decision("approved", "ann", "1"), decision("asked", "bob", "2")) == (None, False)

    def test_of_an_earlier_version_of_the_same_number_does_not_count(self) -> None:
        assert self.of(decision("approved", "ann", "1", registered=4)) == (None, False)

    @pytest.mark.parametrize("text", ["", "{}", "[]", "approved", '{"decision": "perhaps", "registered": 5}'])
    def test_that_cannot_be_read_does_not_count(self, text: str) -> None:
        assert self.of({f"{DECISION_TAG}1": text}) == (None, False)


@pytest.fixture
def s3(aws: str) -> Any:
    with bucket(aws, BUCKET) as client:
        yield client


class Gated:
    """A registered model with a gate and an approver, and versions without files."""

    def __init__(self, server: MlflowServer, s3: Any, name: str) -> None:
        mlflow.set_tracking_uri(server.uri)
        self.client, self.s3, self.name = MlflowClient(), s3, name
        self.client.create_registered_model(name)
        self.records = Records(s3, f"s3://{BUCKET}/metadata/releases/", lambda said: signature(said, SEED))
        self.approvals = Approvals(self.client, "dev", self.records)
        self.clock = 0

    def model(self, gate: bool = True, manual: bool = True) -> Model:
        return model(
            {**configured(), "from": f"models:/{self.name}@champion", "approval": {"gate": gate, "manual": manual}}
        )

    def register(self, passed: bool = True) -> str:
        made = self.client.create_model_version(self.name, source=f"s3://made-up/{self.clock}")
        if passed:
            self.client.set_model_version_tag(self.name, made.version, gate_tag("dev"), "passed")
        return str(made.version)

    def say(self, what: str, version: str, by: str = "ann@example.com", reason: str = "") -> None:
        self.clock += 1
        registered = self.client.get_model_version(self.name, version).creation_timestamp
        for key, value in decision(what, by, f"2026-01-02T03:04:{self.clock:02}", registered, reason).items():
            self.client.set_model_version_tag(self.name, version, key, value)

    def ask(self, version: str) -> None:
        self.client.set_registered_model_alias(self.name, "candidate", version)
        self.say("asked", version, "bob@example.com")

    def settle(self, **approval: bool) -> str | None:
        self.approvals.settle(self.model(**approval))
        aliases = self.client.get_registered_model(self.name).aliases
        found = aliases.get("champion")
        return None if found is None else str(found)

    def kept(self) -> list[dict[str, Any]]:
        listed = self.s3.list_objects_v2(Bucket=BUCKET, Prefix="metadata/releases/").get("Contents", [])
        bodies = [self.s3.get_object(Bucket=BUCKET, Key=each["Key"])["Body"].read() for each in listed]
        return [json.loads(json.loads(body)["statement"]) for body in bodies]


@pytest.fixture
def gated(mlflow_server: MlflowServer, s3: Any, request: pytest.FixtureRequest) -> Gated:
    return Gated(mlflow_server, s3, request.node.name)


def test_nothing_goes_live_without_an_answer(gated: Gated) -> None:
    version = gated.register()
    assert gated.settle() is None
    gated.ask(version)
    assert gated.settle() is None
    gated.say("approved", version)
    assert gated.settle() == version
    assert "candidate" not in gated.client.get_registered_model(gated.name).aliases
    assert promoted_tag("dev") in gated.client.get_model_version(gated.name, version).tags


def test_an_approved_version_that_has_not_passed_the_gate_waits_for_it(gated: Gated) -> None:
    version = gated.register(passed=False)
    gated.ask(version)
    gated.say("approved", version)
    assert gated.settle() is None
    gated.client.set_model_version_tag(gated.name, version, gate_tag("dev"), "passed")
    assert gated.settle() == version


def test_a_gate_alone_lets_what_was_asked_for_through(gated: Gated) -> None:
    first, second = gated.register(), gated.register(passed=False)
    assert gated.settle(manual=False) is None
    gated.ask(first)
    assert gated.settle(manual=False) == first
    gated.ask(second)
    assert gated.settle(manual=False) == first


def test_rejected_before_it_is_live_it_never_is(gated: Gated) -> None:
    version = gated.register()
    gated.ask(version)
    gated.say("approved", version)
    gated.say("rejected", version, "leo@example.com", "biased")
    assert gated.settle() is None


def test_rejected_while_it_is_live_the_last_approved_one_comes_back(gated: Gated) -> None:
    versions = [gated.register() for _ in range(3)]
    for version in versions:
        gated.say("approved", version)
        assert gated.settle() == version
    gated.say("rejected", versions[1])
    assert gated.settle() == versions[2]
    gated.say("rejected", versions[2], reason="biased")
    assert gated.settle() == versions[0]
    assert gated.settle() == versions[0]


def test_what_comes_back_has_had_the_alias(gated: Gated) -> None:
    versions = [gated.register() for _ in range(3)]
    for version in (versions[0], versions[2]):
        gated.say("approved", version)
        assert gated.settle() == version
    # Of a controller that ended before it moved the alias to it.
    gated.client.set_model_version_tag(gated.name, versions[1], promoted_tag("dev"), MOVING)
    gated.say("rejected", versions[2])
    assert gated.settle() == versions[0]


@pytest.mark.parametrize("target", ["kubernetes", "sagemaker"])
def test_what_comes_back_was_rolled_back_on_no_target(gated: Gated, target: str) -> None:
    versions = [gated.register() for _ in range(3)]
    for version in versions:
        gated.say("approved", version)
        assert gated.settle() == version
    gated.client.set_model_version_tag(gated.name, versions[1], f"mlplatform.dev.{target}", "rolled-back: an alarm")
    gated.say("rejected", versions[2])
    assert gated.settle() == versions[0]


def test_the_only_one_that_was_ever_approved_stays_when_it_is_rejected(gated: Gated) -> None:
    version = gated.register()
    gated.say("approved", version)
    assert gated.settle() == version
    assert gated.approvals.settle(gated.model()) is False
    gated.say("rejected", version)
    gated.say("rejected", version, "leo@example.com")
    assert gated.settle() == version
    assert gated.approvals.settle(gated.model()) is True, "somebody has to be told"
    later = gated.register()
    gated.say("approved", later)
    assert gated.settle() == later, "it stays no longer than it has to"
    assert gated.approvals.settle(gated.model()) is False


def test_where_what_comes_back_does_not_load_the_one_before_it_does(gated: Gated) -> None:
    first, second, third = (gated.register() for _ in range(3))
    state = "mlplatform.dev.sagemaker"
    for version in (first, second, third):
        gated.say("approved", version)
        assert gated.settle() == version
        gated.client.set_model_version_tag(gated.name, version, state, "live" if version == third else "retired")
    gated.say("rejected", third)
    assert gated.settle() == second
    gated.client.set_model_version_tag(gated.name, second, state, "rolled-back: its files are gone")
    assert gated.settle() == first
    gated.client.set_model_version_tag(gated.name, first, state, "rolled-back: its files are gone")
    assert gated.settle() == first
    assert gated.approvals.settle(gated.model()) is True


def test_the_last_approved_one_that_was_deleted_is_passed_over(gated: Gated) -> None:
    first, second, third = (gated.register() for _ in range(3))
    for version in (first, second, third):
        gated.say("approved", version)
        gated.settle()
    gated.client.delete_model_version(gated.name, second)
    gated.say("rejected", third)
    assert gated.settle() == first


def test_a_yes_of_before_is_no_answer_to_a_new_question(gated: Gated) -> None:
    old, new = gated.register(), gated.register()
    for version in (old, new):
        gated.say("approved", version)
        gated.settle()
    gated.ask(old)
    assert gated.settle() == new
    gated.say("approved", old)
    assert gated.settle() == old


def test_of_two_that_are_approved_at_once_the_later_answer_goes_live_and_stays(gated: Gated) -> None:
    first, second, third = (gated.register() for _ in range(3))
    for version in (first, second):
        gated.say("approved", version)
    assert gated.settle() == second
    assert gated.settle() == second, "the one before is superseded"
    # One more approver of the live version takes nothing from who was approved after it.
    gated.client.delete_model_version_tag(gated.name, third, gate_tag("dev"))
    gated.say("approved", third)
    gated.say("approved", second, "leo@example.com")
    gated.client.set_model_version_tag(gated.name, third, gate_tag("dev"), "passed")
    assert gated.settle() == third
    gated.ask(first)
    gated.say("approved", first)
    assert gated.settle() == first


class Dies(BaseException):
    pass


def dying(client: Any, method: str, at: int) -> Any:
    """The client, whose process ends at the nth call of a method, before the server has it."""

    class Mortal:
        calls = 0

        def __getattr__(self, name: str) -> Any:
            if name == method:
                Mortal.calls += 1
                if Mortal.calls == at:
                    raise Dies
            return getattr(client, name)

    return Mortal()


def test_whoever_goes_back_after_the_alias_was_moved_is_not_overruled_by_a_controller_that_died(gated: Gated) -> None:
    first, second = gated.register(), gated.register()
    gated.say("approved", first)
    assert gated.settle() == first
    gated.say("approved", second)
    whole = gated.approvals
    gated.approvals = Approvals(dying(gated.client, "set_model_version_tag", 2), "dev", gated.records)
    with pytest.raises(Dies):
        gated.settle()
    assert gated.client.get_model_version_by_alias(gated.name, "champion").version == second
    # The release controller's other half has seen it, and a person goes back.
    gated.client.set_model_version_tag(gated.name, second, "mlplatform.dev.kubernetes", "canary")
    gated.client.set_registered_model_alias(gated.name, "champion", first)
    gated.approvals = whole
    assert gated.settle() == first
    assert gated.settle() == first


@pytest.mark.parametrize(("method", "at"), [("set_registered_model_alias", 1), ("set_model_version_tag", 2)])
def test_a_move_that_was_cut_short_is_finished(gated: Gated, method: str, at: int) -> None:
    version = gated.register()
    gated.say("approved", version)
    whole = gated.approvals
    gated.approvals = Approvals(dying(gated.client, method, at), "dev", gated.records)
    with pytest.raises(Dies):
        gated.settle()
    gated.approvals = whole
    assert gated.settle() == version
    assert gated.client.get_model_version(gated.name, version).tags[promoted_tag("dev")] == "champion"


def test_models_without_approval_are_left_alone(gated: Gated) -> None:
    version = gated.register()
    gated.say("approved", version)
    gated.approvals.settle(model({**configured(), "from": f"models:/{gated.name}@champion"}))
    assert gated.client.get_registered_model(gated.name).aliases == {}


def test_the_record_says_who_when_and_by_which_evidence_and_is_written_once(gated: Gated) -> None:
    version = gated.register()
    for name, value in {"image": "training@sha256:abc", "data": "s3://data/churn/", "run": "churn-1"}.items():
        gated.client.set_model_version_tag(gated.name, version, f"mlplatform.{name}", value)
    gated.ask(version)
    gated.say("approved", version, reason="auc 0.9")
    gated.settle()
    gated.settle()
    kept = gated.kept()
    events = [(each["event"]["what"], each["event"]["by"]) for each in kept]
    assert sorted(events) == [
        ("approved", "ann@example.com"),
        ("asked", "bob@example.com"),
        ("promoted", "ann@example.com"),
    ]
    approved = next(each for each in kept if each["event"]["what"] == "approved")
    assert approved["event"]["reason"] == "auc 0.9"
    assert (approved["stack"], approved["version"]) == ("dev", version)
    evidence = {"image": "training@sha256:abc", "data": "s3://data/churn/", "run": "churn-1", "gate": "passed"}
    assert evidence.items() <= approved["evidence"].items()

    # Another controller, which remembers nothing, writes none of it again.
    gated.client.set_model_version_tag(gated.name, version, "mlplatform.image", "another")
    again = Records(gated.s3, f"s3://{BUCKET}/metadata/releases/", lambda said: "another signature")
    Approvals(gated.client, "dev", again).settle(gated.model())
    assert gated.kept() == kept
    assert public_key_of(SEED)
