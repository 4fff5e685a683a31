/**
 * Permissions of the AWS Load Balancer Controller. The upstream policy lets it change any load balancer of the account; here
 * it changes what carries its cluster's tag, which it puts on all it makes.
 * @see https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/deploy/installation/
 */
import type { AwsAccount } from "../../contracts/account";
import type { PolicyStatement } from "../../lib/statements";
import { allow, arn, onAnyResource } from "./terms";

const clusterTag = "elbv2.k8s.aws/cluster";

export function manageLoadBalancers(account: AwsAccount, clusterName: string): PolicyStatement[] {
  const elb = (resource: string) => arn(account, "elasticloadbalancing", resource);
  const securityGroups = [arn(account, "ec2", "security-group/*")];
  const balancers = [elb("loadbalancer/app/*/*"), elb("loadbalancer/net/*/*")];
  const listeners = ["listener", "listener-rule"].flatMap((kind) => [elb(`${kind}/app/*`), elb(`${kind}/net/*`)]);
  const targetGroups = [elb("targetgroup/*/*")];
  const requested = { StringEquals: { [`aws:RequestTag/${clusterTag}`]: clusterName } };
  const owned = { StringEquals: { [`aws:ResourceTag/${clusterTag}`]: clusterName } };

  return [
    onAnyResource("Look", [
      ...[
        ...[
          "AccountAttributes",
          "Addresses",
          "AvailabilityZones",
          "CoipPools",
          "Instances",
          "InternetGateways",
          "IpamPools",
        ],
        ...["NetworkInterfaces", "RouteTables", "SecurityGroups", "Subnets", "Tags", "VpcPeeringConnections", "Vpcs"],
      ].map((things) => `ec2:Describe${things}`),
      "ec2:GetCoipPoolUsage",
      "ec2:GetSecurityGroupsForVpc",
      ...[
        ...["CapacityReservation", "ListenerAttributes", "ListenerCertificates", "Listeners", "LoadBalancerAttributes"],
        ...["LoadBalancers", "Rules", "SSLPolicies", "Tags", "TargetGroupAttributes", "TargetGroups", "TargetHealth"],
        "TrustStores",
      ].map((things) => `elasticloadbalancing:Describe${things}`),
      "acm:DescribeCertificate",
      "acm:ListCertificates",
    ]),
    allow(
      "FirstLoadBalancer",
      ["iam:CreateServiceLinkedRole"],
      [`arn:${account.partition}:iam::${account.accountId}:role/aws-service-role/elasticloadbalancing.amazonaws.com/*`],
      { StringEquals: { "iam:AWSServiceName": "elasticloadbalancing.amazonaws.com" } },
    ),
    allow("MakeSecurityGroup", ["ec2:CreateSecurityGroup"], [arn(account, "ec2", "vpc/*")]),
    allow("MakeTaggedSecurityGroup", ["ec2:CreateSecurityGroup"], securityGroups, requested),
    allow("TagNewSecurityGroup", ["ec2:CreateTags"], securityGroups, {
      StringEquals: { "ec2:CreateAction": "CreateSecurityGroup", [`aws:RequestTag/${clusterTag}`]: clusterName },
    }),
    allow(
      "ChangeSecurityGroup",
      [
        "ec2:AuthorizeSecurityGroupIngress",
        "ec2:CreateTags",
        "ec2:DeleteSecurityGroup",
        "ec2:DeleteTags",
        "ec2:RevokeSecurityGroupIngress",
      ],
      securityGroups,
      owned,
    ),
    // The rules by which load balancers reach pods are put on the cluster's own group, which EKS tags.
    allow(
      "OpenClusterToLoadBalancer",
      ["ec2:AuthorizeSecurityGroupIngress", "ec2:RevokeSecurityGroupIngress"],
      securityGroups,
      {
        StringEquals: { "aws:ResourceTag/aws:eks:cluster-name": clusterName },
      },
    ),
    allow(
      "MakeLoadBalancer",
      ["elasticloadbalancing:CreateLoadBalancer", "elasticloadbalancing:CreateTargetGroup"],
      [...balancers, ...targetGroups],
      requested,
    ),
    allow("TagNewLoadBalancer", ["elasticloadbalancing:AddTags"], [...balancers, ...listeners, ...targetGroups], {
      StringEquals: {
        "elasticloadbalancing:CreateAction": [
          "CreateListener",
          "CreateLoadBalancer",
          "CreateRule",
          "CreateTargetGroup",
        ],
        [`aws:RequestTag/${clusterTag}`]: clusterName,
      },
    }),
    allow(
      "ChangeLoadBalancer",
      [
        ...[
          "AddListenerCertificates",
          "AddTags",
          "CreateListener",
          "CreateRule",
          "DeleteListener",
          "DeleteLoadBalancer",
        ],
        ...[
          "DeleteRule",
          "DeleteTargetGroup",
          "DeregisterTargets",
          "ModifyCapacityReservation",
          "ModifyIpPools",
          "ModifyListener",
        ],
        ...["ModifyListenerAttributes", "ModifyLoadBalancerAttributes", "ModifyRule", "ModifyTargetGroup"],
        ...[
          "ModifyTargetGroupAttributes",
          "RegisterTargets",
          "RemoveListenerCertificates",
          "RemoveTags",
          "SetIpAddressType",
        ],
        ...["SetRulePriorities", "SetSecurityGroups", "SetSubnets"],
      ].map((action) => `elasticloadbalancing:${action}`),
      [...balancers, ...listeners, ...targetGroups],
      owned,
    ),
  ];
}
