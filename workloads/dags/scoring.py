"""New files below `incoming/churn/` of the data store, scored by the live version; each file once.

A stack that has `models.churn.batch` does the same without Airflow; the DAG is for scoring that comes after other tasks.
"""

from __future__ import annotations

import os
from datetime import timedelta

from airflow.sdk import DAG

from platform_tasks import steps
from platform_tasks.placement import training_step

with DAG(
    dag_id="churn_scoring",
    description="Scores new files with the live version of churn.",
    schedule="@daily",
    catchup=False,
    max_active_runs=1,
    default_args={"owner": "data-science", "retries": 2, "retry_delay": timedelta(seconds=30)},
    tags=["scoring", "churn"],
) as churn_scoring:
    training_step(steps.score)(
        "churn", os.environ.get("MODEL_DATA_URI", ""), "{{ run_id | replace(':', '') | replace('+', 'Z') }}"
    )
