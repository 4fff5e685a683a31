"""`prepare`: splits raw tables into train, validation and test. A row stays in its split for ever, however much data is added."""

from __future__ import annotations

import csv
import logging
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import numpy as np
import pandas as pd

from mlplatform.history.manifest import PREPARED_FROM, ReadObject, prepared_json
from mlplatform.history.recording import files_below
from mlplatform.integrity import sha256_of
from mlplatform.tables.columns import look_alike, replaced, texts
from mlplatform.tables.files import KINDS_SAID, tables_among
from training_template import projects
from training_template.gaps import write_gaps
from training_template.group_features import group_features
from training_template.hyperparameters import Unusable
from training_template.logs import fields
from training_template.problems.wrong import counted
from training_template.splits import split_by_time, split_rows
from training_template.tables import NESTED, read_text

log = logging.getLogger(__name__)


def prepare(
    source: str, target: str, given: dict[str, str], s3: Any = None, drop: Sequence[str] = ()
) -> dict[str, int]:
    """Rows by split.

    @param source where raw tables are: s3://bucket/prefix, or a folder
    @param target where the splits go, each in a folder of its name
    @param s3 a client; without one it is made when an address needs it
    @param given of it `project`, whose columns decide where a row belongs, or `split_by`, the columns that do, with commas between them, or
        `split_time`, the column whose oldest rows are trained on and whose newest are the test
    @param drop columns that nothing is to be written of; they may decide where a row belongs
    @raises Unusable when there is no table, its columns are not those of the project, where one is named, or a column to drop is needed or not there
    """
    if given.get("split_by") and given.get("split_time"):
        raise Unusable("split_by and split_time: allowed is one of them; leave out the other")
    features = group_features()
    wanted = columns(given)
    needed = [name for name in dict.fromkeys(drop) if name in wanted]
    if needed:
        raise Unusable(
            f"columns cannot be dropped, since the project {given['project']} needs them: {', '.join(needed)}"
        )
    with tempfile.TemporaryDirectory() as scratch:
        raw, out = Path(scratch, "raw"), Path(scratch, "out")
        sources = fetch(source, raw, s3)
        frame = read_text(raw)
        if frame.columns.empty:
            raise Unusable("the tables have no column with a name")
        if features is not None and features.does == "read":
            frame = features.read(frame)
        raw_columns = list(frame.columns)
        project = projects.find(given)[1] if "project" in given else None
        if hasattr(project, "prepared"):
            frame = project.prepared(frame)
        if features is not None and features.does == "publish":
            features.published(frame)
        by, time = deciding(given, wanted), given.get("split_time", "").strip()
        missing = [name for name in dict.fromkeys([*wanted, *by, *([time] if time else [])]) if name not in frame]
        if missing:
            others = [f"{name!r}, there is {alike!r}" for name in missing if (alike := look_alike(name, frame.columns))]
            raise Unusable(f"columns are missing: {', '.join(missing)}{''.join(f'; {each}' for each in others)}")
        unknown = [name for name in dict.fromkeys(drop) if name not in [*raw_columns, *frame.columns]]
        if unknown:  # It may be there by another name, and would stay.
            raise Unusable(f"columns to drop are missing: {', '.join(unknown)}")
        if project is not None:
            read = {name: texts(frame[name]) for name in project.schema.texts}
            nested = [counted(name, each.bad, frame[name], NESTED) for name, each in read.items() if each.bad.any()]
            if nested:
                raise Unusable("; ".join(sentence for [sentence] in nested))
            frame = replaced(frame, {name: project.schema.text(name, frame[name]) for name in project.schema.texts})
        frame = replaced(frame, {name: as_text(frame[name]) for name in frame if is_written_otherwise(frame[name])})
        rows = {}
        for split, part in (split_by_time(frame, time) if time else split_rows(frame, by)).items():
            rows[split] = len(part)
            (out / split).mkdir(parents=True)
            written = part.drop(columns=list(drop), errors="ignore")
            written.to_csv(out / split / "part-00000.csv", index=False, quoting=quoting(written))
        write_gaps(frame.drop(columns=list(drop), errors="ignore"), out / "train")
        (out / PREPARED_FROM).write_text(prepared_json(sources), encoding="utf-8")
        store(out, target, s3)
    log.info("prepared", extra=fields(source=source, target=target, dropped=", ".join(drop), **rows))
    return rows


