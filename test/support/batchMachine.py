"""Runs state machines of batch scoring in moto's interpreter, and tells what they did.

Reads {"runs": [{"definition", "inputs", "objects", "events"...}]} from stdin, writes one answer a run. Parameters of every call are
checked by botocore. What moto does not know of Step Functions is added here: `.sync` of a transform job, and the JSON it makes
of an S3 body.
"""

import json
import sys
import time

import boto3
from moto import mock_aws
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service_aws_sdk as sdk,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service_dynamodb as dynamodb,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import state_task_service_sns as sns
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service_unsupported as optimised,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.resource import ResourceCondition

REGION = "eu-west-1"
calls: list[dict] = []
aborted: set[str] = set()
optimised._SUPPORTED_INTEGRATION_PATTERNS.add(ResourceCondition.Sync)


class TransformFailed(Exception):
    pass


class Recorded:
    """A client that writes down what it is asked for."""

    def __init__(self, client, service):
        self.client, self.service = client, service

    def __getattr__(self, action):
        def call(**parameters):
            calls.append({"action": f"{self.service}.{action}", "parameters": dict(parameters)})
            if action == "put_object":
                parameters["Body"] = json.dumps(parameters["Body"]).encode()
            if action == "create_transform_job" and aborted:
                raise TransformFailed("the run was aborted")
            if action == "delete_item" and aborted:
                return {}  # Nobody gives back what it had taken.
            if action == "describe_execution":  # Step Functions writes all names alike, whatever a service calls them.
                return {"Status": self.client.describe_execution(executionArn=parameters["ExecutionArn"])["status"]}
            answer = getattr(self.client, action)(**parameters)
            if action == "create_transform_job" and parameters["ModelName"].endswith("broken"):
                raise TransformFailed("Transform job failed: the model refused its input")
            return answer

        return call


for module in (sdk, optimised, dynamodb, sns):
    plain = module.boto_client_for
    module.boto_client_for = lambda plain=plain, **given: Recorded(plain(**given), given["service"])


def finished(self, env, resource_runtime_part, normalised_parameters, state_credentials):
    """Moto finishes a transform job at once."""
    answer = env.stack.pop()
    return lambda: {**answer, "TransformJobStatus": "Completed"}


optimised.StateTaskServiceUnsupported._build_sync_resolver = finished


def given_seconds(scenario: dict) -> int:
    """How long a run may take; one that waits for a version is left waiting soon."""
    return 4 if scenario.get("live") == "churn-first" else 20


def run(scenario: dict) -> dict:
    calls.clear()
    aborted.clear()
    session = boto3.Session(region_name=REGION)
    s3, sagemaker, states = (session.client(name) for name in ("s3", "sagemaker", "stepfunctions"))
    s3.create_bucket(Bucket="data", CreateBucketConfiguration={"LocationConstraint": REGION})
    for key in scenario.get("objects", []):
        s3.put_object(Bucket="data", Key=key, Body=b"{}")
    session.client("dynamodb").create_table(
        TableName="scored",
        KeySchema=[{"AttributeName": "object", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "object", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    session.client("sns").create_topic(Name="owner")
    role = f"arn:aws:iam::{DEFAULT_ACCOUNT_ID}:role/made-up"
    for name in scenario.get("models", []):
        sagemaker.create_model(ModelName=name, PrimaryContainer={"Image": "made-up"}, ExecutionRoleArn=role)
        time.sleep(0.01)
    if "live" in scenario:
        variants = [
            {
                "VariantName": "main",
                "ModelName": scenario["live"],
                "InstanceType": "ml.m5.large",
                "InitialInstanceCount": 1,
            }
        ]
        sagemaker.create_endpoint_config(EndpointConfigName="churn-1", ProductionVariants=variants)
        sagemaker.create_endpoint(EndpointName="churn", EndpointConfigName="churn-1")
    machine = states.create_state_machine(name="m", definition=scenario["definition"], roleArn=role)["stateMachineArn"]
    executions = []
    for number, given in enumerate(scenario["inputs"]):
        if scenario.get("deleted", {}).get(str(number)):
            s3.delete_object(Bucket="data", Key=scenario["deleted"][str(number)])
        arn = states.start_execution(stateMachineArn=machine, name=f"run-{number}", input=json.dumps(given))[
            "executionArn"
        ]
        if number in scenario.get("aborted", []):
            # As it is found by the next one: aborted after it had taken its objects, before its job began.
            aborted.add(arn)
        for _ in range(given_seconds(scenario) * 50):
            ended = states.describe_execution(executionArn=arn)
            if ended["status"] != "RUNNING":
                break
            time.sleep(0.02)
        history = states.get_execution_history(executionArn=arn, maxResults=1000)["events"]
        entered = [e["stateEnteredEventDetails"]["name"] for e in history if "stateEnteredEventDetails" in e]
        aborted.clear()
        executions.append(
            {"status": ended["status"], "error": ended.get("error"), "cause": ended.get("cause"), "entered": entered}
        )
        if ended["status"] == "RUNNING":
            states.stop_execution(executionArn=arn)
    taken = session.client("dynamodb").scan(TableName="scored")["Items"]
    return {
        "executions": executions,
        "calls": json.loads(json.dumps(calls)),
        "taken": sorted(i["object"]["S"] for i in taken),
    }


def main() -> None:
    answers = []
    for scenario in json.load(sys.stdin)["runs"]:
        with mock_aws(config={"stepfunctions": {"execute_state_machine": True}}):
            answers.append(run(scenario))
    json.dump(answers, sys.stdout)


main()
