"""Looks at what churn was asked, and trains it anew where that has moved away from the training data: once for each version.

The drift monitor tells people by alerts; this is what acts.
"""

from __future__ import annotations

import os
from datetime import timedelta

from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import DAG, Param, task

from platform_tasks import steps
from platform_tasks.placement import on_nodes, training_step

with DAG(
    dag_id="churn_drift",
    description="Retrains churn where its input has drifted.",
    schedule="@hourly",
    catchup=False,
    max_active_runs=1,
    default_args={"owner": "data-science", "retries": 2, "retry_delay": timedelta(seconds=30)},
    params={"hours": Param(24, type="number", exclusiveMinimum=0), "max_psi": Param(0.2, type="number")},
    tags=["drift", "churn"],
) as churn_drift:
    found = training_step(steps.look_for_drift)(
        "churn",
        os.environ.get("MODEL_DATA_URI", ""),
        "{{ params.hours }}",
        "{{ params.max_psi }}",
        # What the stack declares of the model's columns, as its own drift check knows it.
        "{{ var.json.get('drift_columns', {}).get('churn', {}) | tojson }}",
    )

    @task.short_circuit(executor_config=on_nodes("training", memory_mib=512))
    def drifted(report: dict) -> bool:
        return report["verdict"] == "drift"

    retrain = TriggerDagRunOperator(
        task_id="retrain",
        trigger_dag_id="churn_training",
        trigger_run_id="drift__version_{{ ti.xcom_pull(task_ids='look_for_drift')['version'] }}",
        skip_when_already_exists=True,  # Its training runs, or ran and did not pass: more of the same helps nobody.
        executor_config=on_nodes("training", memory_mib=512),
    )
    drifted(found) >> retrain
