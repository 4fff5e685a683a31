"""DAGs of each model that the stack trains by Airflow, from what the Pulumi program wrote beside this file.

One trains; others check what people ask for, look at live answers, and start a training where those have become too bad.

The platform owns this folder: what is changed here is gone with the next `pulumi up`. DAGs of people are elsewhere.
"""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from airflow.providers.standard.exceptions import HITLRejectException, HITLTriggerEventError
from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import DAG, Param
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException
from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance
from kubernetes.client import models as k8s

#: As placement.py of the example DAGs: so many training tasks run at a time as the pool has slots.
POOL = "training"
#: Steps that run however those before them went: what was trained is always recorded, and what was checked if anything was.
RECORDS = {"record": "all_done", "record_check": "none_skipped"}
#: Exit code by which a step says so; those after it are skipped.
NOTHING_TO_DO = 99
#: Exit code of the platform's own steps that have said their last word. With any other, such as that of a pod that was killed, they are tried again.
FINAL = 1
#: By this key the step of approval says who has answered.
ANSWER = "answer"
#: With a dash and the time, at most the 63 characters of a label.
LONGEST_NAME = 39


def run_name(dag_run: Any) -> str:
    """Name of the run in the data store, in the registry and on its pods."""
    model = re.sub(r"[^a-z0-9-]", "-", dag_run.dag_id.removeprefix("train-").lower())[:LONGEST_NAME]
    return f"{model}-{dag_run.run_after:%Y%m%d-%H%M%S-%f}"


def reason(dag_run: Any) -> str:
    """Why it began: `schedule`, or what whoever started it says."""
    if str(dag_run.run_type) == "scheduled":
        return "schedule"
    return str((dag_run.conf or {}).get("reason") or "manual")


def asked_by(dag_run: Any) -> str:
    """Who started it, as Airflow's sign-in knows the person; empty where a schedule did."""
    return str(dag_run.triggering_user_name or "")


def answer(ti: Any) -> str:
    """Who has approved or rejected the run's version, and when, as JSON; empty where nobody has."""
    return json.dumps(ti.xcom_pull(task_ids="approve", key=ANSWER) or {})


def day_before(dag_run: Any) -> str:
    return f"{dag_run.run_after - timedelta(days=1):%Y-%m-%d}"


def step_states(dag: Any, dag_run: Any) -> str:
    """How the steps before the last one went, as JSON."""
    found = RuntimeTaskInstance.get_task_states(dag_id=dag_run.dag_id, run_ids=[dag_run.run_id])
    return json.dumps(
        {step: str(state) for step, state in found[dag_run.run_id].items() if not step.startswith("record")}
    )


def loop(asked: dict[str, Any]) -> DAG:
    """The steps one after the other; `record`, the last one, runs however they went and fails where they did."""
    with DAG(
        dag_id=asked["dag"],
        description=asked.get("description")
        or f"Trains {asked['model']}, and lets it go live where it passes its gate.",
        schedule=asked["schedule"],
        catchup=False,
        is_paused_upon_creation=False,  # The stack's config says that it is to run; a person may still pause it.
        max_active_runs=1,
        user_defined_macros={
            "run_name": run_name,
            "reason": reason,
            "asked_by": asked_by,
            "answer": answer,
            "day_before": day_before,
            "step_states": step_states,
        },
        default_args={"owner": "platform", "retry_delay": timedelta(minutes=1), "retry_exponential_backoff": True},
        params={"reason": Param("manual", type="string", description="Why this run is started.")},
        tags=["training", asked["model"]],
    ) as dag:
        before = None
        for step in asked["steps"]:
            task = MADE.get(step["id"], pod)(step, asked)
            if before is not None:
                before >> task
            before = task
    return dag


class StepPod(KubernetesPodOperator):
    """A pod that is not started again where its step has said its last word, whatever tries are left."""

    def __init__(self, *, final_on_exit_code: int | None = None, **given: Any) -> None:
        """
        :param final_on_exit_code: of the container `base`; none where each failure may be tried again.
        """
        super().__init__(**given)
        self.final_on_exit_code = final_on_exit_code

    def cleanup(self, pod: k8s.V1Pod, remote_pod: k8s.V1Pod, *rest: Any, **more: Any) -> None:
        try:
            super().cleanup(pod, remote_pod, *rest, **more)
        except AirflowSkipException:
            raise
        except AirflowException as error:
            code = exit_code(remote_pod, self.base_container_name)
            if code is not None and code == self.final_on_exit_code:
                raise AirflowFailException(str(error)) from error
            raise


