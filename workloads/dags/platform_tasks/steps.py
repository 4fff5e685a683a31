"""What tasks run, each in the environment of models: Airflow sends the source of one function there, so each imports for itself."""

from __future__ import annotations


def extract(example, rows, seed, shift, dag_id, dag_run_id):
    import pipeline

    return pipeline.extract(example, int(rows), int(seed), shift, dag_id, dag_run_id)


def check(data):
    import pipeline

    return pipeline.check(data)


def train(data, candidate=None):
    import logging
    import sys

    import pipeline

    # What is printed is the task's log.
    logging.basicConfig(level=logging.INFO, stream=sys.stdout)
    named = candidate or {}
    return pipeline.train(data, named.get("parameters"), named.get("name", ""))


def best(data, candidates):
    import pipeline

    return pipeline.best(data, list(candidates))


def judge(data, trained, name):
    import pipeline

    return pipeline.judge(data, trained, name)


def register(trained, name):
    import pipeline

    return pipeline.register(trained, name)


def go_live(name, version, verdict):
    import pipeline

    return pipeline.go_live(name, version, verdict)


def score(name, data_uri, run):
    """Scores what is new below `incoming/<name>/`, as the platform's own batch job does."""
    import logging.config

    from model_server import logs
    from model_server.score import main

    if not data_uri:
        raise RuntimeError("MODEL_DATA_URI names no store: there is nothing to read rows from")
    # What is printed is the task's log.
    logging.config.dictConfig(logs.config())
    at = data_uri.rstrip("/")
    arguments = ["--model", name, "--from", f"models:/{name}@champion", "--new-only", "--run", run]
    code = main([*arguments, "--input", f"{at}/incoming/{name}", "--output", f"{at}/predictions/{name}"])
    if code != 0:
        raise RuntimeError(f"scoring ended with {code}: its log says why")


def look_for_drift(name, data_uri, hours, max_psi, columns="{}"):
    """Compares what the live version was asked with what it was trained on.

    `columns` is JSON, as `drift.columns` of the model in the stack: `{"customer_id": "ignore"}`.
    """
    import json
    from datetime import UTC, datetime, timedelta

    from drift.baselines import Baselines
    from drift.check import check as compare
    from drift.configuration import Watched, ignored
    from drift.store import open_store

    period, until = timedelta(hours=float(hours)), datetime.now(UTC)
    watched = Watched(name, f"models:/{name}@champion", float(max_psi), period, ignored(json.loads(columns)))
    samples = open_store(f"{data_uri.rstrip('/')}/samples")
    body = compare(watched, samples, Baselines(), until - period, until).body
    return {key: body[key] for key in ("verdict", "version", "rows", "reason")}
