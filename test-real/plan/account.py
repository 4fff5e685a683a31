"""Makes each resource of a plan in moto, by AWS's own models of the calls: a line of JSON in, its outputs or what was wrong out."""

import json
import os
import sys
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parents[2] / "test" / "support"))
os.environ |= {
    "MOTO_ACCOUNT_ID": "000000000000",
    "MOTO_IAM_LOAD_MANAGED_POLICIES": "true",
    "AWS_ACCESS_KEY_ID": "simulated",
    "AWS_SECRET_ACCESS_KEY": "simulated",
}

import boto3
from apiLimits import broken_limits
from botocore.exceptions import ClientError
from botocore.validate import ParamValidator
from call import Call
from calls import calls
from convert import parameters, zipped
from moto import mock_aws

region = "eu-west-1"
mock_aws(config={"lambda": {"use_docker": False}}).start()
clients: dict[str, Any] = {}


def client(service: str) -> Any:
    if service not in clients:
        clients[service] = boto3.client(service, region)
    return clients[service]


def found(answer: Any, path: str) -> Any:
    for part in path.removesuffix("/").split("."):
        answer = answer.get(part) if isinstance(answer, dict) else None
    return answer.split("/")[-1] if path.endswith("/") and answer else answer


def for_moto(operation: str, told: dict[str, Any]) -> dict[str, Any]:
    """What moto asks for and AWS does not."""
    if operation == "CreateProject":  # AWS takes both from the pipeline.
        return {**told, **{part: {**told[part], "location": "made-up"} for part in ("source", "artifacts")}}
    if operation == "CreateRole":  # It looks for a service by its name alone, not in a list of one.
        trust = json.loads(told["AssumeRolePolicyDocument"])
        for statement in trust["Statement"]:
            services = statement["Principal"].get("Service")
            if isinstance(services, list) and len(services) == 1:
                (statement["Principal"]["Service"],) = services
        return {**told, "AssumeRolePolicyDocument": json.dumps(trust)}
    return told


def after_moto(operation: str, told: dict[str, Any], answer: Any) -> None:
    """What the provider does beside the call, and what moto would take amiss in the next one."""
    if operation == "CreateSecurityGroup":  # The provider takes away what AWS lets out.
        everything = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
        client("ec2").revoke_security_group_egress(GroupId=answer["GroupId"], IpPermissions=[everything])
    if operation == "PutBucketPolicy":  # What is denied on a condition, as plain HTTP is, moto denies to everything.
        client("s3").delete_bucket_policy(Bucket=told["Bucket"])


def set_below(told: Any, path: list[str], value: Any) -> None:
    """Says what nobody has said, in each element of a list."""
    if isinstance(told, list):
        for each in told:
            set_below(each, path, value)
    elif len(path) == 1:
        told.setdefault(path[0], value)
    elif path[0] in told:
        set_below(told[path[0]], path[1:], value)


def made_up(name: str) -> str:
    """As the provider names what the program does not."""
    return f"{name}-1a2b3c4"


class Refused(Exception):
    pass


def ask(call: Call, inputs: dict[str, Any], name: str, untold: list[str]) -> tuple[dict[str, Any], bool]:
    """The answer of one call, and whether moto has it; without it the call was held to AWS's model alone."""
    api = client(call.service)
    model = api.meta.service_model.operation_model(call.operation)
    shape = model.input_shape
    target = shape.members[call.under] if call.under else shape
    told = parameters(call.shape(inputs), target, dict(call.names), untold)
    told = {call.under: told} if call.under else told
    holder = told[call.under] if call.under else told
    if call.named and call.named not in holder:
        prefix = inputs.get("namePrefix")
        holder[call.named] = f"{prefix}{'0' * 26}" if prefix else made_up(name)
    for path, value in call.more.items():
        set_below(told, path.split("."), value)
    if call.operation == "CreateFunction":
        told["Code"] = {"ZipFile": zipped()}
    broken = list(broken_limits(told, shape))
    if broken:
        raise Refused("; ".join(broken))
    method = next(python for python, api_name in api.meta.method_to_api_mapping.items() if api_name == call.operation)
    try:
        check = ParamValidator().validate(told, shape)
        if check.has_errors():
            raise Refused(check.generate_report())
        answer = getattr(api, method)(**for_moto(call.operation, told))
        after_moto(call.operation, told, answer)
        return answer, True
    except NotImplementedError:
        return {}, False
    except ClientError as error:
        if "Not yet implemented" in str(error):
            return {}, False
        raise Refused(str(error)) from error


