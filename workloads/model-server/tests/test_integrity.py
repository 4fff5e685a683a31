"""What the server and batch scoring refuse to load. Records come from the cases that whoever makes them is held to as well."""

import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import mlflow
import pytest

from model_server import integrity, loading, score

CASES = json.loads((Path(__file__).parents[2] / "mlplatform/tests/integrity_cases.json").read_text())


@pytest.mark.parametrize("case", CASES["records"], ids=lambda case: case["what"])
def test_a_record_counts_for_the_version_it_was_made_of(case):
    given = (case["record"], CASES["publicKey"], "churn", case["version"], case["registered"])
    if "refused" not in case:
        assert integrity.recorded_digest(*given) == case["digest"]
        return
    with pytest.raises(integrity.FilesChanged, match=case["refused"]):
        integrity.recorded_digest(*given)


def write(folder, files):
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def test_the_digest_is_that_of_who_records(tmp_path):
    files = CASES["folder"]["files"]
    folder = write(tmp_path / "model", {**files, "registered_model_meta": "added by MLflow"})
    assert integrity.digest_of_folder(folder)[0] == CASES["folder"]["digest"]
    (folder / "more").symlink_to(tmp_path)
    with pytest.raises(integrity.FilesChanged, match="more is a link"):
        integrity.digest_of_folder(folder)


@pytest.fixture
def registry(tmp_path, monkeypatch):
    """A version of which a record is there, and a store that holds its files; neither is MLflow's."""
    monkeypatch.setattr(integrity, "recorded_digest", lambda *given: CASES["folder"]["digest"])
    files = write(tmp_path / "store", CASES["folder"]["files"])
    version = SimpleNamespace(tags={integrity.INTEGRITY_TAG: "record"}, creation_timestamp=1, version="3")
    client = SimpleNamespace(
        get_model_version=lambda name, number: version, get_model_version_by_alias=lambda name, alias: version
    )
    monkeypatch.setattr(mlflow, "MlflowClient", lambda: client)
    monkeypatch.setattr(
        mlflow.artifacts,
        "download_artifacts",
        lambda artifact_uri, dst_path: shutil.copytree(files, dst_path, dirs_exist_ok=True),
    )
    unpickled = []
    monkeypatch.setattr(loading, "load_model_with_mlflow_config", lambda path: unpickled.append(path))
    monkeypatch.setenv(integrity.KEY_VARIABLE, CASES["publicKey"])
    return SimpleNamespace(files=files, unpickled=unpickled, version=version)


def test_a_changed_file_is_refused_before_anything_is_unpickled(registry, tmp_path):
    (registry.files / "data/model.pkl").write_text("weights of somebody else")
    with pytest.raises(integrity.FilesChanged, match="the files of version 3 of churn have changed"):
        loading.load("models:/churn/3", scratch=tmp_path / "scratch")
    assert registry.unpickled == []
    # Nor is what was refused taken for downloaded by the next attempt.
    with pytest.raises(integrity.FilesChanged):
        loading.load("models:/churn@champion", scratch=tmp_path / "scratch")
    assert registry.unpickled == []


def test_unchanged_files_are_loaded(registry, tmp_path):
    with pytest.raises(AttributeError):  # What stands in for MLflow's loader gives no model.
        loading.load("models:/churn/3", scratch=tmp_path / "scratch")
    assert len(registry.unpickled) == 1


def test_without_a_key_nothing_is_compared(registry, tmp_path, monkeypatch):
    monkeypatch.delenv(integrity.KEY_VARIABLE)
    (registry.files / "data/model.pkl").write_text("weights of somebody else")
    with pytest.raises(AttributeError):
        loading.load("models:/churn/3", scratch=tmp_path / "scratch")
    assert len(registry.unpickled) == 1


def test_batch_scoring_refuses_it_with_the_reason(registry, tmp_path, caplog, monkeypatch):
    (registry.files / "data/model.pkl").write_text("weights of somebody else")
    monkeypatch.setattr(score, "load_settings", lambda: SimpleNamespace(scratch=tmp_path / "scratch"))
    arguments = ["--model", "churn", "--from", "models:/churn/3"]
    code = score.main([*arguments, "--input", str(tmp_path / "in"), "--output", str(tmp_path / "out")])
    assert code == 1
    assert "have changed since they were recorded" in caplog.text
    assert registry.unpickled == []
