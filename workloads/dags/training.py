"""Training as a DAG: rows, a check of them, a model, its gate, a version, and the alias that the release controller follows.

One DAG for each example; they differ in their names alone, whether the answer is a yes or a number. Start one by hand with other parameters, from the
drift check, or from a pipeline by Airflow's API.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG, Param

from platform_tasks import steps
from platform_tasks.placement import training_step

EXAMPLES = ("churn", "attrition", "delivery")


def training_dag(example: str) -> DAG:
    with DAG(
        dag_id=f"{example}_training",
        description=f"Trains {example}, and lets it go live where it passes its gate.",
        schedule=None,
        catchup=False,
        max_active_runs=1,
        render_template_as_native_obj=True,
        default_args={"owner": "data-science", "retries": 2, "retry_delay": timedelta(seconds=30)},
        params={
            "rows": Param(20000, type="integer", minimum=1000),
            "seed": Param(7, type="integer"),
            "shift": Param(
                "",
                type="string",
                description="How the made-up world has moved on; empty: as the variable <example>_world says.",
            ),
            "parameters": Param({}, type="object", description="Other hyperparameters than the example's own."),
        },
        tags=["training", example],
    ) as dag:
        data = training_step(steps.extract)(
            example,
            "{{ params.rows }}",
            "{{ params.seed }}",
            "{{ params.shift or var.value.get('" + example + "_world', 'none') }}",
            "{{ dag.dag_id }}",
            "{{ run_id }}",
        )
        checked = training_step(steps.check, retries=0)(data)
        trained = training_step(steps.train, cpu="1", memory_mib=2048)(
            checked, {"name": "", "parameters": "{{ params.parameters }}"}
        )
        verdict = training_step(steps.judge)(checked, trained, example)
        version = training_step(steps.register)(trained, example)
        # A closed gate is an answer, not an accident: trying again gives the same one.
        training_step(steps.go_live, retries=0)(example, version, verdict)
    return dag


for name in EXAMPLES:
    globals()[f"{name}_training"] = training_dag(name)
