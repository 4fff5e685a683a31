"""Makes a run's results visible at once, or not at all."""

import hashlib
import json
import logging
import time
from typing import Any

from model_server.batch.ledger import STAGING, Ledger, alive, lease_key, staging
from model_server.batch.stores import Store

_log = logging.getLogger("model_server.batch")


def success_key(run: str) -> str:
    return f"_runs/{run}/_SUCCESS"


def commit_key(run: str) -> str:
    return f"{staging(run)}commit.json"


def write_commit(store: Store, manifest: dict[str, Any]) -> None:
    """From here on the run's results will be published, if not by itself then by the next run."""
    store.write(commit_key(manifest["run"]), json.dumps(manifest).encode())


def publish(store: Store, manifest: dict[str, Any]) -> dict[str, Any]:
    """Carries out what a commit says; may be repeated after a crash at any point. Returns what it published."""
    run = manifest["run"]
    sources = manifest["sources"]
    if manifest["newOnly"]:
        ledger = Ledger(store, run)
        sources = [source for source in sources if ledger.finish(source["key"], source["etag"])]
    for part in [part for source in sources for part in source["parts"]] + manifest["rejects"]:
        store.copy(part["staged"], part["final"])
    digest = hashlib.sha256("".join(part["sha256"] for source in sources for part in source["parts"]).encode())
    published = {
        **manifest,
        "sources": [
            {**source, "parts": [{k: part[k] for k in ("final", "rows", "sha256")} for part in source["parts"]]}
            for source in sources
        ],
        "rejects": [part["final"] for part in manifest["rejects"]],
        "rows": sum(source["rows"] for source in sources),
        "scored": sum(source["scored"] for source in sources),
        "rejected": sum(source["rejected"] for source in sources),
        "digest": digest.hexdigest(),
    }
    store.write(success_key(run), json.dumps(published, indent=1).encode())
    clear(store, run)
    return published


def clear(store: Store, run: str) -> None:
    """Removes what a run staged; its commit and lease go last."""
    last = (commit_key(run), lease_key(run))
    for item in list(store.items(staging(run))):
        if item.key not in last:
            store.delete(item.key)
    for key in last:
        store.delete(key)


def recover(store: Store, run: str) -> None:
    """Publishes what runs that died had committed, and clears away what they had not."""
    runs = {item.key.removeprefix(STAGING).split("/")[0] for item in store.items(STAGING)}
    for other in sorted(runs - {run}):
        if alive(store, other, time.time()):
            continue
        commit = store.read(commit_key(other))
        if commit is None:
            _log.info("what a run left that is no more is cleared away", extra={"run": other})
            clear(store, other)
        else:
            _log.warning("a run died after it had committed: its results are published now", extra={"run": other})
            publish(store, json.loads(commit[0]))
