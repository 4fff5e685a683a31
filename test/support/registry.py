"""What a team has in MLflow: two versions of a model, the second the champion; and what one sees of it.

Called with `make` or `look`, or both; to look prints one line of JSON.
"""

import json
import sys

import mlflow
import numpy as np
from mlflow import MlflowClient
from sklearn.linear_model import LogisticRegression

rows = np.array([[0.0, 1.0], [1.0, 0.0], [0.4, 0.6]])


def make() -> None:
    mlflow.set_experiment("churn")
    for strength in (0.1, 10.0):
        model = LogisticRegression(C=strength).fit([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 0, 1, 1])
        with mlflow.start_run():
            mlflow.log_param("strength", strength)
            mlflow.log_metric("auc", 0.8 + strength / 100)
            # Named, so that MLflow does not load the model once more to see what it imports.
            needs = ["scikit-learn"]
            mlflow.sklearn.log_model(model, name="model", registered_model_name="churn", pip_requirements=needs)
    MlflowClient().set_registered_model_alias("churn", "champion", 2)


def look() -> None:
    client = MlflowClient()
    runs = client.search_runs([client.get_experiment_by_name("churn").experiment_id])
    versions = client.search_model_versions("name = 'churn'")
    champion = mlflow.sklearn.load_model("models:/churn@champion")
    seen = {
        "runs": sorted([run.info.run_id, run.data.params, run.data.metrics] for run in runs),
        "versions": sorted([version.version, version.run_id] for version in versions),
        "champion": client.get_model_version_by_alias("churn", "champion").version,
        "answers": champion.predict_proba(rows).tolist(),
    }
    print("seen " + json.dumps(seen))


for act in sys.argv[1:]:
    {"make": make, "look": look}[act]()
