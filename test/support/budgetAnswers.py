"""What AWS answers the state machine of a budget: sums, tags of the machine, and what there is to stop."""

from botocore.exceptions import ClientError


def answer_budget(world, scenario: dict) -> None:
    """`spent` has the sum at each look, None for a budget that has none yet."""
    spent = list(scenario.get("spent", []))
    tags: dict[str, str] = {}
    endpoints = dict(scenario.get("endpoints", {}))
    notebooks = dict(scenario.get("notebooks", {}))
    apps = list(scenario.get("apps", []))

    def budget(asked: dict) -> dict:
        amount = spent.pop(0)
        known = {"CalculatedSpend": {"ActualSpend": {"Amount": amount, "Unit": "USD"}}} if amount is not None else {}
        return {"Budget": {"BudgetName": asked["BudgetName"], "BudgetType": "COST", "TimeUnit": "MONTHLY", **known}}

    def tag(asked: dict) -> dict:
        tags.update({each["key"]: each["value"] for each in asked["tags"]})
        return {}

    def untag(asked: dict) -> dict:
        for key in asked["tagKeys"]:
            tags.pop(key)
        return {}

    def endpoint(asked: dict) -> dict:
        name = asked["EndpointName"]
        if name not in endpoints:
            message = {"Code": "ValidationException", "Message": f"Could not find endpoint {name}."}
            answered = {"HTTPStatusCode": 400, "RequestId": "made-up"}
            raise ClientError({"Error": message, "ResponseMetadata": answered}, "DescribeEndpoint")
        return {"EndpointName": name, "EndpointStatus": endpoints[name]}

    def stop(asked: dict) -> dict:
        notebooks[asked["NotebookInstanceName"]] = "Stopping"
        return {}

    def close(asked: dict) -> dict:
        apps[:] = [each for each in apps if each["AppName"] != asked["AppName"]]
        return {}

    world.answers |= {
        "budgets.describe_budget": budget,
        "stepfunctions.list_tags_for_resource": lambda asked: {
            "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]
        },
        "stepfunctions.tag_resource": tag,
        "stepfunctions.untag_resource": untag,
        "sagemaker.describe_endpoint": endpoint,
        "sagemaker.delete_endpoint": lambda asked: endpoints.pop(asked["EndpointName"]) and {},
        "sagemaker.describe_notebook_instance": lambda asked: {
            "NotebookInstanceStatus": notebooks[asked["NotebookInstanceName"]]
        },
        "sagemaker.stop_notebook_instance": stop,
        "sagemaker.list_apps": lambda asked: {"Apps": list(apps)},
        "sagemaker.delete_app": close,
        "autoscaling.update_auto_scaling_group": lambda asked: {},
    }
