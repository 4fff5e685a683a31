"""`mlplatform run`: what the platform's loop does up to its gate: prepare, validate, train, evaluate, gate."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from mlplatform.commands import train

#: What the process ends with where the gate says no.
REJECTED = 1


def add_arguments(parser: ArgumentParser) -> None:
    train.add_arguments(parser)


def run(given: Namespace) -> int:
    loop = train.trained(given)
    from mlplatform.local.registry import connected, fetch_champion

    with connected(loop.project):
        live = fetch_champion(loop)
    if live is not None:
        print(f"fetched    version {live}, which is live")
    loop.evaluate()
    verdict = loop.gate()
    if not verdict.passed:
        return REJECTED
    print("Register it with mlplatform register, look at its answers with mlplatform serve.")
    return 0
