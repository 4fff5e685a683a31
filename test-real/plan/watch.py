"""Rules, logs, alarms, queues and pipelines."""

from call import Call, Inputs, only, without


def _pipeline(inputs: Inputs) -> Inputs:
    kinds = ("category", "owner", "provider", "version")

    def action(each: Inputs) -> Inputs:
        artifacts = {
            key: [{"name": name} for name in each[key]] for key in ("inputArtifacts", "outputArtifacts") if key in each
        }
        return {**without(*kinds)(each), "actionTypeId": only(*kinds)(each), **artifacts}

    stages = [{**stage, "actions": [action(each) for each in stage["actions"]]} for stage in inputs["stages"]]
    store = inputs["artifactStores"][0]
    triggers = [
        {
            "providerType": each["providerType"],
            "gitConfiguration": {**each["gitConfiguration"], "push": each["gitConfiguration"]["pushes"]},
        }
        for each in inputs.get("triggers", [])
    ]
    for each in triggers:
        del each["gitConfiguration"]["pushes"]
    return {**without("artifactStores")(inputs), "artifactStore": store, "stages": stages, "triggers": triggers}


def _target(inputs: Inputs) -> Inputs:
    return {
        "rule": inputs["rule"],
        "targets": [{"id": inputs.get("targetId", "provider-made"), **without("rule", "targetId")(inputs)}],
    }


def _alarm(inputs: Inputs) -> Inputs:
    queries = [
        {**without("metric")(each), **({"metricStat": each["metric"]} if "metric" in each else {})}
        for each in inputs.get("metricQueries", [])
    ]
    for each in queries:
        if "metricStat" in each:
            parts = ("namespace", "metricName", "dimensions")
            each["metricStat"] = {"metric": only(*parts)(each["metricStat"]), **without(*parts)(each["metricStat"])}
    return {**without("metricQueries")(inputs), **({"metrics": queries} if queries else {})}


def _queue(inputs: Inputs) -> Inputs:
    spelled = {
        "messageRetentionSeconds": "MessageRetentionPeriod",
        "visibilityTimeoutSeconds": "VisibilityTimeout",
        "sqsManagedSseEnabled": "SqsManagedSseEnabled",
        "redrivePolicy": "RedrivePolicy",
        "kmsMasterKeyId": "KmsMasterKeyId",
    }
    text = lambda value: str(value).lower() if isinstance(value, bool) else str(value)  # noqa: E731
    attributes = {name: text(inputs[key]) for key, name in spelled.items() if key in inputs}
    return {**without(*spelled)(inputs), "attributes": attributes}


watch: dict[str, Call] = {
    "cloudwatch/eventRule": Call("events", "PutRule", named="Name", answer={"arn": "RuleArn"}),
    "cloudwatch/eventTarget": Call(
        "events", "PutTargets", shape=_target, names={"targets.inputTransformer.inputPaths": "InputPathsMap"}
    ),
    "cloudwatch/logGroup": Call(
        "logs",
        "CreateLogGroup",
        named="logGroupName",
        names={"name": "logGroupName", "retentionInDays": None},
        then=(
            Call(
                "logs",
                "PutRetentionPolicy",
                named="logGroupName",
                shape=only("name", "retentionInDays"),
                names={"name": "logGroupName"},
            ),
        ),
    ),
    "cloudwatch/logResourcePolicy": Call("logs", "PutResourcePolicy"),
    "cloudwatch/metricAlarm": Call(
        "cloudwatch", "PutMetricAlarm", named="AlarmName", names={"name": "AlarmName"}, shape=_alarm
    ),
    "codebuild/project": Call(
        "codebuild",
        "CreateProject",
        names={"buildTimeout": "timeoutInMinutes"},
        more={"logsConfig.cloudWatchLogs.status": "ENABLED"},
        answer={"arn": "project.arn"},
    ),
    "codeconnections/connection": Call(
        "codeconnections", "CreateConnection", names={"name": "ConnectionName"}, answer={"arn": "ConnectionArn"}
    ),
    "codepipeline/pipeline": Call(
        "codepipeline", "CreatePipeline", under="pipeline", shape=_pipeline, answer={"name": "pipeline.name"}
    ),
    "sns/topic": Call(
        "sns",
        "CreateTopic",
        named="Name",
        shape=lambda inputs: {
            **without("displayName", "kmsMasterKeyId")(inputs),
            "attributes": {
                key: inputs[name]
                for name, key in (("displayName", "DisplayName"), ("kmsMasterKeyId", "KmsMasterKeyId"))
                if name in inputs
            },
        },
        answer={"arn": "TopicArn", "id": "TopicArn"},
    ),
    "sns/topicPolicy": Call(
        "sns",
        "SetTopicAttributes",
        shape=lambda inputs: {"topicArn": inputs["arn"], "attributeName": "Policy", "attributeValue": inputs["policy"]},
    ),
    "sns/topicSubscription": Call("sns", "Subscribe", names={"topic": "TopicArn"}, answer={"arn": "SubscriptionArn"}),
    "sqs/queue": Call(
        "sqs",
        "CreateQueue",
        named="QueueName",
        names={"name": "QueueName"},
        shape=_queue,
        answer={"url": "QueueUrl", "id": "QueueUrl"},
    ),
    "sqs/queuePolicy": Call(
        "sqs",
        "SetQueueAttributes",
        shape=lambda inputs: {"queueUrl": inputs["queueUrl"], "attributes": {"Policy": inputs["policy"]}},
    ),
}
