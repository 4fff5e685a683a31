"""A real PostgreSQL for tests: empty, reached by a socket in its own folder, gone with the session."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from glob import glob
from pathlib import Path

import pytest


@contextmanager
def postgres_server() -> Iterator[str]:
    """Address of its database."""
    found = shutil.which("initdb") or next(iter(sorted(glob("/usr/lib/postgresql/*/bin/initdb"), reverse=True)), None)
    if found is None:
        pytest.skip("no PostgreSQL found; install it with `apt-get install postgresql`")
    programs = Path(found).resolve().parent
    # PostgreSQL refuses root.
    user = pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else os.geteuid()
    home = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))  # A socket's path may have 107 characters.
    os.chown(home, user, -1)

    def run(program: str, *arguments: str) -> None:
        command = [str(programs / program), "-D", str(home / "data"), *arguments]
        subprocess.run(command, user=user, cwd=home, env={"LC_ALL": "C"}, check=True, capture_output=True, timeout=240)

    try:
        run("initdb", "-U", "tester", "--auth=trust", "--no-sync")
        run("pg_ctl", "start", "-w", "-t", "120", "-l", str(home / "log"), "-o", f"-k {home} -c listen_addresses=''")
        try:
            yield f"postgresql://tester@/postgres?host={home}"
        finally:
            run("pg_ctl", "stop", "-m", "immediate")
    finally:
        shutil.rmtree(home, ignore_errors=True)
