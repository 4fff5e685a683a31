"""A container's limit counts, not only the node's cores."""

import os
from pathlib import Path

import pytest

from model_server.cores import usable_cores

HERE = len(os.sched_getaffinity(0))


@pytest.mark.parametrize(("content", "cores"), [
    ("100000 100000", 1), ("50000 100000", 1), ("max 100000", HERE), ("99900000 100000", HERE), ("", HERE),
])  # fmt: skip
def test_cores_are_those_of_the_quota(tmp_path: Path, content: str, cores: int) -> None:
    (tmp_path / "cpu.max").write_text(content)
    assert usable_cores(tmp_path / "cpu.max") == cores


def test_without_cgroups_all_cores_count(tmp_path: Path) -> None:
    assert usable_cores(tmp_path / "cpu.max") == HERE
