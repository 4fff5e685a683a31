"""Says which images a commit needs: those whose folder changed since they were last pushed.

An image is tagged with the last commit that touched its folder, so that asking twice builds once, a retry goes on where
it failed, and a commit that changes documents alone builds nothing. Reads the history, so a clone has to have it.

    python3 delivery/route.py "training=churn-training serving=churn-serving"

prints one line for each image: kind, repository, tag, and `build` or `there`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Image:
    """One image of the repository, built from the folder that is called like its kind."""

    kind: str
    repository: str
    tag: str
    build: bool


def git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], check=True, capture_output=True, text=True).stdout.strip()


def route(images: dict[str, str], is_there: Callable[[str, str], bool]) -> list[Image]:
    """What there is to build.

    Raises SystemExit in a clone without its history, where every folder would seem to be of the newest commit.
    """
    if git("rev-parse", "--is-shallow-repository") == "true":
        raise SystemExit("This clone has no history: fetch all of it (fetch-depth: 0, GIT_DEPTH: 0).")
    found = []
    for kind, repository in images.items():
        commit = git("log", "-1", "--format=%H", "--", kind)
        if commit:
            found.append(Image(kind, repository, commit[:12], not is_there(repository, commit[:12])))
    return found


def is_pushed(repository: str, tag: str) -> bool:
    """Whether the registry has an image. What cannot be asked is an error, and no reason to push."""
    folder = os.environ["REGISTRY"].partition("/")[2]
    asked = [
        "aws",
        "ecr",
        "describe-images",
        "--repository-name",
        f"{folder}/{repository}",
        "--image-ids",
        f"imageTag={tag}",
    ]
    answer = subprocess.run(asked, capture_output=True, text=True)
    if answer.returncode != 0 and "ImageNotFound" not in answer.stderr:
        raise SystemExit(answer.stderr.strip())
    return answer.returncode == 0


if __name__ == "__main__":
    given = dict(pair.split("=", 1) for pair in sys.argv[1].split())
    for image in route(given, is_pushed):
        print(image.kind, image.repository, image.tag, "build" if image.build else "there")
