"""What Airflow makes of a folder of DAGs, as JSON; see dags.test.ts. Argument: the folder."""

import json
import sys

from airflow.dag_processing.dagbag import BundleDagBag
from airflow.serialization.serialized_objects import DagSerialization
from kubernetes.client import ApiClient

folder = sys.argv[1]
bag = BundleDagBag(folder, bundle_path=folder, bundle_name="dags-folder")
client = ApiClient()
dags = {}
for dag_id, dag in bag.dags.items():
    DagSerialization.to_dict(dag)
    dags[dag_id] = {
        "schedule": dag.schedule,
        "tasks": {
            task.task_id: {
                "after": sorted(task.upstream_task_ids),
                "retries": task.retries,
                "pool": task.pool,
                "python": getattr(task, "python", None),
                "pod": client.sanitize_for_serialization((task.executor_config or {}).get("pod_override")),
            }
            for task in dag.tasks
        },
    }
print("RESULT " + json.dumps({"errors": bag.import_errors, "dags": dags}))
