"""Models, functions, tasks and machines of states."""

import json
from typing import Any

from call import Call, without


def _sagemaker(operation: str, arn: str, named: str | None = None, **more: Any) -> Call:
    answer = {"arn": arn, **more.pop("answer", {})}
    return Call("sagemaker", operation, named=named, answer=answer, **more)


work: dict[str, Call] = {
    "appautoscaling/policy": Call(
        "application-autoscaling", "PutScalingPolicy", named="PolicyName", answer={"arn": "PolicyARN"}
    ),
    "appautoscaling/target": Call("application-autoscaling", "RegisterScalableTarget"),
    "ecs/cluster": Call(
        "ecs", "CreateCluster", named="clusterName", answer={"arn": "cluster.clusterArn", "name": "cluster.clusterName"}
    ),
    "ecs/taskDefinition": Call(
        "ecs",
        "RegisterTaskDefinition",
        shape=lambda inputs: {**inputs, "containerDefinitions": json.loads(inputs["containerDefinitions"])},
        answer={"arn": "taskDefinition.taskDefinitionArn"},
    ),
    "lambda/function": Call(
        "lambda",
        "CreateFunction",
        named="FunctionName",
        names={"name": "FunctionName", "reservedConcurrentExecutions": None, "code": None, "sourceCodeHash": None},
        answer={"arn": "FunctionArn", "name": "FunctionName", "id": "FunctionName"},
    ),
    "lambda/permission": Call("lambda", "AddPermission", named="StatementId", names={"function": "FunctionName"}),
    "mwaa/environment": Call("mwaa", "CreateEnvironment"),
    "pipes/pipe": Call("pipes", "CreatePipe", named="Name", answer={"arn": "Arn"}),
    "sagemaker/dataQualityJobDefinition": _sagemaker(
        "CreateDataQualityJobDefinition",
        "JobDefinitionArn",
        "JobDefinitionName",
        names={"name": "JobDefinitionName"},
        more={
            "DataQualityJobInput.EndpointInput.LocalPath": "/opt/ml/processing/input",
            "DataQualityJobOutputConfig.MonitoringOutputs.S3Output.LocalPath": "/opt/ml/processing/output",
        },
    ),
    "sagemaker/domain": _sagemaker(
        "CreateDomain",
        "DomainArn",
        names={"retentionPolicy": None, "domainSettings.executionRoleIdentityConfig": "ExecutionRoleIdentityConfig"},
        answer={"id": "DomainArn/"},
    ),
    "sagemaker/endpoint": _sagemaker("CreateEndpoint", "EndpointArn", names={"name": "EndpointName"}),
    "sagemaker/endpointConfiguration": _sagemaker(
        "CreateEndpointConfig",
        "EndpointConfigArn",
        "EndpointConfigName",
        names={
            "name": "EndpointConfigName",
            "kmsKeyArn": "KmsKeyId",
            "productionVariants.serverlessConfig.memorySizeInMb": "MemorySizeInMB",
        },
    ),
    "sagemaker/featureGroup": _sagemaker("CreateFeatureGroup", "FeatureGroupArn"),
    "sagemaker/model": _sagemaker("CreateModel", "ModelArn", "ModelName", names={"name": "ModelName"}),
    "sagemaker/modelPackageGroup": _sagemaker("CreateModelPackageGroup", "ModelPackageGroupArn"),
    "sagemaker/monitoringSchedule": _sagemaker(
        "CreateMonitoringSchedule", "MonitoringScheduleArn", names={"name": "MonitoringScheduleName"}
    ),
    "sagemaker/notebookInstance": _sagemaker(
        "CreateNotebookInstance",
        "NotebookInstanceArn",
        names={"name": "NotebookInstanceName", "volumeSize": "VolumeSizeInGB", "securityGroups": "SecurityGroupIds"},
    ),
    "sagemaker/notebookInstanceLifecycleConfiguration": _sagemaker(
        "CreateNotebookInstanceLifecycleConfig",
        "NotebookInstanceLifecycleConfigArn",
        "NotebookInstanceLifecycleConfigName",
        shape=lambda inputs: {**without("onStart")(inputs), "onStart": [{"content": inputs["onStart"]}]},
    ),
    "sagemaker/pipeline": _sagemaker("CreatePipeline", "PipelineArn", more={"ClientRequestToken": "0" * 32}),
    "sagemaker/userProfile": _sagemaker("CreateUserProfile", "UserProfileArn"),
    "scheduler/schedule": Call(
        "scheduler",
        "CreateSchedule",
        named="Name",
        answer={"arn": "ScheduleArn"},
    ),
    "sfn/activity": Call("stepfunctions", "CreateActivity", answer={"arn": "activityArn", "id": "activityArn"}),
    "sfn/stateMachine": Call(
        "stepfunctions",
        "CreateStateMachine",
        answer={"arn": "stateMachineArn", "id": "stateMachineArn"},
        shape=lambda inputs: {
            **inputs,
            **(
                {
                    "loggingConfiguration": {
                        **without("logDestination")(inputs["loggingConfiguration"]),
                        "destinations": [
                            {
                                "cloudWatchLogsLogGroup": {
                                    "logGroupArn": inputs["loggingConfiguration"]["logDestination"]
                                }
                            }
                        ],
                    }
                }
                if "loggingConfiguration" in inputs
                else {}
            ),
        },
    ),
}
