"""`mlplatform serve`: the platform's model server on what was trained."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, Namespace

from mlplatform.commands.refused import Refused
from mlplatform.local.project import here, needs


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=8080, help="default: 8080; metrics are at the next one")


def run(given: Namespace) -> int:
    project = here()
    needs("model_server")
    model = project.workspace / "model"
    if not (model / "MLmodel").is_file():
        raise Refused(f"there is no model in {model}; run mlplatform train first")
    told = {
        "MODEL_SERVER_SOURCE": str(model),
        "MODEL_SERVER_NAME": project.name,
        "MODEL_SERVER_HOST": "127.0.0.1",
        "MODEL_SERVER_PORT": str(given.port),
        "MODEL_SERVER_METRICS_PORT": str(given.port + 1),
    }
    os.environ |= {name: value for name, value in told.items() if name not in os.environ}
    print(
        f"Serving {project.name} at http://127.0.0.1:{given.port}; its page is /docs. Ask it what smoke/request.json asks:"
    )
    print(
        f"  curl -H content-type:application/json -d @smoke/request.json http://127.0.0.1:{given.port}/invocations",
        flush=True,
    )
    # In the place of this process: who ends it ends the server.
    os.execv(sys.executable, [sys.executable, "-m", "model_server"])
