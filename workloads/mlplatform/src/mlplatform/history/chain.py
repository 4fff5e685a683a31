"""From what answers to what it was made of, link by link, and back from an object to the versions that were made of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion

from mlplatform.history.evidence import EVALUATION, NotRead, checked, checks_in, kept_by_loop, read
from mlplatform.history.manifest import ReadObject
from mlplatform.history.versions import Told, decided, states, told
from mlplatform.integrity import INTEGRITY_TAG
from mlplatform.registry import GATE_TAG, PROMOTION_TAG, quoted

#: Links in their order; each is `{"link", "is"}`, or `{"link", "unknown"}` with the reason.
LINKS = ("endpoint", "version", "promoted", "gate", "package", "job", "image", "commit", "data")
#: Of the signed record of a version's files: a walk has neither the public key nor all files.
UNCHECKED = "there, and not checked: mlplatform audit --public-key checks it"


def walk(found: Told, s3: Any = None) -> list[dict[str, Any]]:
    """What is known of each link, and why not where it is not.

    @param s3 a client of the store in which loops keep how a version was judged
    """
    version, record = found.version, found.record
    tags = version.tags
    nothing = found.unknown.get("training_record.json") or "; ".join(found.problems) or "nobody wrote it down"
    why = {name: record.unknown.get(name, nothing) for name in ("image", "commit", "package", "objects")}
    job = {
        "run": record.run or tags.get("mlplatform.run", ""),
        "engine": record.engine,
        "source": record.source,
        "mlflow_run": version.run_id or "",
        "reason": record.reason or tags.get("mlplatform.reason", ""),
        "asked_by": record.asked_by or f"not known: {record.unknown.get('asked_by', nothing)}",
        "started_at": record.started_at,
        "ended_at": record.ended_at,
    }
    made = {
        "name": version.name,
        "number": str(version.version),
        "aliases": sorted(version.aliases),
        "registered": version.creation_timestamp,
        "owner": tags.get("mlplatform.owner", ""),
        "decisions": decided(version),
        "integrity_record": UNCHECKED if INTEGRITY_TAG in tags else "there is none",
    }
    return [
        _link("endpoint", states(version), "no release controller has said anything of this version"),
        _link("version", made, ""),
        *_promoted(version),
        _gate(found, s3),
        _link("package", record.package or tags.get("mlplatform.package", ""), why["package"]),
        _link("job", {name: value for name, value in job.items() if value} if any(job.values()) else {}, nothing),
        _link("image", record.image or tags.get("mlplatform.image", ""), why["image"]),
        _link("commit", {"commit": record.commit, "changed": record.changed} if record.commit else {}, why["commit"]),
        _data(found, why["objects"]),
    ]


def _link(link: str, value: Any, why: str) -> dict[str, Any]:
    return {"link": link, "is": value} if value else {"link": link, "unknown": why}


def _promoted(version: ModelVersion) -> list[dict[str, Any]]:
    """From which stack it came; nothing of a version that was made here."""
    if PROMOTION_TAG not in version.tags:
        return []
    try:
        given = json.loads(version.tags[PROMOTION_TAG])
        said = {
            "from": f"{given['model']}/{given['version']} of the stack {given['stack']}, account {given['account']}",
            "registered": given["registered"],
            "digest": given["digest"],
            "decisions": given["decisions"],
            **given["evidence"],
        }
    except (ValueError, KeyError, TypeError) as error:
        return [_link("promoted", {}, f"the tag {PROMOTION_TAG} cannot be read: {error}")]
    return [_link("promoted", said, "")]


def _gate(found: Told, s3: Any) -> dict[str, Any]:
    """The verdict that the version carries, and each check beside the metric, as the loop's evaluation has it."""
    said = found.version.tags.get(GATE_TAG)
    verdict = [{"verdict": said}] if said else []
    uri = kept_by_loop(found).get(EVALUATION)
    if uri is None:
        return _link("gate", verdict, "no loop has judged this version")
    try:
        evaluation = read(s3, uri)
    except NotRead as error:
        return _link("gate", verdict, f"{uri} cannot be read: {error}")
    checks = [dict(zip(("check", "found"), checked(each), strict=True)) for each in checks_in(evaluation)]
    return _link("gate", [*verdict, *checks], "the gate looked at nothing beside its metric")


def _data(found: Told, nothing: str) -> dict[str, Any]:
    manifest = found.manifest
    if manifest is None:
        return {"link": "data", "unknown": found.unknown.get("data_manifest.json") or nothing}
    if not manifest.objects:
        return {"link": "data", "unknown": manifest.unknown.get("objects", f"nothing was found at {manifest.data}")}
    return {
        "link": "data",
        "is": {
            "data": manifest.data,
            "objects": [vars(each) for each in manifest.objects],
            "prepared_from": [vars(each) for each in manifest.prepared_from],
            "differs": manifest.differs,
            "unknown": manifest.unknown,
        },
    }


def used_by(
    client: MlflowClient, wanted: str, version_id: str = "", model: str = ""
) -> Iterator[tuple[Told, list[str]]]:
    """Versions that have a manifest or no readable one, each with the object's versions that it was made of; an empty list is none.

    @param wanted address of an object, or of a folder with a slash at its end
    @param version_id of the object; any, where nothing is said
    """
    names = [model] if model else [each.name for each in _all(client.search_registered_models)]
    for name in names:
        for version in _all(client.search_model_versions, filter_string=f"name = {quoted(name)}"):
            found = told(client, version)
            manifest = found.manifest
            objects = [*manifest.objects, *manifest.prepared_from] if manifest else []
            why = manifest.unknown if manifest else {}
            yield found, [_said(each, why) for each in objects if _is(each, wanted, version_id, why)]


def _is(each: ReadObject, wanted: str, version_id: str, why: Mapping[str, str]) -> bool:
    named = each.uri == wanted or (wanted.endswith("/") and each.uri.startswith(wanted))
    # Of an object whose version is not known, it may be any.
    return named and (version_id in ("", each.version_id) or each.uri in why)


def _said(each: ReadObject, why: Mapping[str, str]) -> str:
    version = f", version {each.version_id}" if each.version_id else ""
    unsure = f" (not known which version: {why[each.uri]})" if each.uri in why else ""
    return f"{each.uri}{version}, {each.bytes} bytes{unsure}"


def _all(search: Any, **named: Any) -> Iterator[Any]:
    token = None
    while True:
        page = search(page_token=token, **named)
        yield from page
        token = page.token
        if not token:
            return
