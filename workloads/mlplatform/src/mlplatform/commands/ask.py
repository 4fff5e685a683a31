"""`mlplatform ask`: asks for a version to go live. The stack decides what has to happen before."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from mlplatform.local.project import here

#: What the process ends with where the gate has said no.
REJECTED = 1


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--version", help="default: the newest")


def run(given: Namespace) -> int:
    project = here()
    project.use()
    from mlplatform.local.registry import connected, verdict_of, version_of
    from mlplatform.registry import GateClosed, champion, promote

    with connected(project):
        version = version_of(project.name, given.version)
        try:
            before = promote(version, verdict_of(version))
        except GateClosed as error:
            print(f"{error}. Nothing was asked for.")
            return REJECTED
        live = champion(project.name)
        if live is not None and live.version == version.version:
            print(
                f"champion of {project.name} is version {version.version}; before it was {before.version if before else 'none'}."
            )
            print("A stack that serves it sends it a share of the requests first.")
        else:
            print(f"Asked for version {version.version} of {project.name}: the stack has a gate or an approver for it.")
    return 0
