"""Runs state machines of training in moto's interpreter, and tells what they did.

Reads {"runs": [scenario...]} from stdin and writes one answer a scenario. DynamoDB, S3 and the interpreter are moto's; SageMaker's jobs,
Glue, ECS, ECR, SNS, the two functions and the registrar answer what the scenario says, once botocore has checked what they were asked.
"""

import io
import json
import sys
import threading
import time

import stateMachines
from botocore.exceptions import ReadTimeoutError
from budgetAnswers import answer_budget
from moto import mock_aws
from stateMachines import PAUSE_SECONDS, REGION, ROLE, client, path_of, refuse

BUCKET, TABLE = "data", "training"


def answer_jobs(world, scenario: dict) -> None:
    taken: set[str] = set()
    searches = list(scenario.get("searches", []))

    def started(kind: str, name: str) -> None:
        if f"{kind}/{name}" in taken:
            raise ValueError(f"there is a {kind} {name} already")
        taken.add(f"{kind}/{name}")

    def train(asked: dict) -> dict:
        name = asked["TrainingJobName"]
        started("training job", name)
        package = f"{asked['OutputDataConfig']['S3OutputPath']}/{name}/output/model.tar.gz"
        return {"TrainingJobArn": "arn", "TrainingJobName": name, "ModelArtifacts": {"S3ModelArtifacts": package}}

    def tune(asked: dict) -> dict:
        name = asked["HyperParameterTuningJobName"]
        started("search", name)
        searches.append(
            {"name": name, "jobs": asked["HyperParameterTuningJobConfig"]["ResourceLimits"]["MaxNumberOfTrainingJobs"]}
        )
        return {"HyperParameterTuningJobArn": "arn", "BestTrainingJob": {"TrainingJobName": f"{name}-007-best"}}

    def search_summary(each: dict) -> dict:
        done = each.get("succeeded", each["jobs"])
        return {
            "HyperParameterTuningJobName": each["name"],
            "TrainingJobStatusCounters": {"Completed": done, "NonRetryableError": each["jobs"] - done, "Stopped": 0},
            "ObjectiveStatusCounters": {"Succeeded": done, "Pending": 0, "Failed": each["jobs"] - done},
        }

    def past_searches(asked: dict) -> dict:
        found = [each for each in reversed(searches) if asked["NameContains"] in each["name"]]
        return {"HyperParameterTuningJobSummaries": [search_summary(each) for each in found[: asked["MaxResults"]]]}

    def process(asked: dict) -> dict:
        started("processing job", asked["ProcessingJobName"])
        command = asked["AppSpecification"]["ContainerArguments"][0]
        if command == "validate":
            uri = asked["ProcessingOutputConfig"]["Outputs"][0]["S3Output"]["S3Uri"]
            report = scenario.get("validation", {"passed": True, "problems": [], "rows": 900, "baseline": True})
            text = report if isinstance(report, str) else json.dumps(report)
            key = uri.removeprefix(f"s3://{BUCKET}/") + "/validation.json"
            client("s3").put_object(Bucket=BUCKET, Key=key, Body=text.encode())
            for name in ("statistics", "constraints") if isinstance(report, dict) and report.get("baseline") else ():
                kept = key.replace("/validation.json", f"/baseline/{name}.json")
                client("s3").put_object(Bucket=BUCKET, Key=kept, Body=b"{}")
        if command == "evaluate":
            uri = asked["ProcessingOutputConfig"]["Outputs"][0]["S3Output"]["S3Uri"]
            key = uri.removeprefix(f"s3://{BUCKET}/") + "/evaluation.json"
            client("s3").put_object(Bucket=BUCKET, Key=key, Body=b'{"candidate": {"auc": 0.9}}')
        return {"ProcessingJobArn": "arn"}

    def invoke(asked: dict) -> dict:
        name = asked["FunctionName"].split(":")[-1]
        if name == "trainingGate":
            answer = scenario.get("judged", {"passed": True, "reasons": [], "metrics": {"auc": 0.9}})
        else:
            statuses = scenario.setdefault("endpoint", ["inService"])
            status = statuses.pop(0) if len(statuses) > 1 else statuses[0]
            answer = {"status": status} if isinstance(status, str) else status
        return {"StatusCode": 200, "Payload": io.BytesIO(json.dumps(answer).encode())}

    # Moto reads these in both ways of writing.
    task = {"TaskArn": "task", "ClusterArn": "cluster", "lastStatus": "STOPPED"}
    tasks = {"Tasks": [task], "tasks": [task]}
    world.answers |= {
        "sagemaker.create_training_job": train,
        "sagemaker.create_hyper_parameter_tuning_job": tune,
        "sagemaker.list_hyper_parameter_tuning_jobs": past_searches,
        "sagemaker.describe_training_job": lambda asked: {
            "TrainingJobName": asked["TrainingJobName"],
            "ModelArtifacts": {"S3ModelArtifacts": f"s3://{BUCKET}/best/model.tar.gz"},
        },
        "sagemaker.create_processing_job": process,
        "sagemaker.create_model_package": lambda asked: {
            "ModelPackageArn": f"arn:aws:sagemaker:{REGION}:123456789012:model-package/{asked['ModelPackageGroupName']}/1"
        },
        "lambda.invoke": invoke,
        "ecr.describe_images": lambda asked: {"ImageDetails": scenario.get("images", [{"ImageDigest": "sha256:0123"}])},
        "glue.start_job_run": lambda asked: {"JobRunId": "jr_1"},
        "glue.get_job_run": lambda asked: {"JobRun": {"JobRunState": "SUCCEEDED"}},
        "ecs.run_task": lambda asked: dict(tasks),
        "ecs.describe_tasks": lambda asked: dict(tasks),
        "sns.publish": lambda asked: {"MessageId": "1"},
    }


