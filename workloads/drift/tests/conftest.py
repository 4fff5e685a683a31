"""Samples as the model server writes them, in a directory or in a simulated bucket."""

import gzip
import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import numpy as np
import pytest

from drift.baselines import BaselineMissing
from drift.configuration import Watched
from drift.store import Folder
from mlplatform.baseline import Baseline

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def table(rows, seed, shift=0.0, plans=(0.5, 0.3, 0.2), missing=0.05):
    """Three columns: a number, a category, a number with gaps."""
    random = np.random.default_rng(seed)
    gaps = random.gamma(2, 10, rows)
    gaps[random.random(rows) < missing] = np.nan
    return {
        "amount": random.normal(100 + shift, 20, rows).tolist(),
        "plan": random.choice(["basic", "plus", "premium"], rows, p=plans).tolist(),
        "gaps": [None if np.isnan(value) else value for value in gaps],
    }


def answers(rows, seed):
    return np.random.default_rng(seed + 10_000).beta(2, 5, rows).tolist()


def lines(columns, predictions, at, version="3", track="stable"):
    for place, prediction in enumerate(predictions):
        yield json.dumps(
            {
                "ts": at.isoformat().replace("+00:00", "Z"),
                "request_id": f"r{place}",
                "model": "churn",
                "version": version,
                "track": track,
                "inputs": {name: values[place] for name, values in columns.items()},
                "prediction": prediction,
            }
        )


def body_of(given):
    return gzip.compress("".join(f"{line}\n" for line in given).encode(), compresslevel=1)


def key_of(closed, sequence=0, model="churn"):
    return f"{model}/date={closed:%Y-%m-%d}/{closed:%H%M%S}-pod-1-{sequence}.jsonl.gz"


@pytest.fixture(scope="session")
def baseline():
    return Baseline.of(table(8000, 1), answers(8000, 1))


@pytest.fixture
def watched():
    return Watched("churn", "models:/churn@champion", 0.2, DAY)


@pytest.fixture
def log(tmp_path):
    """A log in a directory: `write` adds a file of rows."""
    store = Folder(tmp_path / "samples")

    def write(columns, predictions, at=NOW - timedelta(hours=1), sequence=0, **fields):
        store.write(key_of(at, sequence), body_of(lines(columns, predictions, at, **fields)))

    return SimpleNamespace(store=store, write=write, path=tmp_path / "samples")


class Known:
    """Baselines by version, without a registry."""

    def __init__(self, **versions):
        self.versions = {name.lstrip("v"): baseline for name, baseline in versions.items()}
        self.failure = None

    def of(self, model, source, version):
        if self.failure:
            raise self.failure
        if version not in self.versions:
            raise BaselineMissing(f"version {version} has none")
        return self.versions[version]


@pytest.fixture
def known(baseline):
    return Known(v3=baseline)
