"""Does a training again: the same code, values and objects, by the command that the loop runs; and compares."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from mlplatform.history import record as records
from mlplatform.history.manifest import FINAL, Manifest, ReadObject
from mlplatform.history.record import ReadFile, TrainingRecord
from mlplatform.history.recording import commit_of, installed

#: Those whose training is the command `training train`.
LOOPS = ("stepFunctions", "sagemakerPipelines", "airflow")
#: Of what is installed: it changes no number.
WITHOUT_EFFECT = ("mlplatform", "training-template", "mlflow", "mlflow-skinny")


class NotRepeatable(Exception):
    """It cannot be done again as it was; the message has every reason."""


@dataclass(frozen=True)
class Compared:
    metric: str
    old: float | None
    new: float | None

    def within(self, tolerance: float) -> bool:
        return self.old is not None and self.new is not None and abs(self.new - self.old) <= tolerance


def unlike(record: TrainingRecord, code: Path, other_packages: bool = False) -> list[str]:
    """Why it cannot be repeated here, whatever its data are: every reason, in sentences that say what would do.

    @param code a folder of the repository that the training's image was built from
    """
    reasons = []
    if record.engine not in LOOPS:
        reasons.append(f"a {record.engine or 'run without a record'} made it, and nothing says by which command")
    if not record.project or not record.files:
        why = record.unknown.get("record", "its record names no project, or no files that it read")
        reasons.append(f"the training has not said what it did: {why}")
    here, changed, why = commit_of(code)
    if not record.commit:
        reasons.append(f"its commit is not known: {record.unknown.get('commit', 'nobody wrote it down')}")
    elif here != record.commit:
        reasons.append(f"the code here is at {here or f'no commit ({why})'}: git checkout {record.commit}")
    if record.changed:
        reasons.append(f"it was made with files that differed from {record.commit}, and no commit has them")
    if changed:
        reasons.append(f"files here differ from {here}: commit them elsewhere, or git checkout .")
    found = installed()
    others = [
        f"{name} {version} (here {found.get(name, 'none')})"
        for name, version in sorted(record.packages.items())
        if name not in WITHOUT_EFFECT and found.get(name) != version
    ]
    if others and not other_packages:
        image = f"run this in {record.image}" if record.image else "install them"
        reasons.append(f"packages are others: {', '.join(others)}; {image}, or allow it by --other-packages")
    return reasons


def from_folder(record: TrainingRecord, folder: Path, root: Path) -> list[str]:
    """Brings the files that it read from a folder with `train/` and `validation/`. @returns why it cannot"""
    return [why for file in record.files if (why := _copied(file, folder / _safe(file.path), root / _safe(file.path)))]


def from_store(record: TrainingRecord, manifest: Manifest | None, s3: Any, root: Path) -> list[str]:
    """Brings them from the store, each in the version that was read. @returns why it cannot"""
    if manifest is None or not manifest.objects:
        why = manifest.unknown.get("objects", "") if manifest else "there is no manifest"
        return [f"which objects it read is not known: {why}; bring them by --data FOLDER"]
    if s3 is None:
        return ["there is no boto3 with credentials here to read the store: bring the files by --data FOLDER"]
    return [*manifest.differs, *_fetched(record, manifest, s3, root)]


def _fetched(record: TrainingRecord, manifest: Manifest, s3: Any, root: Path) -> Iterator[str]:
    objects = {each.uri.removeprefix(manifest.data): each for each in manifest.objects}
    for file in record.files:
        found = objects.get(file.path)
        if found is None:
            yield f"{file.path}: no object is known"
            continue
        target = root / _safe(file.path)
        target.parent.mkdir(parents=True, exist_ok=True)
        why = _downloaded(found, target, s3)
        if why is None:
            why = _digest(file, target, found.uri)
        if why is not None:
            yield why


def _downloaded(found: ReadObject, target: Path, s3: Any) -> str | None:
    bucket, _, key = found.uri.removeprefix("s3://").partition("/")
    version = {"VersionId": found.version_id} if found.version_id not in ("", "null") else {}
    try:
        answer = s3.get_object(Bucket=bucket, Key=key, **version)
        with target.open("wb") as file:
            shutil.copyfileobj(answer["Body"], file)
    except Exception as error:
        status = getattr(error, "response", {}).get("ResponseMetadata", {}).get("HTTPStatusCode")
        if status not in FINAL:
            raise
        said = f"{found.uri}, version {found.version_id}" if version else found.uri
        return f"{said} is gone, or you may not read it: {error}"
    etag = str(answer.get("ETag", "")).strip('"')
    return (
        f"{found.uri} is another object now: its ETag is {etag}, and was {found.etag}" if etag != found.etag else None
    )


def _copied(file: ReadFile, source: Path, target: Path) -> str | None:
    if not source.is_file():
        return f"{file.path} is not in the folder"
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    return _digest(file, target, str(file.path))


def _digest(file: ReadFile, target: Path, said: str) -> str | None:
    with target.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    if digest == file.sha256:
        return None
    return f"{said} is not what the training read: its SHA-256 is {digest[:12]}…, and was {file.sha256[:12]}…"


def _safe(path: str) -> Path:
    """@raises NotRepeatable where a record leads out of the folder"""
    parts = PurePosixPath(path)
    if parts.is_absolute() or ".." in parts.parts:
        raise NotRepeatable(f"its record names the file {path!r}, which leads out of its folder")
    return Path(*parts.parts)


def train(record: TrainingRecord, root: Path) -> TrainingRecord:
    """Runs `training train` on what was brought to `root/input/data`.

    @raises NotRepeatable where it ends otherwise than well
    """
    told = root / "input" / "config" / "hyperparameters.json"
    told.parent.mkdir(parents=True, exist_ok=True)
    told.write_text(json.dumps(record.hyperparameters.given), encoding="utf-8")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("SM_HP_")}
    done = subprocess.run(
        [sys.executable, "-m", "training_template", "train"],
        env={**inherited, "TRAINING_ROOT": str(root)},
        capture_output=True,
        text=True,
    )
    made = records.read(root / "model") if done.returncode == 0 else None
    if made is None:
        failure = root / "output" / "failure"
        why = failure.read_text(encoding="utf-8") if failure.is_file() else done.stderr[-1000:]
        raise NotRepeatable(f"the training ended with {done.returncode}: {why.strip()}")
    return made


def compare(old: TrainingRecord, new: TrainingRecord) -> list[Compared]:
    """Every metric of either, in order."""
    before, after = _flat(old), _flat(new)
    return [Compared(name, before.get(name), after.get(name)) for name in sorted({*before, *after})]


def _flat(record: TrainingRecord) -> dict[str, float]:
    return {f"{split}/{name}": value for split, named in record.metrics.items() for name, value in named.items()}
