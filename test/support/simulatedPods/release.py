"""A release controller, simulated: says of every version that gets the alias what it is told to say. Arguments: model, stack, outcome."""

import sys
import time

from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

model, stack, outcome = sys.argv[1:]
client = MlflowClient()
while True:
    try:
        version = client.get_model_version_by_alias(model, "champion")
        if f"mlplatform.{stack}.kubernetes" not in version.tags:
            client.set_model_version_tag(model, version.version, f"mlplatform.{stack}.kubernetes", outcome)
    except MlflowException:
        pass
    time.sleep(1)