def answer_endpoint(world, scenario: dict) -> None:
    """An endpoint keeps its tags until it is deleted."""
    tags: dict[str, str] = {}

    def add(asked: dict) -> dict:
        tags.update({each["Key"]: each["Value"] for each in asked["Tags"]})
        return {"Tags": asked["Tags"]}

    world.answers |= {
        "sagemaker.list_tags": lambda asked: {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]},
        "sagemaker.add_tags": add,
        "sagemaker.delete_endpoint": lambda asked: tags.clear() or {},
    }


def answer_pipeline(world, scenario: dict) -> None:
    """A pipeline that passes, unless the scenario says how it ends and at which step."""
    statuses = ["Executing", scenario.get("pipeline", "Succeeded")]
    arn = f"arn:aws:sagemaker:{REGION}:123456789012"
    by_hand = {"PipelineExecutionArn": f"{arn}:pipeline/p/execution/hand", "PipelineExecutionStatus": "Executing"}
    known = [by_hand]

    def start(asked: dict) -> dict:
        told = {"PipelineExecutionDescription": asked["PipelineExecutionDescription"]}
        status = {"PipelineExecutionStatus": scenario.get("leftover", "Succeeded")}
        known.append({"PipelineExecutionArn": f"{arn}:pipeline/p/execution/abc", **told, **status})
        given = {each["Name"]: each["Value"] for each in asked["PipelineParameters"]}
        report = json.dumps({"candidate": {"auc": 0.9}, "champion": None, "rows": 90}).encode()
        client("s3").put_object(Bucket=BUCKET, Key=f"outputs/churn/{given['Run']}/evaluation.json", Body=report)
        if scenario.get("unheard"):
            raise ReadTimeoutError(endpoint_url="sagemaker")
        return {"PipelineExecutionArn": f"{arn}:pipeline/p/execution/abc"}

    verdict = [{"Name": "passed", "Value": "true"}, {"Name": "said", "Value": "passed"}]
    passed = [
        {
            "StepName": "Gate",
            "StepStatus": "Succeeded",
            "Metadata": {"Lambda": {"Arn": arn, "OutputParameters": verdict}},
        },
        {"StepName": "Train", "StepStatus": "Succeeded", "Metadata": {"TrainingJob": {"Arn": f"{arn}:training-job/t"}}},
        {
            "StepName": "Package",
            "StepStatus": "Succeeded",
            "Metadata": {"RegisterModel": {"Arn": f"{arn}:model-package/dev-churn/7"}},
        },
    ]
    rejected = [passed[1], {"StepName": "GateRejected", "StepStatus": "Failed", "FailureReason": "did not pass"}]
    world.answers |= {
        "sagemaker.start_pipeline_execution": start,
        "sagemaker.describe_pipeline_execution": lambda asked: {
            "PipelineExecutionStatus": statuses.pop(0) if len(statuses) > 1 else statuses[0]
        },
        "sagemaker.list_pipeline_execution_steps": lambda asked: {
            "PipelineExecutionSteps": passed if statuses[0] == "Succeeded" else rejected
        },
        "sagemaker.list_pipeline_executions": lambda asked: {"PipelineExecutionSummaries": known},
        "sagemaker.stop_pipeline_execution": lambda asked: {"PipelineExecutionArn": asked["PipelineExecutionArn"]},
        "sagemaker.describe_model_package": lambda asked: {
            "ModelPackageArn": asked["ModelPackageName"],
            "InferenceSpecification": {
                "Containers": [{"ModelDataUrl": f"s3://{BUCKET}/models/churn/r/t/output/model.tar.gz"}]
            },
            **scenario.get("decided", answered(scenario)),
        },
    }


