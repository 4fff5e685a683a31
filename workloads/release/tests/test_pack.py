"""Packing, from a directory, a bucket (simulated by moto) and a real MLflow server."""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from conftest import bucket
from model_release.artifacts import Unpackable
from model_release.command import main
from model_release.pack import PART_BYTES, PackedEnvironment, Stopped, decided, pack

BUCKET = "artifacts"
TARGET = f"s3://{BUCKET}/models/churn/3/model.tar.gz"


@pytest.fixture
def s3(aws: str) -> Any:
    with bucket(aws, BUCKET) as client:
        yield client


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    (folder / "data").mkdir(parents=True)
    (folder / "MLmodel").write_text("flavors: {}\n")
    (folder / "data" / "model.bin").write_bytes(os.urandom(100_000))
    (folder / "requirements.txt").write_text("scikit-learn\n")
    return folder


def packed(s3: Any, target: str = TARGET) -> bytes:
    body: bytes = s3.get_object(Bucket=BUCKET, Key=target.split("/", 3)[3])["Body"].read()
    return body


def names(archive: bytes) -> list[str]:
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        return tar.getnames()


def unfinished(s3: Any) -> list[Any]:
    found: list[Any] = s3.list_multipart_uploads(Bucket=BUCKET).get("Uploads", [])
    return found


def test_the_archive_has_mlmodel_at_its_root_and_every_file(s3: Any, directory: Path) -> None:
    assert pack(str(directory), TARGET, s3).uploaded
    assert names(packed(s3)) == ["MLmodel", "data/model.bin", "requirements.txt"]
    with tarfile.open(fileobj=io.BytesIO(packed(s3))) as tar:
        file = tar.extractfile("data/model.bin")
        assert file is not None and file.read() == (directory / "data" / "model.bin").read_bytes()


def test_the_same_files_give_the_same_bytes_whatever_their_times_and_owners(s3: Any, directory: Path) -> None:
    pack(str(directory), TARGET, s3)
    first = packed(s3)
    s3.delete_object(Bucket=BUCKET, Key="models/churn/3/model.tar.gz")
    os.utime(directory / "MLmodel", (1, 1))
    (directory / "requirements.txt").chmod(0o600)
    assert pack(str(directory), TARGET, s3).uploaded
    assert packed(s3) == first and first[4:8] == bytes(4), "nor does the compression say when"


def test_the_same_source_is_not_uploaded_again_and_a_changed_one_is(s3: Any, directory: Path) -> None:
    pack(str(directory), TARGET, s3)
    modified = s3.head_object(Bucket=BUCKET, Key="models/churn/3/model.tar.gz")
    assert modified["Metadata"]["source"] == str(directory)
    assert not pack(str(directory), TARGET, s3).uploaded
    (directory / "requirements.txt").write_text("xgboost\n")
    assert pack(str(directory), TARGET, s3).uploaded


def test_a_bucket_prefix_is_packed_like_the_directory_it_was(s3: Any, directory: Path) -> None:
    for path in directory.rglob("*"):
        if path.is_file():
            s3.upload_file(str(path), BUCKET, f"trained/churn/{path.relative_to(directory)}")
    s3.put_object(Bucket=BUCKET, Key="trained/churn/", Body=b"")
    s3.put_object(Bucket=BUCKET, Key="trained/churn-other/MLmodel", Body=b"another model")
    pack(f"s3://{BUCKET}/trained/churn", TARGET, s3)
    of_bucket = packed(s3)
    pack(str(directory), TARGET, s3)
    assert of_bucket == packed(s3)


def test_a_registered_version_is_packed_through_mlflow(s3: Any, registered: str) -> None:
    assert pack(f"models:/{registered}/3", TARGET, s3).uploaded
    assert "MLmodel" in names(packed(s3)) and any(name.startswith("model.") for name in names(packed(s3)))
    assert not pack(f"models:/{registered}/3", TARGET, s3).uploaded
    assert pack(f"models:/{registered}/2", TARGET, s3).uploaded, "another version is another source"


