"""`mlplatform register`: makes a version of what `mlplatform run` has trained and judged."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from mlplatform.local.project import here


def add_arguments(parser: ArgumentParser) -> None:
    del parser  # What was run says all.


def run(given: Namespace) -> int:
    project = here()
    project.use()
    from mlplatform.local.loop import Loop
    from mlplatform.local.registry import connected, register

    with connected(project) as where:
        version = register(Loop(project))
    print(f"Version {version.version} of {version.name} is registered in {where}. Nothing goes live by that.")
    print("To have it go live: mlplatform ask")
    return 0
