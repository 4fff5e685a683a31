"""Models that anyone could register by mistake, as MLflow's models from code: each file is what a server runs."""

from __future__ import annotations

from pathlib import Path

import mlflow

HEAD = "import time\nimport mlflow\n\n\nclass Broken(mlflow.pyfunc.PythonModel):\n"
TAIL = "\n\nmlflow.models.set_model(Broken())\n"

ERRORS = "    def predict(self, context, model_input, params=None):\n        raise ValueError('no column agrees')\n"
SLOW = """    def predict(self, context, model_input, params=None):
        time.sleep(1.5)
        return [[0.5, 0.5] for _ in range(len(model_input))]
"""
UNLOADABLE = """    def load_context(self, context):
        import a_package_that_no_server_has

    def predict(self, context, model_input, params=None):
        return [0.5]
"""


def register(name: str, body: str, folder: Path) -> str:
    """Number of the new version."""
    code = folder / "model.py"
    code.write_text(HEAD + body + TAIL)
    with mlflow.start_run():
        logged = mlflow.pyfunc.log_model(name="model", python_model=str(code), pip_requirements=[])
    return str(mlflow.register_model(logged.model_uri, name).version)
