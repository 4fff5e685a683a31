"""Says where a version's answers come from, link by link; or which versions were made of an object."""

from __future__ import annotations

import argparse
import json
from typing import Any

from mlplatform.commands.refused import Refused

#: A link is not what was registered.
DIFFERS = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "version", nargs="?", help="MODEL@ALIAS or MODEL/VERSION; of --used-by the MODEL, or nothing for all"
    )
    parser.add_argument("--used-by", metavar="OBJECT", help="s3://bucket/key, or a folder with a slash at its end")
    parser.add_argument("--version-id", default="", help="of that object; without it, any")
    parser.add_argument("--json", action="store_true", help="for programs")


def run(given: argparse.Namespace) -> int:
    from mlflow import MlflowClient

    from mlplatform.history.versions import find, told

    client = MlflowClient()
    if given.used_by:
        return _used_by(client, given)
    if not given.version:
        raise Refused("which version? write MODEL@ALIAS or MODEL/VERSION, or --used-by OBJECT")
    from mlplatform.history.chain import walk
    from mlplatform.history.evidence import store_client

    found = told(client, find(client, given.version))
    links = walk(found, store_client())
    if given.json:
        print(json.dumps({"version": found.name, "links": links, "problems": found.problems}, indent=1))
    else:
        print("\n".join(line for each in links for line in _lines(each)))
        for problem in found.problems:
            print(f"problem   {problem}")
    return DIFFERS if found.problems else 0


def _used_by(client: Any, given: argparse.Namespace) -> int:
    from mlplatform.history.chain import used_by

    rows = list(used_by(client, given.used_by, given.version_id, given.version or ""))
    made = [{"version": found.name, "objects": objects} for found, objects in rows if objects]
    silent = {
        found.name: found.unknown.get("data_manifest.json") or "; ".join(found.problems)
        for found, _ in rows
        if found.manifest is None
    }
    if given.json:
        print(json.dumps({"object": given.used_by, "versions": made, "unknown": silent}, indent=1))
        return 0
    for each in made:
        print(f"{each['version']}: " + "; ".join(each["objects"]))
    if not made:
        print(f"no version is known to be made of {given.used_by}")
    for name, why in silent.items():
        print(f"{name}: not known: {why}")
    return 0


def _lines(each: dict[str, Any]) -> list[str]:
    """The link's name, and what it is; a line for each thing where there are several."""
    name = f"{each['link']:<10}"
    if "unknown" in each:
        return [f"{name}not known: {each['unknown']}"]
    value = each["is"]
    if each["link"] == "data":
        objects = [
            f"{one['uri']}  {one['version_id'] or 'no version'}  {one['bytes']} bytes"
            for one in (*value["objects"], *value["prepared_from"])
        ]
        reasons = [*value["differs"], *(f"{key} not known: {why}" for key, why in value["unknown"].items())]
        said = [f"{len(value['objects'])} objects of {value['data']}", *objects, *reasons]
    elif isinstance(value, list):
        said = [" ".join(str(part) for part in one.values()) for one in value]
    elif isinstance(value, dict):
        said = [f"{key}: {_text(part)}" for key, part in value.items() if part not in ("", [], None)]
    else:
        said = [str(value)]
    return [f"{name if at == 0 else ' ' * 10}{line}" for at, line in enumerate(said)]


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(" ".join(one.values()) if isinstance(one, dict) else str(one) for one in value)
    return str(value)