def exit_code(pod: k8s.V1Pod, name: str) -> int | None:
    """Of a container that has ended; none where it has not, or never began."""
    statuses = (pod.status.container_statuses if pod and pod.status else None) or []
    ended = (each.state.terminated for each in statuses if each.name == name and each.state)
    return next((each.exit_code for each in ended if each), None)


def pod(step: dict[str, Any], asked: dict[str, Any]) -> StepPod:
    """A pod of the step, and a task that watches it, as the one who may start it."""
    launcher = asked["launcher"]
    watching = k8s.V1PodSpec(service_account_name=launcher, containers=[k8s.V1Container(name="base")])
    limit = timedelta(minutes=step["timeoutMinutes"])
    return StepPod(
        task_id=step["id"],
        name=step["id"].replace("_", "-"),
        namespace=asked["namespace"],
        executor_config={"pod_override": k8s.V1Pod(spec=watching)} if launcher else None,
        in_cluster=True,
        pod_template_dict=step["pod"],
        init_container_logs=True,
        # Kubernetes calls a pod pending until its first containers are done, and the training is one of those.
        startup_timeout_seconds=int(limit.total_seconds()),
        execution_timeout=limit + timedelta(minutes=5),  # The pod's own deadline comes first, and says so.
        retries=step["retries"],
        pool=POOL,
        trigger_rule=RECORDS.get(step["id"], "all_success"),
        skip_on_exit_code=NOTHING_TO_DO,
        final_on_exit_code=FINAL if step.get("final") else None,
        do_xcom_push=False,
    )


class Approval(ApprovalOperator):
    """Leaves who has answered to the steps behind it: a task that is rejected fails, and leaves nothing by itself."""

    def execute_complete(self, context: Any, event: dict[str, Any]) -> Any:
        # Nobody has answered where the time is up.
        if user := event.get("responded_by_user"):
            status = "Approved" if event["chosen_options"] == [self.APPROVE] else "Rejected"
            said = {"status": status, "by": user["name"] or user["id"], "at": event["responded_at"].isoformat()}
            context["ti"].xcom_push(ANSWER, said)
        try:
            return super().execute_complete(context, event)
        except (HITLRejectException, HITLTriggerEventError) as last_word:
            raise AirflowFailException(str(last_word)) from last_word


def approval(step: dict[str, Any], _asked: dict[str, Any]) -> ApprovalOperator:
    """A person approves or rejects the version in Airflow, under required actions."""
    return Approval(
        task_id=step["id"],
        subject=step["subject"],
        body=step["body"],
        response_timeout=timedelta(days=step["days"]),
        fail_on_reject=True,  # The run did not do what it was started for, and `record` says why.
        retries=step["retries"],  # Where Airflow loses the task, the answer with it, the person is asked again.
    )


class StartTraining(TriggerDagRunOperator):
    """Starts one run, and none while one is under way or waits."""

    def execute(self, context: Any) -> None:
        running = RuntimeTaskInstance.get_dr_count(dag_id=self.trigger_dag_id, states=["queued", "running"])
        if running > 0:
            raise AirflowSkipException(f"a run of {self.trigger_dag_id} is under way")
        super().execute(context)


def start(step: dict[str, Any], asked: dict[str, Any]) -> StartTraining:
    return StartTraining(
        task_id=step["id"],
        trigger_dag_id=step["dag"],
        # The same when this is tried again: so it is one run.
        trigger_run_id=step["reason"] + "__{{ run_id }}",
        conf={"reason": step["reason"]},
        skip_when_already_exists=True,
        retries=5,
    )


#: Steps that are no pods.
MADE = {"approve": approval, "start": start}

for file in sorted(Path(__file__).parent.glob("*.json")):
    made = loop(json.loads(file.read_text(encoding="utf-8")))
    globals()[made.dag_id] = made
