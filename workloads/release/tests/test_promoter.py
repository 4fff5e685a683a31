"""From the registry of one stack to that of another: a real MLflow, which both are in by other names, and moto's bucket between them."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import mlflow
import pytest
from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion

from conftest import bucket
from local_platform.mlflow_server import MlflowServer
from mlplatform.history.chain import walk
from mlplatform.history.versions import told
from mlplatform.integrity import INTEGRITY_TAG, FilesChanged, digest_of, public_key_of, signature
from mlplatform.registry import BASELINE_TAG, PROMOTION_TAG
from model_release.approval import gate_tag, promoted_tag
from model_release.decisions import DECISION_TAG
from model_release.integrity import SEED_VARIABLE, Integrity
from model_release.offering import Offering
from model_release.offers import Current, Named, Refused, read_current, sha256, signed
from model_release.promoter import Promoter, PromoterMetrics
from model_release.promoter_config import OfferedModel, Producer, TakenModel, parse
from model_release.taking import OFFER_TAG, RejectedHere, Revoked, Taking

BUCKET = "promotions-of-dev"
DEV, PROD = "made-up-secret-of-dev", "made-up-secret-of-prod"
# As moto has it.
ACCOUNT = "123456789012"


@pytest.fixture
def s3(aws: str) -> Any:
    with bucket(aws, BUCKET) as client:
        yield client


class Stacks:
    """The stack `dev` with a model whose versions are approved, and `prod`, which takes it."""

    def __init__(self, server: MlflowServer, s3: Any, name: str, folder: Path) -> None:
        mlflow.set_tracking_uri(server.uri)
        self.client, self.s3, self.folder, self.server = MlflowClient(), s3, folder, server
        self.there, self.here = f"{name}-dev", f"{name}-prod"
        self.experiment = self.client.create_experiment(self.there)
        self.client.create_registered_model(self.there)
        self.now, self.said = 1000.0, 0
        self.files: dict[str, Path] = {}
        self.offered = OfferedModel("churn", self.there, "champion", ("kubernetes",))
        producer = Producer("dev", ACCOUNT, "eu-west-1", BUCKET, public_key_of(DEV))
        self.taken = TakenModel("churn", self.here, "champion", "churn", producer)
        by_dev, by_prod = Integrity(self.client, DEV, "promoter"), Integrity(self.client, PROD, "promoter")
        scratch, below = str(folder), f"s3://{BUCKET}/promotions/"
        self.offering = Offering(self.client, s3, below, "dev", by_dev, scratch, clock=lambda: self.now)
        self.taking = Taking(self.client, lambda _region: s3, "prod", by_prod, scratch)

    def register(self) -> str:
        """A version of a run that has written what it was trained on."""
        run = self.client.create_run(self.experiment)
        self.client.log_metric(run.info.run_id, "validation/roc_auc", 0.9)
        self.client.log_param(run.info.run_id, "depth", "3")
        logged = self.client.create_logged_model(self.experiment, "model", run.info.run_id)
        number = len(self.files) + 1
        made = self.folder / f"made-{number}"
        (made / "data").mkdir(parents=True)
        (made / "data/model.pkl").write_bytes(f"weights {number}".encode())
        (made / "MLmodel").write_text("flavors: {}\n")
        (made / "drift_baseline.json").write_text("{}")
        self.client.log_model_artifacts(logged.model_id, str(made))
        self.client.finalize_logged_model(logged.model_id, "READY")
        stored = self.server.folder / f"artifacts/{self.experiment}/models/{logged.model_id}/artifacts"
        version = self.client.create_model_version(
            self.there,
            source=logged.model_uri,
            run_id=run.info.run_id,
            model_id=logged.model_id,
            tags={"history.commit": "c" * 40, "mlplatform.image": "registry/churn@sha256:1"},
        )
        self.files[str(version.version)] = stored / "data/model.pkl"
        return str(version.version)

    def decide(self, version: str, what: str) -> None:
        self.said += 1
        registered = self.client.get_model_version(self.there, version).creation_timestamp
        content = {"decision": what, "by": "bo@example.com", "at": f"2026-01-01T00:00:{self.said:02}Z"}
        key = f"{DECISION_TAG}{self.said:02}"
        self.client.set_model_version_tag(
            self.there, version, key, json.dumps({**content, "registered": registered, "reason": "seen"})
        )

    def go_live(self, version: str, state: str = "live") -> None:
        """As approvals and the release controller leave it."""
        self.decide(version, "approved")
        for key, value in ((gate_tag("dev"), "passed"), (promoted_tag("dev"), "champion")):
            self.client.set_model_version_tag(self.there, version, key, value)
        self.client.set_model_version_tag(self.there, version, "mlplatform.dev.kubernetes", state)
        self.client.set_registered_model_alias(self.there, "champion", version)

    def live(self) -> str:
        version = self.register()
        self.go_live(version)
        return version

    def offer(self) -> Current | None:
        self.now += 60
        return self.offering.offer(self.offered)

    def reject_here(self, version: ModelVersion) -> None:
        said = {"decision": "rejected", "by": "ann", "at": "2026-01-02", "registered": version.creation_timestamp}
        tag = {**said, "reason": "seen"}
        self.client.set_model_version_tag(self.here, version.version, f"{DECISION_TAG}1", json.dumps(tag))

    def champion(self) -> ModelVersion:
        found = self.client.get_model_version_by_alias(self.here, "champion")
        return self.client.get_model_version(self.here, found.version)

    def body(self, key: str) -> bytes:
        found: bytes = self.s3.get_object(Bucket=BUCKET, Key=f"promotions/churn/{key}")["Body"].read()
        return found

    def put(self, key: str, body: bytes) -> None:
        self.s3.put_object(Bucket=BUCKET, Key=f"promotions/churn/{key}", Body=body)

    def stored(self) -> list[str]:
        listed = self.s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])
        return sorted(each["Key"].removeprefix("promotions/churn/") for each in listed)


@pytest.fixture
def stacks(mlflow_server: MlflowServer, s3: Any, request: pytest.FixtureRequest, tmp_path: Path) -> Stacks:
    return Stacks(mlflow_server, s3, request.node.name.replace("[", "-").replace("]", ""), tmp_path)


class TestOffering:
    def test_is_of_what_was_approved_and_is_live(self, stacks: Stacks) -> None:
        version = stacks.live()
        current = stacks.offer()
        assert current is not None and current.current is not None
        folder = current.current.folder
        assert current.current.version == version
        assert stacks.stored() == sorted(
            [
                "current.json",
                *(f"{folder}/files/{name}" for name in ("MLmodel", "data/model.pkl", "drift_baseline.json")),
            ]
            + [f"{folder}/offer.json"]
        )
        said = json.loads(json.loads(stacks.body(f"{folder}/offer.json"))["statement"])
        assert said["tags"] == {"history.commit": "c" * 40}
        assert (said["metrics"], said["params"]) == ({"validation/roc_auc": 0.9}, {"depth": "3"})
        assert [(each["what"], each["by"]) for each in said["decisions"]] == [("approved", "bo@example.com")]
        assert (said["evidence"]["gate"], said["evidence"]["image"]) == ("passed", "registry/churn@sha256:1")

    def test_is_of_nothing_before(self, stacks: Stacks) -> None:
        version = stacks.register()
        assert stacks.offer() is None
        stacks.decide(version, "approved")
        assert stacks.offer() is None, "approved, and not live"
        stacks.go_live(version, "canary")
        assert stacks.offer() is None, "still tried"
        stacks.go_live(version, "rolled-back: 9 of 10 answers failed")
        assert stacks.offer() is None
        assert stacks.stored() == []

    def test_is_written_once(self, stacks: Stacks) -> None:
        stacks.live()
        first = stacks.offer()
        assert stacks.offer() == first

    def test_stays_with_what_answers_while_the_next_is_tried(self, stacks: Stacks) -> None:
        first = stacks.live()
        before = stacks.offer()
        second = stacks.register()
        stacks.go_live(second, "canary")
        assert stacks.offer() == before
        stacks.client.set_model_version_tag(stacks.there, first, "mlplatform.dev.kubernetes", "retired")
        stacks.go_live(second)
        after = stacks.offer()
        assert after is not None and before is not None and after.current is not None
        assert after.current.version == second
        assert [each.version for each in after.approved] == [first, second]
        assert after.serial > before.serial

    def test_that_is_rejected_is_taken_back(self, stacks: Stacks) -> None:
        first, second = stacks.live(), stacks.live()
        stacks.client.set_registered_model_alias(stacks.there, "champion", first)
        stacks.offer()
        stacks.client.set_registered_model_alias(stacks.there, "champion", second)
        stacks.offer()
        stacks.decide(second, "rejected")
        current = stacks.offer()
        assert current is not None and current.current is not None
        assert (current.current.version, current.revoked) == (first, (second,))
        stacks.decide(first, "rejected")
        current = stacks.offer()
        assert current is not None
        assert (current.current, current.approved, current.revoked) == (None, (), (first, second))

    def test_stands_while_a_target_is_added(self, stacks: Stacks) -> None:
        first = stacks.live()
        stacks.offer()
        stacks.client.set_model_version_tag(stacks.there, first, "mlplatform.dev.kubernetes", "retired")
        second = stacks.live()
        before = stacks.offer()
        stacks.offered = replace(stacks.offered, targets=("kubernetes", "sagemaker"))
        assert stacks.offer() == before
        assert before is not None and [each.version for each in before.approved] == [first, second]
        third = stacks.live()
        assert stacks.offer() == before, "live on one of two"
        stacks.client.set_model_version_tag(stacks.there, third, "mlplatform.dev.sagemaker", "live")
        after = stacks.offer()
        assert after is not None and after.current is not None
        assert (after.current.version, after.revoked) == (third, ())
        assert [each.version for each in after.approved] == [first, second, third]

    def test_stands_while_its_version_is_tried_again(self, stacks: Stacks) -> None:
        version = stacks.live()
        before = stacks.offer()
        for key, value in ((promoted_tag("dev"), "moving"), ("mlplatform.dev.kubernetes", "canary")):
            stacks.client.set_model_version_tag(stacks.there, version, key, value)
        assert stacks.offer() == before

    def test_that_is_rolled_back_or_deleted_is_taken_back(self, stacks: Stacks) -> None:
        first, second, third = (stacks.live() for _ in range(3))
        for each in (first, second, third):
            stacks.client.set_registered_model_alias(stacks.there, "champion", each)
            stacks.offer()
        stacks.client.set_model_version_tag(stacks.there, third, "mlplatform.dev.kubernetes", "rolled-back: slow")
        stacks.client.delete_model_version(stacks.there, second)
        for _ in range(2):
            current = stacks.offer()
            assert current is not None and current.current is not None
            assert (current.current.version, current.revoked) == (first, (second, third))
            assert [each.version for each in current.approved] == [first]

    def test_that_was_taken_back_is_no_more_once_it_is_live_again(self, stacks: Stacks) -> None:
        version = stacks.live()
        stacks.offer()
        stacks.decide(version, "rejected")
        stacks.offer()
        stacks.go_live(version)
        current = stacks.offer()
        assert current is not None and current.current is not None
        assert (current.current.version, current.revoked) == (version, ())

    def test_of_files_that_have_changed_is_none(self, stacks: Stacks) -> None:
        version = stacks.live()
        Integrity(stacks.client, DEV, "registrar").ensure(f"models:/{stacks.there}/{version}")
        stacks.files[version].write_bytes(b"somebody else's")
        with pytest.raises(FilesChanged):
            stacks.offer()
        assert [key for key in stacks.stored() if key.endswith(("current.json", "offer.json"))] == []

    def test_counts_on_from_a_clock_that_was_set_back(self, stacks: Stacks) -> None:
        version = stacks.live()
        first = stacks.offer()
        stacks.now = 5
        stacks.decide(version, "rejected")
        second = stacks.offer()
        assert first is not None and second is not None and second.serial > first.serial

    def test_passes_over_what_it_has_not_signed_itself(self, stacks: Stacks) -> None:
        version = stacks.live()
        forged = Current("dev", "churn", 10**15, Named("7", 1, "0" * 64))
        stacks.put("current.json", forged.record(lambda said: signature(said, "somebody else's")))
        current = stacks.offer()
        assert current is not None and current.current is not None
        assert (current.current.version, current.revoked) == (version, ())


class TestTaking:
    def test_brings_files_record_decisions_and_the_alias(self, stacks: Stacks) -> None:
        version = stacks.live()
        stacks.offer()
        assert stacks.taking.take(stacks.taken) == "1"
        found = stacks.champion()
        assert found.tags["history.commit"] == "c" * 40
        assert found.tags[BASELINE_TAG] == f"models:/{stacks.here}/1/drift_baseline.json"
        origin = json.loads(found.tags[PROMOTION_TAG])
        assert (origin["stack"], origin["version"]) == ("dev", version)
        assert origin["decisions"][0]["by"] == "bo@example.com"
        run = stacks.client.get_run(found.run_id).data
        assert (run.metrics, run.params) == ({"validation/roc_auc": 0.9}, {"depth": "3"})
        Integrity(stacks.client, PROD, "release-controller").verify(f"models:/{stacks.here}/1")
        with pytest.raises(FilesChanged, match="not signed by the release path"):
            Integrity(stacks.client, DEV, "dev").verify(f"models:/{stacks.here}/1")
        promoted = {each["link"]: each for each in walk(told(stacks.client, found))}["promoted"]["is"]
        assert promoted["from"] == f"churn/{version} of the stack dev, account {ACCOUNT}"
        assert promoted["gate"] == "passed"

    def test_is_done_once(self, stacks: Stacks) -> None:
        stacks.live()
        stacks.offer()
        assert [stacks.taking.take(stacks.taken) for _ in range(3)] == ["1", "1", "1"]

    def test_waits_for_the_first_approval(self, stacks: Stacks) -> None:
        assert stacks.taking.take(stacks.taken) is None

    def test_goes_on_where_it_ended_before_the_alias(self, stacks: Stacks, monkeypatch: pytest.MonkeyPatch) -> None:
        stacks.live()
        stacks.offer()
        with monkeypatch.context() as broken, pytest.raises(OSError):
            broken.setattr(Taking, "_move", ended)
            stacks.taking.take(stacks.taken)
        assert stacks.taking.take(stacks.taken) == "1"
        assert INTEGRITY_TAG in stacks.champion().tags

    def test_leaves_no_version_of_a_file_that_differs(self, stacks: Stacks) -> None:
        stacks.live()
        current = stacks.offer()
        assert current is not None and current.current is not None
        stacks.put(f"{current.current.folder}/files/data/model.pkl", b"weights of somebody else")
        with pytest.raises(Refused, match="data/model.pkl of version 1 is not the file that was offered"):
            stacks.taking.take(stacks.taken)
        assert stacks.client.search_model_versions(f"name = '{stacks.here}'") == []

    def test_refuses_what_another_key_has_signed(self, stacks: Stacks) -> None:
        stacks.live()
        current = stacks.offer()
        assert current is not None
        stacks.put("current.json", current.record(lambda said: signature(said, "somebody else's")))
        with pytest.raises(Refused, match=r"current\.json is not signed by the stack dev"):
            stacks.taking.take(stacks.taken)

    def test_refuses_an_offer_that_was_exchanged(self, stacks: Stacks) -> None:
        stacks.live()
        current = stacks.offer()
        assert current is not None and current.current is not None
        key = f"{current.current.folder}/offer.json"
        said = json.loads(json.loads(stacks.body(key))["statement"])
        said["files"]["data/model.pkl"] = "0" * 64
        stacks.put(key, signed("mlplatform.offer/1", said, lambda text: signature(text, DEV)))
        with pytest.raises(Refused, match="its digest differs"):
            stacks.taking.take(stacks.taken)

    @pytest.mark.parametrize("change", [{"stack": "other"}, {"model": "attrition"}, {"kind": "mlplatform.offer/1"}])
    def test_refuses_a_statement_of_something_else(self, stacks: Stacks, change: dict[str, str]) -> None:
        stacks.live()
        stacks.offer()
        said = {**json.loads(json.loads(stacks.body("current.json"))["statement"]), **change}
        kind = said.pop("kind")
        stacks.put("current.json", signed(kind, said, lambda text: signature(text, DEV)))
        with pytest.raises(Refused):
            stacks.taking.take(stacks.taken)

    def test_refuses_what_was_said_before_a_revocation(self, stacks: Stacks) -> None:
        version = stacks.live()
        stacks.offer()
        before = stacks.body("current.json")
        stacks.taking.take(stacks.taken)
        stacks.decide(version, "rejected")
        stacks.offer()
        with pytest.raises(Revoked):
            stacks.taking.take(stacks.taken)
        stacks.put("current.json", before)
        with pytest.raises(Refused, match="older than what was heard before"):
            stacks.taking.take(stacks.taken)

    def test_refuses_a_path_that_leads_out(self, stacks: Stacks) -> None:
        stacks.live()
        current = stacks.offer()
        assert current is not None and current.current is not None
        key = f"{current.current.folder}/offer.json"
        said = json.loads(json.loads(stacks.body(key))["statement"])
        said["files"]["../../escaped"] = "0" * 64
        said["digest"] = digest_of(said["files"].items())[0]
        del said["kind"]
        offer = signed("mlplatform.offer/1", said, lambda text: signature(text, DEV))
        stacks.put(key, offer)
        named = replace(current.current, offer=sha256(offer))
        stacks.put("current.json", replace(current, current=named).record(lambda text: signature(text, DEV)))
        with pytest.raises(Refused, match="is no path below a model"):
            stacks.taking.take(stacks.taken)

    def test_goes_back_to_the_last_that_is_still_approved(self, stacks: Stacks) -> None:
        first = stacks.live()
        stacks.offer()
        stacks.taking.take(stacks.taken)
        second = stacks.live()
        stacks.offer()
        assert stacks.taking.take(stacks.taken) == "2"
        stacks.decide(second, "rejected")
        stacks.client.set_registered_model_alias(stacks.there, "champion", first)
        stacks.offer()
        assert stacks.taking.take(stacks.taken) == "1"
        assert str(stacks.champion().version) == "1"

    def test_keeps_what_is_live_where_nothing_is_left(self, stacks: Stacks) -> None:
        version = stacks.live()
        stacks.offer()
        stacks.taking.take(stacks.taken)
        stacks.decide(version, "rejected")
        stacks.offer()
        with pytest.raises(Revoked, match=r"revoked: 1\): version 1 stays live"):
            stacks.taking.take(stacks.taken)
        assert str(stacks.champion().version) == "1"

    def test_heeds_who_rejects_here(self, stacks: Stacks) -> None:
        stacks.live()
        stacks.offer()
        stacks.taking.take(stacks.taken)
        stacks.live()
        stacks.offer()
        stacks.taking.take(stacks.taken)
        stacks.reject_here(stacks.champion())
        assert stacks.taking.take(stacks.taken) == "1"
        stacks.reject_here(stacks.champion())
        with pytest.raises(
            RejectedHere, match=r"here \(version 1, 1 there; version 2, 2 there\): version 1 stays live"
        ):
            stacks.taking.take(stacks.taken)

    def test_tells_who_took_back_what_is_live(self, stacks: Stacks) -> None:
        stacks.live()
        stacks.offer()
        stacks.taking.take(stacks.taken)
        stacks.reject_here(stacks.champion())
        second = stacks.live()
        stacks.offer()
        assert stacks.taking.take(stacks.taken) == "2"
        stacks.decide(second, "rejected")
        stacks.offer()
        with pytest.raises(Revoked, match=r"revoked: 2\): version 2 stays live"):
            stacks.taking.take(stacks.taken)
        # As one that was registered here before another stack's were taken.
        stacks.client.delete_model_version_tag(stacks.here, "2", OFFER_TAG)
        with pytest.raises(RejectedHere, match=r"here \(version 1, 1 there\): version 2 stays live"):
            stacks.taking.take(stacks.taken)

    def test_asks_for_the_account_that_the_bucket_must_be_of(self, stacks: Stacks) -> None:
        asked: list[str] = []
        stacks.s3.meta.events.register(
            "provide-client-params.s3.ListObjectsV2", lambda params, **_: asked.append(params["ExpectedBucketOwner"])
        )
        assert stacks.taking.take(stacks.taken) is None
        assert asked == [ACCOUNT]


def ended(*_: Any) -> None:
    raise OSError("ended here")


class TestPromoter:
    @pytest.fixture
    def config(self, tmp_path: Path) -> Path:
        file = tmp_path / "promoter.json"
        producer = {"stack": "dev", "accountId": ACCOUNT, "region": "eu-west-1", "bucket": BUCKET, "publicKey": "00"}
        model = {"name": "churn", "from": "models:/churn@champion"}
        given = {
            **{"stack": "prod", "region": "eu-west-1", "offers": f"s3://{BUCKET}/promotions/"},
            "offered": [{**model, "name": "attrition", "targets": ["kubernetes"]}],
            "taken": [{**model, "model": "churn", "producer": producer}],
        }
        file.write_text(json.dumps(given))
        return file

    @pytest.mark.parametrize(
        ("fault", "expected"),
        [
            (None, (0, 0, 0, None, 60)),
            (Refused("unsigned"), (1, 0, 0, None, 60)),
            (FilesChanged("others"), (1, 0, 0, None, 60)),
            (Revoked("none is left"), (0, 1, 0, None, 60)),
            (RejectedHere("by ann"), (0, 0, 1, None, 60)),
            (ValueError("away"), (None, None, None, 1, None)),
        ],
    )
    def test_tells_what_became_of_a_look(
        self, config: Path, fault: Exception | None, expected: tuple[Any, ...], capsys: pytest.CaptureFixture[str]
    ) -> None:
        metrics = PromoterMetrics()
        looked: list[str] = []

        class Looks:
            def __init__(self, kind: str) -> None:
                self.kind = kind

            def look(self, model: Any) -> None:
                looked.append(f"{self.kind} {model.name}")
                if fault and self.kind == "taken":
                    raise fault

            offer = take = look

        promoter = Promoter(config, lambda _: Looks("offered"), lambda _: Looks("taken"), metrics, lambda: 60.0)  # type: ignore[arg-type, return-value]
        promoter.turn(threading.Event())
        assert looked == ["offered attrition", "taken churn"]
        value = metrics.registry.get_sample_value
        labels = {"model": "churn", "direction": "taken"}
        counted = [
            value(f"model_promotion_{name}", labels) for name in ("failures_total", "last_look_timestamp_seconds")
        ]
        gauges = (value(f"model_promotion_{name}", {"model": "churn"}) for name in ("refused", "revoked", "rejected"))
        assert (*gauges, *counted) == expected

    @pytest.mark.parametrize(
        ("change", "says"),
        [
            (lambda given: given.pop("offers"), "'offers' is missing"),
            (lambda given: given["taken"][0].update({"from": "models:/churn/1"}), "has to be models:/<name>@<alias>"),
            (lambda given: given["taken"][0].update({"producer": []}), "another shape"),
        ],
    )
    def test_says_what_is_wrong_with_its_file(self, config: Path, change: Callable[[Any], Any], says: str) -> None:
        given = json.loads(config.read_text())
        change(given)
        with pytest.raises(ValueError, match=says):
            parse(json.dumps(given))

    def test_offers_nothing_without_a_key(self, config: Path) -> None:
        from model_release.command import main

        os.environ.pop(SEED_VARIABLE, None)
        assert main(["promote", "--config", str(config)]) == 1


def test_of_a_statement_without_its_parts_the_reason_is_told() -> None:
    body = signed("mlplatform.current/1", {"stack": "dev", "model": "churn"}, lambda text: signature(text, DEV))
    with pytest.raises(Refused, match="another shape"):
        read_current(body, public_key_of(DEV), "dev", "churn")
