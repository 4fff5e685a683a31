"""From a version to what it was made of, and back, in a registry of MLflow's own code."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from mlflow import MlflowClient

from history_versions import OBJECT, registry, version
from mlplatform.command import main
from mlplatform.history.chain import walk
from mlplatform.history.manifest import MANIFEST_FILE, Manifest, ReadObject
from mlplatform.history.versions import told
from mlplatform.history.writing import MANIFEST_SHA256, RECORD_SHA256
from mlplatform.integrity import INTEGRITY_TAG

MADE = Manifest("s3://lake/churn/", [OBJECT])
OTHER = Manifest("s3://lake/churn/", [ReadObject("s3://lake/churn/a.csv", 9, "v2", "e2")])

UNSURE = ReadObject("s3://lake/shop/b.csv", 4, "v2", "e2")


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A model `line`: version 1 is live and was made of the object, 2 of a newer one, 3 has no record, of 4 the manifest was replaced, of 5 it is not known which version was read."""
    folder = tmp_path_factory.mktemp("trace")
    with pytest.MonkeyPatch.context() as environment, registry(folder) as experiment:
        environment.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
        environment.setenv("GIT_COMMIT", "c" * 40)
        client = MlflowClient()
        first = version(experiment, "line", MADE, source="line.ipynb")
        client.set_registered_model_alias("line", "champion", "1")
        client.set_model_version_tag("line", "1", "mlplatform.dev.kubernetes", "live")
        said = {
            "decision": "approved",
            "by": "bo@example.com",
            "at": "2026-01-01",
            "registered": first.creation_timestamp,
        }
        client.set_model_version_tag("line", "1", "mlplatform.decision.1", json.dumps(said))
        client.set_model_version_tag(
            "line", "1", "mlplatform.decision.2", json.dumps({**said, "registered": 1, "by": "eve"})
        )
        version(experiment, "line", OTHER)
        version(experiment, "line", None)
        version(experiment, "line", MADE)
        version(experiment, "line", Manifest("s3://lake/shop/", [UNSURE], unknown={UNSURE.uri: "perhaps v1"}))
        forged = folder / MANIFEST_FILE
        forged.write_text(OTHER.to_json())
        client.log_model_artifact(client.get_model_version("line", "4").source.removeprefix("models:/"), str(forged))
        yield folder


def links(capsys: pytest.CaptureFixture[str], reference: str, ends: int = 0) -> dict[str, dict]:
    assert main(["trace", reference, "--json"]) == ends
    told = json.loads(capsys.readouterr().out)
    return {**{each["link"]: each for each in told["links"]}, "problems": told["problems"]}


class Kept:
    """The store of a loop that has judged each version."""

    def __init__(self, evaluation: object) -> None:
        self.evaluation = evaluation
        self.asked: list[tuple[str, str]] = []

    def get_object(self, Bucket: str, Key: str) -> dict:
        self.asked.append((Bucket, Key))
        if isinstance(self.evaluation, Exception):
            raise self.evaluation
        return {"Body": io.BytesIO(json.dumps(self.evaluation).encode())}


def gate_of(number: str, s3: Kept | None) -> dict:
    client = MlflowClient()
    return {each["link"]: each for each in walk(told(client, client.get_model_version("line", number)), s3)}["gate"]


SIZE = {
    "name": "size of the model in MiB",
    "effect": "block",
    "passed": True,
    "value": 1.5,
    "bound": "at most 500.0000",
}
FAIR = {
    "name": "ratio of roc_auc by region",
    "effect": "warn",
    "passed": False,
    "value": None,
    "bound": "at least 0.9000",
}


def test_the_gate_s_checks_are_told_each_with_how_it_went(lines: Path, capsys: pytest.CaptureFixture[str]) -> None:
    client = MlflowClient()
    client.set_model_version_tag(
        "line", "3", "mlplatform.package", "s3://data/stack/models/line/run-7/output/model.tar.gz"
    )
    client.set_model_version_tag("line", "3", "mlplatform.gate", "passed")
    s3 = Kept({"checks": [SIZE, FAIR]})
    assert gate_of("3", s3)["is"] == [
        {"verdict": "passed"},
        {"check": "size of the model in MiB", "found": "1.5000, at most 500.0000: passed"},
        {"check": "ratio of roc_auc by region", "found": "not measured, at least 0.9000: only warned"},
    ]
    assert s3.asked == [("data", "stack/models/line/run-7/baseline/evaluation.json")]
    client.delete_model_version_tag("line", "3", "mlplatform.gate")
    assert gate_of("3", Kept({}))["unknown"] == "the gate looked at nothing beside its metric"
    assert gate_of("3", Kept(OSError("away")))["unknown"].endswith("cannot be read: OSError: away")
    assert gate_of("3", None)["unknown"].endswith("no credentials of the store were given")
    assert gate_of("2", s3)["unknown"] == "no loop has judged this version"
    client.set_model_version_tag("line", "3", "mlplatform.gate", "roc_auc is 0.7, at least 0.8 is asked")
    main(["trace", "line/3"])
    assert "gate      roc_auc is 0.7, at least 0.8 is asked\n" in capsys.readouterr().out
    client.delete_model_version_tag("line", "3", "mlplatform.gate")
    client.delete_model_version_tag("line", "3", "mlplatform.package")


