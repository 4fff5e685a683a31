"""Everything that is known of one version in one archive: the same bytes for the same version and the same rights."""

from __future__ import annotations

import hashlib
import json
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import mlflow
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from mlplatform.history.chain import walk
from mlplatform.history.evidence import EVALUATION, NotRead, checks_in, kept_by_loop, read
from mlplatform.history.manifest import MANIFEST_FILE
from mlplatform.history.page import page
from mlplatform.history.record import RECORD_FILE
from mlplatform.history.versions import Told, decided, states
from mlplatform.integrity import ADDED, INTEGRITY_TAG, FilesChanged, digest_of, sha256_of, verified

#: No entry has a time: a ZIP's own begin here.
NO_TIME = (1980, 1, 1, 0, 0, 0)
SUMS = "SHA256SUMS"
#: Evidence that is read whole; a run may have logged anything.
MOST_BYTES = 10 * 1024 * 1024


class Archive:
    """Entries by name, and what could not be read with the reason."""

    def __init__(self) -> None:
        self.entries: dict[str, bytes] = {}
        self.not_read: dict[str, str] = {}
        #: Whether the files are those that the release path has signed, in words.
        self.signature = ""

    def add_json(self, name: str, content: Any) -> None:
        self.entries[name] = (json.dumps(content, indent=1, sort_keys=True) + "\n").encode()

    def write(self, file: Path) -> None:
        sums = "".join(f"{hashlib.sha256(body).hexdigest()}  {name}\n" for name, body in sorted(self.entries.items()))
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
            for name, body in sorted({**self.entries, SUMS: sums.encode()}.items()):
                entry = zipfile.ZipInfo(name, NO_TIME)
                entry.external_attr, entry.create_system = 0o644 << 16, 3
                archive.writestr(entry, body)


def collect(client: MlflowClient, found: Told, public_key: str = "", s3: Any = None) -> Archive:
    """
    Reads what the caller may read, and names the rest.

    @param public_key of the release path, in hexadecimal; without one, signatures are told and not checked
    @param s3 a client; without one, what the loop has kept in the store is named as not read
    """
    archive, version = Archive(), found.version
    tags = dict(version.tags)
    about = {
        **{"name": version.name, "version": str(version.version), "registered": version.creation_timestamp},
        **{"aliases": sorted(version.aliases), "description": version.description or "", "source": version.source},
        **{"tags": tags, "decisions": decided(version), "states": states(version)},
    }
    archive.add_json("version.json", about)
    links = walk(found, s3)
    archive.add_json("trace.json", {"links": links, "problems": found.problems})
    integrity = _files(archive, found, public_key)
    archive.add_json("integrity.json", integrity)
    archive.signature = str(integrity["state"])
    _run(archive, client, version.run_id)
    _store(archive, found, s3)
    archive.add_json("not_read.json", archive.not_read)
    archive.entries["index.html"] = page(
        about, links, integrity, found.problems, archive.not_read, checks_in(archive.entries.get(EVALUATION, b"{}"))
    ).encode()
    return archive


def _files(archive: Archive, found: Told, public_key: str) -> dict[str, Any]:
    """Digests of every file of the model, and whether they are those that the release path has signed."""
    version = found.version
    try:
        with tempfile.TemporaryDirectory() as scratch:
            uri = f"models:/{version.name}/{version.version}"
            folder = Path(mlflow.artifacts.download_artifacts(uri, dst_path=scratch))
            listed = [
                {"path": path.relative_to(folder).as_posix(), "bytes": path.stat().st_size, "sha256": sha256_of(path)}
                for path in sorted(folder.rglob("*"))
                if path.is_file() and path.relative_to(folder).as_posix() not in ADDED
            ]
            for name in (RECORD_FILE, MANIFEST_FILE, "MLmodel", "drift_baseline.json"):
                if (folder / name).is_file():
                    archive.entries[f"model/{name}"] = (folder / name).read_bytes()
    except (MlflowException, OSError) as error:
        archive.not_read["model"] = str(error)
        return {"state": "the files could not be read"}
    archive.add_json("model_files.json", listed)
    digest, count = digest_of((str(each["path"]), str(each["sha256"])) for each in listed)
    return {"digest": digest, "files": count, **_signature(found, digest, public_key)}


def _signature(found: Told, digest: str, public_key: str) -> dict[str, Any]:
    version = found.version
    record = version.tags.get(INTEGRITY_TAG)
    if record is None:
        return {"state": "not signed: the release path has not recorded the files of this version"}
    if not public_key:
        return {"state": "not checked: no public key was given", "record": record}
    try:
        statement = verified(record, public_key, version.name, str(version.version), version.creation_timestamp)
    except FilesChanged as error:
        return {"state": f"not valid: {error}", "record": record}
    if statement.digest != digest:
        return {"state": f"not valid: the files have changed since {statement.at}", "record": record}
    return {"state": f"valid: signed by {statement.by} at {statement.at}", "record": record}


def _run(archive: Archive, client: MlflowClient, run_id: str | None) -> None:
    if not run_id:
        archive.not_read["run"] = "the version was made of no run"
        return
    try:
        run = client.get_run(run_id)
        history = {
            name: [[each.step, each.value, each.timestamp] for each in client.get_metric_history(run_id, name)]
            for name in sorted(run.data.metrics)
        }
        inputs = [each.dataset.to_dictionary() for each in run.inputs.dataset_inputs] if run.inputs else []
        archive.add_json(
            "run.json",
            {
                **{
                    "run": run_id,
                    "status": run.info.status,
                    "started": run.info.start_time,
                    "ended": run.info.end_time,
                },
                **{"parameters": run.data.params, "metrics": history, "tags": run.data.tags, "inputs": inputs},
            },
        )
        for file in client.list_artifacts(run_id):
            if not file.is_dir and file.path.endswith(".json") and (file.file_size or 0) <= MOST_BYTES:
                with tempfile.TemporaryDirectory() as scratch:
                    archive.entries[f"run/{file.path}"] = Path(
                        client.download_artifacts(run_id, file.path, scratch)
                    ).read_bytes()
    except (MlflowException, OSError) as error:
        archive.not_read["run"] = str(error)


def _store(archive: Archive, found: Told, s3: Any) -> None:
    for name, uri in kept_by_loop(found).items():
        try:
            archive.entries[name] = read(s3, uri)
        except NotRead as error:
            archive.not_read[uri] = str(error)
