from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import mlflow
import numpy as np
import pytest
import requests

from conftest import SAMPLES, TABLES, Root


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize("project", SAMPLES)
def test_the_image_serves_what_it_has_trained(project: str, trained: Callable[[str], Root], tmp_path: Path) -> None:
    root, port = trained(project), free_port()
    env = {
        **os.environ,
        "TRAINING_ROOT": str(root.paths.root),
        "PYTHONPATH": ":".join(sys.path),
        "TMPDIR": str(tmp_path),
        "MODEL_SERVER_PORT": str(port),
        "MODEL_SERVER_METRICS_PORT": str(free_port()),
        "MODEL_SERVER_WORKERS": "1",
    }
    command = [sys.executable, "-m", "training_template", "serve"]
    with (tmp_path / "log").open("w") as log, subprocess.Popen(command, env=env, stdout=log, stderr=log) as server:
        try:
            url = f"http://127.0.0.1:{port}"
            for _ in range(900):
                try:
                    if requests.get(f"{url}/ping", timeout=5).ok:
                        break
                except requests.ConnectionError:
                    pass
                assert server.poll() is None, (tmp_path / "log").read_text()[-3000:]
                time.sleep(0.2)
            model = mlflow.pyfunc.load_model(str(root.paths.model))
            rows = TABLES[project](5, 3)[model.metadata.get_input_schema().input_names()].dropna()
            split = json.loads(rows.to_json(orient="split", index=False))
            answer = requests.post(f"{url}/invocations", json={"dataframe_split": split}, timeout=30)
            assert answer.ok, answer.text
            served = answer.json()["predictions"]
            expected = model.predict(rows)
            if project == "attrition":
                served, expected = [row["probability"] for row in served], expected["probability"]
            assert np.allclose(served, expected)
        finally:
            server.terminate()