def test_a_live_version_is_walked_from_its_endpoint_to_its_data(
    lines: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = links(capsys, "line@champion")
    assert list(found) == ["endpoint", "version", "gate", "package", "job", "image", "commit", "data", "problems"]
    assert found["endpoint"]["is"] == [{"stack": "dev", "target": "kubernetes", "state": "live"}]
    assert found["version"]["is"]["aliases"] == ["champion"]
    assert [each["by"] for each in found["version"]["is"]["decisions"]] == ["bo@example.com"]
    assert found["job"]["is"]["source"] == "line.ipynb"
    assert found["commit"]["is"] == {"commit": "c" * 40, "changed": False}
    [data] = found["data"]["is"]["objects"]
    assert (data["uri"], data["version_id"]) == (OBJECT.uri, "v1")
    assert "cannot tell which one" in found["image"]["unknown"]


def test_people_read_it_line_by_line(lines: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["trace", "line/1"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[0] == "endpoint  dev kubernetes live"
    assert "commit    commit: " + "c" * 40 in told
    assert any(line.startswith("image     not known: code outside") for line in told)
    assert f"          {OBJECT.uri}  v1  4 bytes" in told


def test_of_a_version_without_a_record_every_link_says_that_it_is_not_known(
    lines: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = links(capsys, "line/3")
    for name in ("image", "commit", "data"):
        assert found[name]["unknown"] == "the version was registered without one"


def test_a_manifest_that_is_not_the_registered_one_is_told_and_not_believed(
    lines: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = links(capsys, "line/4", ends=1)
    assert "unknown" in found["data"]
    [problem] = found["problems"]
    assert problem.startswith("data_manifest.json is not the one that was registered")


@pytest.mark.parametrize(
    ("tag", "file"), [(MANIFEST_SHA256, "data_manifest.json"), (RECORD_SHA256, "training_record.json")]
)
def test_a_file_whose_tag_is_gone_is_told_and_not_believed(
    lines: Path, capsys: pytest.CaptureFixture[str], tag: str, file: str
) -> None:
    client = MlflowClient()
    recorded = client.get_model_version("line", "2").tags[tag]
    client.delete_model_version_tag("line", "2", tag)
    try:
        found = links(capsys, "line/2", ends=1)
    finally:
        client.set_model_version_tag("line", "2", tag, recorded)
    [problem] = found["problems"]
    assert (
        problem
        == f"{file} is there, and the version's tag {tag}, which tells whether it is the registered one, is gone"
    )
    assert "unknown" in found["data" if file == MANIFEST_FILE else "commit"]
    assert links(capsys, "line/2")["problems"] == []


def test_whether_files_were_recorded_is_told_and_no_signature_is_claimed(
    lines: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    client = MlflowClient()
    assert links(capsys, "line/1")["version"]["is"]["integrity_record"] == "there is none"
    client.set_model_version_tag("line", "1", INTEGRITY_TAG, "{}")
    try:
        told = links(capsys, "line/1")["version"]["is"]["integrity_record"]
    finally:
        client.delete_model_version_tag("line", "1", INTEGRITY_TAG)
    assert told == "there, and not checked: mlplatform audit --public-key checks it"


def test_an_object_leads_to_the_versions_that_were_made_of_it(lines: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def made(*arguments: str) -> tuple[list[str], list[str]]:
        assert main(["trace", "--json", *arguments]) == 0
        told = json.loads(capsys.readouterr().out)
        return [each["version"] for each in told["versions"]], sorted(told["unknown"])

    assert made("--used-by", OBJECT.uri) == (["line/2", "line/1"], ["line/3", "line/4"])
    assert made("--used-by", OBJECT.uri, "--version-id", "v1") == (["line/1"], ["line/3", "line/4"])
    assert made("--used-by", UNSURE.uri, "--version-id", "v1")[0] == ["line/5"]
    assert main(["trace", "--used-by", UNSURE.uri]) == 0
    assert f"line/5: {UNSURE.uri}, version v2, 4 bytes (not known which version: perhaps v1)" in capsys.readouterr().out
    assert made("--used-by", "s3://lake/churn/")[0] == ["line/2", "line/1"]
    assert made("line", "--used-by", "s3://lake/chur")[0] == []


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["line/9"], "line/9: "),
        (["line@nobody"], "line@nobody: "),
        (["line"], "names no version: write MODEL@ALIAS or MODEL/VERSION"),
        ([], "which version?"),
    ],
)
def test_what_is_not_there_is_refused_with_the_reason(
    lines: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], reason: str
) -> None:
    assert main(["trace", *arguments]) == 2
    assert reason in capsys.readouterr().err