def test_a_registered_version_survives_the_way_and_predicts_the_same(s3: Any, registered: str, tmp_path: Path) -> None:
    import mlflow
    import numpy

    pack(f"models:/{registered}/3", TARGET, s3)
    with tarfile.open(fileobj=io.BytesIO(packed(s3))) as tar:
        tar.extractall(tmp_path, filter="data")
    rows = numpy.random.default_rng(1).normal(size=(20, 3))
    ours = mlflow.pyfunc.load_model(str(tmp_path)).predict(rows)
    assert (ours == mlflow.pyfunc.load_model(f"models:/{registered}/3").predict(rows)).all()


def test_a_directory_without_mlmodel_is_refused(s3: Any, directory: Path) -> None:
    (directory / "MLmodel").unlink()
    with pytest.raises(Unpackable, match="no MLmodel"):
        pack(str(directory), TARGET, s3)
    assert "Contents" not in s3.list_objects_v2(Bucket=BUCKET) and unfinished(s3) == []


@pytest.mark.parametrize("link", ["file", "folder", "dangling"])
def test_links_are_refused(s3: Any, directory: Path, link: str, tmp_path: Path) -> None:
    to = {"file": directory / "MLmodel", "folder": tmp_path, "dangling": tmp_path / "nothing"}[link]
    (directory / "data" / "link").symlink_to(to)
    with pytest.raises(Unpackable, match="link"):
        pack(str(directory), TARGET, s3)


@pytest.mark.parametrize(
    "key", ["../outside", "a/../../outside", "/absolute", "a//b", "a\\..\\b", "MLmodel/inside", "a\nb"]
)
def test_paths_that_lead_out_are_refused(s3: Any, key: str) -> None:
    from model_release.artifacts import Entry, safe_paths

    with pytest.raises(Unpackable):
        safe_paths([Entry("MLmodel", ""), Entry(key, "")])


def test_a_bucket_whose_keys_lead_out_is_refused(s3: Any) -> None:
    s3.put_object(Bucket=BUCKET, Key="evil/MLmodel", Body=b"")
    s3.put_object(Bucket=BUCKET, Key="evil/..%2f/x".replace("%2f", "/"), Body=b"")
    with pytest.raises(Unpackable):
        pack(f"s3://{BUCKET}/evil", TARGET, s3)


@pytest.mark.parametrize("target", ["s3://artifacts/model.zip", "/tmp/model.tar.gz", "s3:///model.tar.gz"])
def test_a_target_that_is_no_archive_in_a_bucket_is_refused(s3: Any, directory: Path, target: str) -> None:
    with pytest.raises(ValueError):
        pack(str(directory), target, s3)


def test_a_large_model_is_streamed_with_a_few_parts_in_memory(s3: Any, directory: Path) -> None:
    size = 6 * PART_BYTES
    with (directory / "data" / "model.bin").open("wb") as file:
        for _ in range(6):
            file.write(os.urandom(PART_BYTES))

    class Uploads:
        """Takes parts and forgets them, so that only the packer's own memory is seen."""

        parts: list[int] = []

        def create_multipart_upload(self, **_: Any) -> Any:
            return {"UploadId": "1"}

        def upload_part(self, Body: bytes, **_: Any) -> Any:
            self.parts.append(len(Body))
            return {"ETag": "e"}

        def complete_multipart_upload(self, **_: Any) -> None: ...

        def head_object(self, **_: Any) -> Any:
            return {"Metadata": {}}

    tracemalloc.start()
    pack(str(directory), TARGET, Uploads())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert sum(Uploads.parts) > size and set(Uploads.parts[:-1]) == {PART_BYTES}
    assert peak < 3 * PART_BYTES


