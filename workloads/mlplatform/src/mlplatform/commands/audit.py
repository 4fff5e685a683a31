"""Exports a version with all evidence, as one archive that says itself what is in it."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from mlplatform.commands.refused import Refused

#: Something of it is not what was registered or signed; the archive is written, and says what.
DIFFERS = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("version", help="MODEL/VERSION or MODEL@ALIAS")
    parser.add_argument("--out", type=Path, required=True, help="a file that is not there yet, such as churn-3.zip")
    parser.add_argument(
        "--public-key",
        default=os.environ.get("MLPLATFORM_SIGNING_KEY", ""),
        help="of the release path, in hexadecimal; without one, signatures are not checked",
    )


def run(given: argparse.Namespace) -> int:
    if given.out.exists():
        raise Refused(f"--out {given.out}: it is there already; name another file")
    if not given.out.absolute().parent.is_dir():
        raise Refused(f"--out {given.out}: there is no folder {given.out.absolute().parent}")
    from mlflow import MlflowClient

    from mlplatform.history.audit import collect
    from mlplatform.history.evidence import store_client
    from mlplatform.history.versions import find, told

    client = MlflowClient()
    found = told(client, find(client, given.version))
    archive = collect(client, found, given.public_key, store_client())
    archive.write(given.out)
    state = archive.signature
    print(f"{given.out}: {found.name}, {len(archive.entries)} files. Signature: {state}")
    for problem in found.problems:
        print(f"problem: {problem}")
    for what, why in sorted(archive.not_read.items()):
        print(f"could not be read: {what}: {why}")
    return DIFFERS if found.problems or state.startswith("not valid") else 0
