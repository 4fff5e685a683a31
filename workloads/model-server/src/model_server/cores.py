"""How many cores the workers share."""

import os
from pathlib import Path


def usable_cores(quota_file: Path = Path("/sys/fs/cgroup/cpu.max")) -> int:
    """
    Those that this process may run on, or fewer where its container has a limit: a quota of time, not of cores, so that a library
    that counts cores would start a thread for each of the node's.

    The file and its two numbers, in microseconds: https://docs.kernel.org/admin-guide/cgroup-v2.html#cpu-interface-files
    """
    cores = len(os.sched_getaffinity(0))
    try:
        quota, period = quota_file.read_text().split()
        return min(cores, max(1, int(quota) // int(period)))
    except (OSError, ValueError):  # No such file, or "max" for no limit.
        return cores
