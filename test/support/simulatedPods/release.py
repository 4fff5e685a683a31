"""A release controller, simulated: says of every version that gets the alias what it is told to say. Arguments: stack, outcome, models."""

import sys
import time

from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

stack, outcome, *models = sys.argv[1:]
client = MlflowClient()


def look(model: str) -> None:
    try:
        version = client.get_model_version_by_alias(model, "champion")
        if f"mlplatform.{stack}.kubernetes" not in version.tags:
            client.set_model_version_tag(model, version.version, f"mlplatform.{stack}.kubernetes", outcome)
    except MlflowException:
        pass


while True:
    for each in models:
        look(each)
    time.sleep(1)