def make(type_: str, name: str, inputs: dict[str, Any]) -> dict[str, Any]:
    call = calls.get(type_)
    if call is None:
        return {}
    untold: list[str] = []
    if type_ == "route53/record":
        inputs = {**inputs, "zoneId": zone()}
    try:
        answer, in_moto = ask(call, inputs, name, untold)
        for each in call.then:
            if all(inputs.get(need) is not None for need in each.needs):
                ask(each, inputs, name, untold)
    except Refused as refused:
        return {"refused": str(refused), "untold": untold}
    except Exception as error:  # A resource that the conversion cannot take is a finding, not the end.
        return {"refused": f"{type(error).__name__}: {error}", "untold": untold}
    outputs = {key: found(answer, path) for key, path in call.answer.items()}
    outputs = {key: value for key, value in outputs.items() if value is not None}
    if type_ in arns and "arn" not in outputs:
        named = inputs.get("name") or inputs.get("bucket") or made_up(name)
        outputs["arn"] = arns[type_].format(named)
    if type_ == "s3/bucket":
        outputs["bucket"] = inputs.get("bucket") or made_up(name)
    if call.named:
        named = inputs.get("name") or (
            f"{inputs['namePrefix']}{'0' * 26}" if inputs.get("namePrefix") else made_up(name)
        )
        outputs = {"name": named, "id": named, **outputs}
    return {"outputs": outputs, "untold": untold, "inMoto": in_moto}


def network() -> dict[str, Any]:
    """What the package awsx makes: a VPC with subnets of three kinds in three zones."""
    ec2 = client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    outputs: dict[str, Any] = {"vpcId": vpc}
    for at, kind in enumerate(("public", "private", "isolated")):
        outputs[f"{kind}SubnetIds"] = [
            ec2.create_subnet(
                VpcId=vpc, CidrBlock=f"10.0.{16 * (3 * at + zone)}.0/20", AvailabilityZone=f"{region}{'abc'[zone]}"
            )["Subnet"]["SubnetId"]
            for zone in range(3)
        ]
    outputs["routeTableIds"] = [ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"] for _ in range(3)]
    outputs["natGatewayIds"] = [
        ec2.create_nat_gateway(SubnetId=subnet)["NatGateway"]["NatGatewayId"] for subnet in outputs["publicSubnetIds"]
    ]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    outputs["internetGatewayId"] = gateway
    outputs["securityGroupId"] = ec2.create_security_group(
        GroupName="cluster", Description="of the cluster", VpcId=vpc
    )["GroupId"]
    return outputs


def cluster(name: str, subnets: list[str], role: str) -> dict[str, Any]:
    made = client("eks").create_cluster(name=name, roleArn=role, resourcesVpcConfig={"subnetIds": subnets})["cluster"]
    return {"name": made["name"], "arn": made["arn"], "endpoint": made["endpoint"]}


def zone() -> str:
    """Zones of moto have ids that AWS would not give, and the program refuses."""
    made = client("route53").create_hosted_zone(Name="x", CallerReference=str(len(clients)))
    return made["HostedZone"]["Id"].split("/")[-1]


# What calls do not answer and follows from the name.
arns = {
    "s3/bucket": "arn:aws:s3:::{}",
    "sqs/queue": f"arn:aws:sqs:{region}:000000000000:{{}}",
    "cloudwatch/logGroup": f"arn:aws:logs:{region}:000000000000:log-group:{{}}",
    "cloudwatch/metricAlarm": f"arn:aws:cloudwatch:{region}:000000000000:alarm:{{}}",
}
ways = {"make": make, "network": network, "cluster": cluster}
for line in sys.stdin:
    way, *arguments = json.loads(line)
    print(json.dumps(ways[way](*arguments), default=str), flush=True)