def is_written_otherwise(values: pd.Series) -> bool:
    """Whether pandas would write it into CSV as no reader takes it for text: of numbers `7.0`, and those of 32 bits with fewer digits."""
    if values.dtype.kind == "f":
        return values.dtype != np.float64 or bool((values % 1 == 0).any())
    return values.dtype.kind in "OmM" and not isinstance(values.dtype, pd.StringDtype)


def quoting(frame: pd.DataFrame) -> int:
    """Python quotes a break of lines in a text only where it ends lines by it itself, and every reader takes a bare one for the end of a row."""
    texts_of = [
        frame[name] for name in frame if frame[name].dtype.kind == "O" or isinstance(frame[name].dtype, pd.StringDtype)
    ]
    bare = any("\r" in str(name) for name in frame) or any(
        values.astype("str").str.contains("\r", regex=False).any() for values in texts_of
    )
    return csv.QUOTE_NONNUMERIC if bare else csv.QUOTE_MINIMAL


def as_text(values: pd.Series) -> pd.Series:
    """As every other reader takes it for text, and not as pandas writes CSV."""
    return texts(values).values


def columns(given: dict[str, str]) -> list[str]:
    """A task on Fargate may not know the project; `validate` looks at every column after it."""
    if "project" not in given:
        return []
    _, project = projects.find(given)
    return [*project.schema.inputs, project.schema.target]


def deciding(given: dict[str, str], wanted: list[str]) -> list[str]:
    """Columns that say where a row belongs: those that are named, or those of the project."""
    return [name for name in (each.strip() for each in given.get("split_by", "").split(",")) if name] or wanted


def fetch(source: str, folder: Path, s3: Any) -> list[ReadObject]:
    """What was read: of a store the objects, each in the version whose bytes these are."""
    folder.mkdir(parents=True)
    if not source.startswith("s3://"):
        shutil.copytree(source, folder, dirs_exist_ok=True)
        return [ReadObject(each.path, each.bytes, sha256=each.sha256) for each in files_below(folder, ".")]
    bucket, prefix = address(source)
    client = s3 or new_client()
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    objects = ((each["Key"].removeprefix(prefix), each["Size"]) for page in pages for each in page.get("Contents", []))
    keys, passed = tables_among(objects)
    if passed:
        log.warning("objects were passed over", extra=fields(source=source, **passed))
    if not keys:
        others = f"; passed over: {passed}" if passed else ""
        raise Unusable(f"there is no {KINDS_SAID} below {source}{others}")
    read = []
    for number, key in enumerate(keys):
        # Only the end of a key is kept: what is before may lead anywhere.
        file = folder / f"{number:06}-{Path(key).name}"
        read.append(downloaded(client, bucket, f"{prefix}{key}", file))
    return read


def downloaded(client: Any, bucket: str, key: str, file: Path) -> ReadObject:
    """Parts that break off are asked for again, which the body of `get_object` is not; a version is not asked for, since roles may not.

    @raises Unusable when the object is another at the end than at the beginning
    """
    before = client.head_object(Bucket=bucket, Key=key)
    client.download_file(bucket, key, str(file))
    after = client.head_object(Bucket=bucket, Key=key)
    (version, etag), *others = {(str(each.get("VersionId") or ""), each["ETag"].strip('"')) for each in (before, after)}
    if others:
        raise Unusable(f"s3://{bucket}/{key} changed while it was read; start again when nobody writes there")
    return ReadObject(f"s3://{bucket}/{key}", file.stat().st_size, version, etag, sha256_of(file))


def store(folder: Path, target: str, s3: Any) -> None:
    if not target.startswith("s3://"):
        shutil.copytree(folder, target, dirs_exist_ok=True)
        return
    bucket, prefix = address(target)
    client = s3 or new_client()
    for file in sorted(each for each in folder.rglob("*") if each.is_file()):
        client.upload_file(str(file), bucket, f"{prefix}{file.relative_to(folder).as_posix()}")


def address(uri: str) -> tuple[str, str]:
    """Bucket, and prefix with a slash at its end."""
    parts = urlparse(uri)
    prefix = parts.path.strip("/")
    if not parts.netloc:
        raise Unusable(f"{uri!r} names no bucket")
    return parts.netloc, f"{prefix}/" if prefix else ""


def new_client() -> Any:
    import boto3

    return boto3.client("s3")