def test_a_stop_or_a_failure_leaves_no_object_and_no_upload(s3: Any, directory: Path) -> None:
    asked = iter([False, False])
    with pytest.raises(Stopped):
        pack(str(directory), TARGET, s3, stopping=lambda: next(asked, True))
    assert unfinished(s3) == [] and "Contents" not in s3.list_objects_v2(Bucket=BUCKET)


@pytest.mark.parametrize(("source", "code"), [("good", 0), ("no model", 1), ("s3://no-such-bucket-here/model", 2)])
def test_the_commands_exit_code_tells_whether_another_attempt_may_help(
    s3: Any, directory: Path, source: str, code: int
) -> None:
    if source == "no model":
        (directory / "MLmodel").unlink()
    given = ["pack", "churn", "--from", source if source.startswith("s3:") else str(directory), "--to", TARGET]
    assert main(given) == code


def archived(s3: Any, **files: bytes) -> PackedEnvironment:
    """Packages of a model's own, as the builder leaves them in the bucket."""
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w:gz") as tar:
        for name, content in {"environment.json": b'{"image": "ab"}', **files}.items():
            info = tarfile.TarInfo(name.replace("__", "/"))
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    s3.put_object(Bucket=BUCKET, Key="environments/ab/cd.tar.gz", Body=held.getvalue())
    digest = hashlib.sha256(held.getvalue()).hexdigest()
    return PackedEnvironment(f"s3://{BUCKET}/environments/ab/cd.tar.gz", digest)


def test_packages_of_a_models_own_go_into_the_package(s3: Any, directory: Path) -> None:
    environment = archived(s3, **{"site__acme.py": b"x = 1"})
    first = pack(str(directory), TARGET, s3, environment=environment)
    assert first.uploaded and names(packed(s3))[-2:] == ["environment/environment.json", "environment/site/acme.py"]
    assert not pack(str(directory), TARGET, s3, environment=environment).uploaded
    # Other packages make another package, and so does none.
    assert pack(str(directory), TARGET, s3, environment=archived(s3, **{"site__acme.py": b"x = 2"})).uploaded
    assert pack(str(directory), TARGET, s3).uploaded and "environment/environment.json" not in names(packed(s3))


def test_packages_that_are_not_what_was_built_end_nowhere(s3: Any, directory: Path) -> None:
    given = PackedEnvironment(archived(s3).uri, "0" * 64)
    with pytest.raises(Unpackable, match="is not the one that was built"):
        pack(str(directory), TARGET, s3, environment=given)
    with pytest.raises(Unpackable, match="is no path below a model"):
        pack(str(directory), TARGET, s3, environment=archived(s3, **{"..__outside.py": b""}))
    s3.put_object(Bucket=BUCKET, Key="environments/ab/cd.tar.gz", Body=b"no archive")
    with pytest.raises(Unpackable, match="damaged"):
        pack(str(directory), TARGET, s3, environment=given)
    (directory / "environment").mkdir()
    (directory / "environment" / "environment.json").write_text("{}")
    with pytest.raises(Unpackable, match="log it without"):
        pack(str(directory), TARGET, s3, environment=archived(s3))
    assert unfinished(s3) == [] and "Contents" not in s3.list_objects_v2(Bucket=BUCKET, Prefix="models/")


def test_what_the_builder_has_decided_is_read_from_the_bucket(s3: Any) -> None:
    def said(verdict: dict[str, Any]) -> str:
        s3.put_object(Bucket=BUCKET, Key="environments/versions/churn/3.json", Body=json.dumps(verdict))
        return f"s3://{BUCKET}/environments/versions/churn/3.json"

    given = {"uri": "s3://artifacts/environments/ab/cd.tar.gz", "sha256": "cd"}
    assert decided(said({"outcome": "fits", "image": "ab"}), s3) is None
    assert decided(said({"outcome": "built", "environment": given}), s3) == PackedEnvironment(**given)
    with pytest.raises(Unpackable, match="no solution"):
        decided(said({"outcome": "refused", "reason": "no solution"}), s3)
