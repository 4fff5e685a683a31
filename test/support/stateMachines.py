"""What moto's interpreter of the Amazon States Language lacks to run whole state machines, and the record of what they did.

The interpreter decides what follows what; this module adds the services around it: JSONata, `.sync` of SageMaker's jobs, activities, and
faults of any state by name. Waits take no time. Parameters of every call are checked as botocore
and AWS check them.
"""

import json
import queue
import threading
import time
from collections.abc import Callable
from functools import cache
from types import SimpleNamespace

import boto3
from apiLimits import broken_limits
from botocore.validate import ParamValidator
from jsonata import Jsonata
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.stepfunctions.parser.api import HistoryEventType, TaskFailedEventDetails
from moto.stepfunctions.parser.asl.component.common.error_name.custom_error_name import CustomErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import StatesErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import StatesErrorNameType
from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl
from moto.stepfunctions.parser.asl.component.common.timeouts.timeout import EvalTimeoutError
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils, state_task_activitiy
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service,
    state_task_service_aws_sdk,
    state_task_service_dynamodb,
    state_task_service_ecs,
    state_task_service_glue,
    state_task_service_sns,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service_unsupported as optimised,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.resource import ResourceCondition
from moto.stepfunctions.parser.asl.component.state.wait.wait_function.wait_function import WaitFunction
from moto.stepfunctions.parser.asl.eval.callback.callback import CallbackPoolManager
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails
from moto.stepfunctions.parser.asl.jsonata import jsonata
from moto.stepfunctions.parser.backend.activity import Activity
from moto.stepfunctions.parser.models import stepfunctions_parser_backends

REGION = "eu-west-1"
ROLE = f"arn:aws:iam::{DEFAULT_ACCOUNT_ID}:role/made-up"
#: Of everything that the interpreter waits for.
PAUSE_SECONDS = 0.01

Answer = Callable[[dict], dict]

#: What moto plays answers one at a time: its tables mix up conditions that two threads ask of them at once.
one_at_a_time = threading.RLock()


class World:
    """Services around one scenario: what they answer, what they were asked, and which states have faults."""

    def __init__(self) -> None:
        self.calls: list[dict] = []
        self.answers: dict[str, Answer] = {}
        self.after: dict[str, Callable[[dict], None]] = {}
        self.activity: Answer = lambda asked: {}
        self.faults: dict[str, list[str]] = {}
        self.refused: list[str] = []
        self.on_wait: Callable[[], None] = lambda: None

    def fault_of(self, state: str) -> str | None:
        """The next fault of a state; one that ends in `*` stays."""
        waiting = self.faults.get(state, [])
        if not waiting:
            return None
        return waiting[0][:-1] if waiting[0].endswith("*") else waiting.pop(0)


world = World()


def begin() -> World:
    """A world without a past."""
    global world
    world = World()
    return world


class Recorded:
    """A client that writes down what it is asked, and lets the scenario answer for services that moto does not play."""

    def __init__(self, client, service: str) -> None:
        self.client, self.service = client, service

    def __getattr__(self, action: str):
        def call(**given):
            parameters = _cased(given, self._shape(action))
            name = f"{self.service}.{action}"
            world.calls.append({"action": name, "parameters": json.loads(json.dumps(parameters, default=_text))})
            if action == "put_object":
                parameters["Body"] = json.dumps(parameters["Body"]).encode()
            if name in world.answers:
                self._check(action, parameters)
                answer = world.answers[name](parameters)
            else:
                with one_at_a_time:
                    answer = getattr(self.client, action)(**parameters)
            if action == "get_object":
                answer["Body"] = answer["Body"].read().decode()
            if name in world.after:
                world.after[name](parameters)
            return answer

        return call

    def _shape(self, action: str):
        model = self.client.meta.service_model
        return model.operation_model(self.client.meta.method_to_api_mapping[action]).input_shape

    def _check(self, action: str, parameters: dict) -> None:
        shape = self._shape(action)
        report = ParamValidator().validate(parameters, shape)
        faults = [report.generate_report()] if report.has_errors() else list(broken_limits(parameters, shape))
        if faults:
            world.refused += [f"{self.service}.{action}{fault}" for fault in faults]
            raise ValueError(f"{self.service}.{action}: {faults}")


def _cased(value, shape):
    """Step Functions writes every parameter with a capital; some services do not."""
    if isinstance(value, dict) and shape.type_name == "structure":
        members = {name.lower(): name for name in shape.members}
        named = {members.get(name.lower(), name): each for name, each in value.items()}
        return {
            name: _cased(each, shape.members[name]) if name in shape.members else each for name, each in named.items()
        }
    if isinstance(value, list) and shape.type_name == "list":
        return [_cased(each, shape.member) for each in value]
    return value


