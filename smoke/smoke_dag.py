"""What `make smoke` runs to know that Airflow starts pods and keeps their logs: it starts this DAG alone."""

from __future__ import annotations

from airflow.sdk import DAG, Param, task

with DAG(
    dag_id="smoke",
    description="Says what it is told; `make smoke` looks for it in the log.",
    schedule=None,
    catchup=False,
    is_paused_upon_creation=False,
    params={"words": Param("", type="string")},
    default_args={"owner": "platform"},
    tags=["smoke"],
) as smoke:

    @task
    def say(params: dict[str, str]) -> None:
        print(params["words"])

    say()