def answered(scenario: dict) -> dict:
    """What a package says once somebody has decided of it."""
    if "approval" not in scenario:
        return {}
    by = {"IamIdentity": {"Arn": "arn:aws:sts::123456789012:assumed-role/Approvers/ada"}}
    return {
        **{"ModelApprovalStatus": scenario["approval"], "ApprovalDescription": "looked at"},
        **{"LastModifiedTime": "2026-12-01T03:04:05.678Z", "LastModifiedBy": by},
    }


def answer_registrar(world, scenario: dict) -> None:
    champion = scenario.get("champion", {"version": "3", "packageUri": "s3://data/models/churn/champion/model.tar.gz"})
    answers = {
        "champion": champion,
        "register": {"version": "4"},
        "promote": {"outcome": scenario.get("outcome", "live")},
        "candidate": scenario.get("asked", {"version": None}),
        "judged": {"version": "4", "gate": "passed"},
        "decided": {"model": "churn", "version": "4", "noted": True},
    }
    world.activity = lambda asked: answers[asked["action"]]


def answer_approval(world, scenario: dict, states) -> None:
    """A person decides once the token is in the table, as the function that hears of it would tell."""

    def decide(asked: dict) -> None:
        token = asked["Item"].get("token", {}).get("S")
        if token is None or "approval" not in scenario:
            return

        def later() -> None:
            time.sleep(10 * PAUSE_SECONDS)
            if scenario["approval"] == "Approved":
                states.send_task_success(taskToken=token, output="{}")
            else:
                refuse(token, "Rejected", "not what we want")

        threading.Thread(target=later, daemon=True).start()

    world.after["dynamodb.put_item"] = decide


def prepare(scenario: dict) -> None:
    s3 = client("s3")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    for key in scenario.get("rows", []):
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"1")
    if scenario.get("samples"):
        yesterday = time.strftime("%Y-%m-%d", time.gmtime(time.time() - 24 * 3600))
        s3.put_object(Bucket=BUCKET, Key=f"samples/churn/date={yesterday}/a.jsonl.gz", Body=b"{}")
    table = client("dynamodb")
    table.create_table(
        TableName=TABLE,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    for item in scenario.get("before", []):
        if "secondsLeft" in item:
            item["expires"] = {"N": str(int(time.time()) + item.pop("secondsLeft"))}
        table.put_item(TableName=TABLE, Item=item)


def execute(states, machine: str, number: int, given, until: str | None) -> dict:
    arn = states.start_execution(stateMachineArn=machine, name=f"run-{number}", input=json.dumps(given))["executionArn"]
    deadline = time.time() + 120
    while time.time() < deadline:
        ended = states.describe_execution(executionArn=arn)
        if ended["status"] != "RUNNING":
            break
        path = path_of(states, arn) if until else []
        if path and path[-1]["state"] == until:
            break
        time.sleep(PAUSE_SECONDS)
    return {
        "arn": arn,
        "status": ended["status"],
        "error": ended.get("error"),
        "cause": ended.get("cause"),
        "path": path_of(states, arn),
    }


def stored(prefix: str = "") -> list[str]:
    return [each["Key"] for each in client("s3").list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])]


def records() -> list[dict]:
    return [json.loads(client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read()) for key in stored("metadata/")]


def run(scenario: dict) -> dict:
    world = stateMachines.begin()
    states, table = client("stepfunctions"), client("dynamodb")
    prepare(scenario)
    answer_jobs(world, scenario)
    answer_endpoint(world, scenario)
    answer_pipeline(world, scenario)
    answer_registrar(world, scenario)
    if "spent" in scenario:
        answer_budget(world, scenario)
    answer_approval(world, scenario, states)
    world.faults = {state: list(errors) for state, errors in scenario.get("faults", {}).items()}
    leave = scenario.get("whileWaiting", [])
    world.on_wait = lambda: [table.delete_item(TableName=TABLE, Key={"id": {"S": leaving}}) for leaving in leave]
    machine = states.create_state_machine(name="m", definition=scenario["definition"], roleArn=ROLE)["stateMachineArn"]
    executions: list[dict] = []
    for number, given in enumerate(scenario.get("inputs", [{}])):
        if isinstance(given, dict) and "aborted" in given:
            given = {**given, "aborted": executions[given["aborted"]]["arn"]}
            states.stop_execution(executionArn=given["aborted"])
        until = scenario.get("until", {}).get(str(number))
        executions.append(execute(states, machine, number, given, until))
    for execution in executions:
        if execution["status"] == "RUNNING":
            states.stop_execution(executionArn=execution["arn"])
    items = table.scan(TableName=TABLE)["Items"]
    ended = {"executions": executions, "calls": list(world.calls), "items": items}
    return {**ended, "records": records(), "stored": stored(), "refused": world.refused}


def main() -> None:
    stateMachines.install()
    answers = []
    for scenario in json.load(sys.stdin)["runs"]:
        with mock_aws(config={"stepfunctions": {"execute_state_machine": True}}):
            answers.append(run(scenario))
    json.dump(answers, sys.stdout, default=list)


main()