def _text(value) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _raise_fault(state, env) -> None:
    error = world.fault_of(state.name)
    if error is None:
        return
    if error == "States.Timeout":
        raise EvalTimeoutError()
    kind = next((each for each in StatesErrorNameType if each.to_name() == error), None)
    details = TaskFailedEventDetails(error=error, cause=f"made to fail in {state.name}")
    raise FailureEventException(
        FailureEvent(
            env=env,
            error_name=CustomErrorName(error) if kind is None else StatesErrorName(typ=kind),
            event_type=HistoryEventType.TaskFailed,
            event_details=EventDetails(taskFailedEventDetails=details),
        )
    )


def _with_faults(owner) -> None:
    plain = owner._eval_execution

    def evaluated(self, env):
        _raise_fault(self, env)
        return plain(self, env)

    owner._eval_execution = evaluated


def _keeping_faults(owner) -> None:
    """Its own translation of errors knows none that were made elsewhere."""
    plain = owner._from_error

    def translated(self, env, ex):
        return ex.failure_event if isinstance(ex, FailureEventException) else plain(self, env=env, ex=ex)

    owner._from_error = translated


def _finished(self, env, resource_runtime_part, normalised_parameters, state_credentials):
    """A job has ended when the scenario has answered its start."""
    answer = env.stack.pop()
    return lambda: {**answer, "Status": "Completed"}


def _instant(self, env, wait_seconds) -> None:
    world.on_wait()
    time.sleep(PAUSE_SECONDS)


def install() -> None:
    """Once for a process."""
    modules = (
        state_task_service_aws_sdk,
        state_task_service_dynamodb,
        state_task_service_ecs,
        state_task_service_glue,
        state_task_service_sns,
        lambda_eval_utils,
        optimised,
    )
    for module in modules:
        module.boto_client_for = lambda **given: Recorded(client(given["service"]), given["service"])
    optimised._SUPPORTED_INTEGRATION_PATTERNS.add(ResourceCondition.Sync)
    optimised.StateTaskServiceUnsupported._build_sync_resolver = _finished
    state_task_service_glue._SUPPORTED_INTEGRATION_PATTERNS.add(ResourceCondition.WaitForTaskToken)
    _with_faults(state_task_service.StateTaskService)
    _keeping_faults(state_task_service_dynamodb.StateTaskServiceDynamoDB)
    _keeping_faults(state_task_activitiy.StateTaskActivity)
    _with_faults(state_task_activitiy.StateTaskActivity)
    retrier_decl.time = SimpleNamespace(sleep=lambda seconds: time.sleep(PAUSE_SECONDS))
    WaitFunction._wait_interval = _instant
    jsonata._eval_jsonata = lambda expression: Jsonata(expression).evaluate(None)
    CallbackPoolManager.add_activity_task = lambda pool, **given: worker.take(pool, **given)
    worker.start()


class Worker(threading.Thread):
    """Answers the tasks of activities as a worker that polls would: moto makes them, and has no `GetActivityTask` to take them."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.tasks: queue.Queue = queue.Queue()

    def take(self, pool, callback_id: str, activity_arn: str, activity_input: str):
        pool._activity_store.setdefault(activity_arn, Activity(arn=activity_arn, name=activity_arn.split(":")[-1]))
        endpoint = _plain_add(pool, callback_id, activity_arn, activity_input)
        self.tasks.put((world, endpoint, activity_input))
        return endpoint

    def run(self) -> None:
        states = client("stepfunctions")
        while True:
            around, endpoint, asked = self.tasks.get()
            endpoint.notify_activity_task_start(worker_name="registrar")
            while endpoint._heartbeat_endpoint is None:  # An answer before the interpreter listens would be waited for.
                time.sleep(PAUSE_SECONDS)
            asked = json.loads(asked)
            around.calls.append({"action": f"registrar.{asked['action']}", "parameters": asked})
            output = json.dumps(around.activity(asked))
            states.send_task_success(taskToken=endpoint.callback_id, output=output)


_plain_add = CallbackPoolManager.add_activity_task
worker = Worker()


def path_of(states, execution_arn: str) -> list[dict]:
    """States in the order in which they were entered, each with how often it failed and whether that was its last word."""
    entered: list[dict] = []
    paginator = states.get_paginator("get_execution_history")
    for page in paginator.paginate(executionArn=execution_arn):
        for event in page["events"]:
            kind = event["type"]
            if "stateEnteredEventDetails" in event:
                entered.append({"state": event["stateEnteredEventDetails"]["name"], "failures": 0, "failed": False})
            elif entered and (kind.endswith(("TaskFailed", "ActivityFailed", "TimedOut"))):
                entered[-1]["failures"] += 1
                entered[-1]["failed"] = True
            elif entered and kind.endswith(("TaskSucceeded", "ActivitySucceeded")):
                entered[-1]["failed"] = False
    return entered


def refuse(token: str, error: str, cause: str) -> None:
    """`SendTaskFailure`, of which moto's interface forgets the cause."""
    stepfunctions_parser_backends[DEFAULT_ACCOUNT_ID][REGION].send_task_failure(token, error=error, cause=cause)


@cache
def client(service: str):
    """Made once: to make one takes longer than most runs."""
    return boto3.Session(region_name=REGION).client(service)
