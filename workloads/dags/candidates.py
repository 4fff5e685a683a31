"""Several candidates on the same rows, each in a pod of its own; the best one goes through the gate."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG, Param

from platform_tasks import steps
from platform_tasks.placement import training_step

CANDIDATES = [
    {"name": "shallow", "parameters": {"max_iter": 60, "learning_rate": 0.1}},
    {"name": "usual", "parameters": {"max_iter": 120, "learning_rate": 0.08}},
    {"name": "patient", "parameters": {"max_iter": 300, "learning_rate": 0.03}},
]

with DAG(
    dag_id="churn_candidates",
    description="Trains several candidates for churn and lets the best go live where it passes its gate.",
    schedule=None,
    catchup=False,
    max_active_runs=1,
    render_template_as_native_obj=True,
    default_args={"owner": "data-science", "retries": 2, "retry_delay": timedelta(seconds=30)},
    params={"rows": Param(20000, type="integer", minimum=1000), "seed": Param(7, type="integer")},
    tags=["training", "churn"],
) as churn_candidates:
    data = training_step(steps.extract)(
        "churn",
        "{{ params.rows }}",
        "{{ params.seed }}",
        "{{ var.value.get('churn_world', 'none') }}",
        "{{ dag.dag_id }}",
        "{{ run_id }}",
    )
    checked = training_step(steps.check, retries=0)(data)
    trained = training_step(steps.train, cpu="1", memory_mib=2048).partial(data=checked).expand(candidate=CANDIDATES)
    # Read into a list: what stands for the results of a mapped task cannot leave Airflow's own process.
    winner = training_step(steps.best)(checked, "{{ ti.xcom_pull(task_ids=['train']) }}")
    trained >> winner
    verdict = training_step(steps.judge)(checked, winner, "churn")
    version = training_step(steps.register)(winner, "churn")
    training_step(steps.go_live, retries=0)("churn", version, verdict)
