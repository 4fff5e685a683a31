"""Networks, clusters, names, roles and keys."""

from call import Call, Inputs, only, tagged, without


def _rule(inputs: Inputs) -> Inputs:
    """A rule of a security group, which the API takes as one of several."""
    about = {"description": inputs["description"]} if "description" in inputs else {}
    permission: Inputs = {key: inputs[key] for key in ("ipProtocol", "fromPort", "toPort") if key in inputs}
    if "cidrIpv4" in inputs:
        permission["ipRanges"] = [{"cidrIp": inputs["cidrIpv4"], **about}]
    if "referencedSecurityGroupId" in inputs:
        permission["userIdGroupPairs"] = [{"groupId": inputs["referencedSecurityGroupId"], **about}]
    if "prefixListId" in inputs:
        permission["prefixListIds"] = [{"prefixListId": inputs["prefixListId"], **about}]
    known = {"ipProtocol", "fromPort", "toPort", "cidrIpv4", "referencedSecurityGroupId", "prefixListId", "description"}
    return {
        **{key: value for key, value in inputs.items() if key not in known | {"securityGroupId"}},
        "groupId": inputs["securityGroupId"],
        "ipPermissions": [permission],
    }


def _record(inputs: Inputs) -> Inputs:
    return {
        "hostedZoneId": inputs["zoneId"],
        "changeBatch": {
            "changes": [
                {
                    "action": "UPSERT" if inputs.get("allowOverwrite") else "CREATE",
                    "resourceRecordSet": {
                        **without("zoneId", "records", "allowOverwrite")(inputs),
                        "resourceRecords": [{"value": each} for each in inputs["records"]],
                    },
                }
            ]
        },
    }


_group = {"id": "GroupId", "arn": "SecurityGroupArn"}
ground: dict[str, Call] = {
    "acm/certificate": Call("acm", "RequestCertificate", answer={"arn": "CertificateArn", "id": "CertificateArn"}),
    "ec2/flowLog": Call(
        "ec2",
        "CreateFlowLogs",
        shape=lambda inputs: {
            **without("vpcId", "iamRoleArn")(inputs),
            "resourceIds": [inputs["vpcId"]],
            "deliverLogsPermissionArn": inputs["iamRoleArn"],
        },
        more={"ResourceType": "VPC"},
    ),
    "ec2/launchTemplate": Call(
        "ec2",
        "CreateLaunchTemplate",
        named="LaunchTemplateName",
        shape=lambda inputs: {"launchTemplateData": inputs},
        names={"launchTemplateData.tagSpecifications": "TagSpecifications"},
        answer={"id": "LaunchTemplate.LaunchTemplateId", "latestVersion": "LaunchTemplate.LatestVersionNumber"},
    ),
    "ec2/route": Call("ec2", "CreateRoute"),
    "ec2/routeTable": Call(
        "ec2", "CreateRouteTable", shape=tagged("route-table"), answer={"id": "RouteTable.RouteTableId"}
    ),
    "ec2/routeTableAssociation": Call("ec2", "AssociateRouteTable", answer={"id": "AssociationId"}),
    "ec2/securityGroup": Call(
        "ec2", "CreateSecurityGroup", named="GroupName", shape=tagged("security-group"), answer=_group
    ),
    "ec2/subnet": Call("ec2", "CreateSubnet", shape=tagged("subnet"), answer={"id": "Subnet.SubnetId"}),
    "ec2/vpcEndpoint": Call(
        "ec2",
        "CreateVpcEndpoint",
        names={"policy": "PolicyDocument"},
        shape=tagged("vpc-endpoint"),
        answer={"id": "VpcEndpoint.VpcEndpointId"},
    ),
    "ec2/vpcIpv4CidrBlockAssociation": Call("ec2", "AssociateVpcCidrBlock"),
    "eks/addon": Call("eks", "CreateAddon", names={"resolveConflictsOnCreate": "resolveConflicts"}),
    "eks/nodeGroup": Call(
        "eks",
        "CreateNodegroup",
        named="nodegroupName",
        names={"nodeRoleArn": "nodeRole", "subnetIds": "subnets", "nodeGroupName": "nodegroupName"},
        answer={"arn": "nodegroup.nodegroupArn"},
    ),
    "eks/podIdentityAssociation": Call(
        "eks", "CreatePodIdentityAssociation", answer={"id": "association.associationId"}
    ),
    "iam/instanceProfile": Call(
        "iam",
        "CreateInstanceProfile",
        named="InstanceProfileName",
        names={"role": None},
        answer={"arn": "InstanceProfile.Arn", "name": "InstanceProfile.InstanceProfileName"},
        then=(
            Call(
                "iam",
                "AddRoleToInstanceProfile",
                named="InstanceProfileName",
                shape=only("role"),
                names={"role": "RoleName"},
            ),
        ),
    ),
    "iam/openIdConnectProvider": Call(
        "iam",
        "CreateOpenIDConnectProvider",
        names={"clientIdLists": "ClientIDList", "thumbprintLists": "ThumbprintList"},
        answer={"arn": "OpenIDConnectProviderArn"},
    ),
    "iam/role": Call(
        "iam",
        "CreateRole",
        named="RoleName",
        names={"assumeRolePolicy": "AssumeRolePolicyDocument", "name": "RoleName"},
        answer={"arn": "Role.Arn", "name": "Role.RoleName", "id": "Role.RoleName", "uniqueId": "Role.RoleId"},
    ),
    "iam/rolePolicy": Call(
        "iam",
        "PutRolePolicy",
        named="PolicyName",
        names={"role": "RoleName", "policy": "PolicyDocument", "name": "PolicyName"},
    ),
    "iam/rolePolicyAttachment": Call("iam", "AttachRolePolicy", names={"role": "RoleName"}),
    "kms/alias": Call("kms", "CreateAlias", names={"name": "AliasName"}),
    "kms/key": Call(
        "kms",
        "CreateKey",
        names={"enableKeyRotation": None},
        answer={"arn": "KeyMetadata.Arn", "id": "KeyMetadata.KeyId", "keyId": "KeyMetadata.KeyId"},
    ),
    "route53/record": Call("route53", "ChangeResourceRecordSets", shape=_record),
    "vpc/securityGroupEgressRule": Call("ec2", "AuthorizeSecurityGroupEgress", shape=_rule),
    "vpc/securityGroupIngressRule": Call("ec2", "AuthorizeSecurityGroupIngress", shape=_rule),
}
