/**
 * Permissions of Karpenter: instances of its own cluster and no others. Instance profiles are made by this program, so it
 * needs none of the upstream policy's rights over them.
 * @see https://karpenter.sh/docs/reference/cloudformation/
 */
import type { AwsAccount } from "../../contracts/account";
import type { PolicyStatement, ResourcePolicyStatement } from "../../lib/statements";
import { allow, arn, onAnyResource } from "./terms";

/** What Karpenter acts on. */
export interface KarpenterScope {
  clusterName: string;
  nodeRoleArn: string;
  queueArn: string;
}

export function startNodes(account: AwsAccount, scope: KarpenterScope): PolicyStatement[] {
  const ec2 = (...kinds: string[]) => kinds.map((kind) => arn(account, "ec2", `${kind}/*`));
  const shared = (kind: string) => `arn:${account.partition}:ec2:${account.region}::${kind}/*`;
  const launched = ec2("fleet", "instance", "volume", "network-interface", "launch-template", "spot-instances-request");
  const clusterTag = `kubernetes.io/cluster/${scope.clusterName}`;
  const anyPool = { "aws:RequestTag/karpenter.sh/nodepool": "*" };
  const requested = {
    [`aws:RequestTag/${clusterTag}`]: "owned",
    "aws:RequestTag/eks:eks-cluster-name": scope.clusterName,
  };
  const owned = {
    StringEquals: { [`aws:ResourceTag/${clusterTag}`]: "owned" },
    StringLike: { "aws:ResourceTag/karpenter.sh/nodepool": "*" },
  };
  const launch = ["ec2:CreateFleet", "ec2:RunInstances"];

  return [
    allow("LaunchFrom", launch, [
      shared("image"),
      shared("snapshot"),
      ...ec2("security-group", "subnet", "capacity-reservation"),
    ]),
    allow("LaunchFromOwnTemplate", launch, ec2("launch-template"), owned),
    allow("LaunchTagged", [...launch, "ec2:CreateLaunchTemplate"], launched, {
      StringEquals: requested,
      StringLike: anyPool,
    }),
    allow("TagWhileLaunching", ["ec2:CreateTags"], launched, {
      StringEquals: { ...requested, "ec2:CreateAction": ["CreateFleet", "CreateLaunchTemplate", "RunInstances"] },
      StringLike: anyPool,
    }),
    allow("TagOwnNodes", ["ec2:CreateTags"], ec2("instance"), {
      ...owned,
      "ForAllValues:StringEquals": { "aws:TagKeys": ["eks:eks-cluster-name", "karpenter.sh/nodeclaim", "Name"] },
    }),
    allow(
      "EndOwnNodes",
      ["ec2:DeleteLaunchTemplate", "ec2:TerminateInstances"],
      ec2("instance", "launch-template"),
      owned,
    ),
    allow("PassNodeRole", ["iam:PassRole"], [scope.nodeRoleArn], {
      StringEquals: { "iam:PassedToService": ["ec2.amazonaws.com"] },
    }),
    allow(
      "ReadInstanceProfile",
      ["iam:GetInstanceProfile"],
      [`arn:${account.partition}:iam::${account.accountId}:instance-profile/*`],
    ),
    allow("FindCluster", ["eks:DescribeCluster"], [arn(account, "eks", `cluster/${scope.clusterName}`)]),
    allow("HearInterruptions", ["sqs:DeleteMessage", "sqs:GetQueueUrl", "sqs:ReceiveMessage"], [scope.queueArn]),
    allow(
      "FindImages",
      ["ssm:GetParameter"],
      [`arn:${account.partition}:ssm:${account.region}::parameter/aws/service/*`],
    ),
    onAnyResource(
      "Look",
      [
        ...["CapacityReservations", "Images", "InstanceStatus", "InstanceTypeOfferings", "InstanceTypes", "Instances"],
        ...["LaunchTemplates", "PlacementGroups", "SecurityGroups", "SpotPriceHistory", "Subnets"],
      ].map((things) => `ec2:Describe${things}`),
      { StringEquals: { "aws:RequestedRegion": account.region } },
    ),
    onAnyResource("Compare", ["iam:ListInstanceProfiles", "pricing:GetProducts"]),
  ];
}

/** EventBridge may put interruption notices into the queue, and everyone must use TLS. */
export function receiveInterruptions(queueArn: string, ruleArns: string[]): ResourcePolicyStatement[] {
  return [
    {
      ...allow("Events", ["sqs:SendMessage"], [queueArn], { ArnEquals: { "aws:SourceArn": ruleArns } }),
      Principal: { Service: ["events.amazonaws.com"] },
    },
    {
      Sid: "DenyPlainHttp",
      Effect: "Deny",
      Principal: "*",
      Action: ["sqs:*"], // What is refused must be everything.
      Resource: [queueArn],
      Condition: { Bool: { "aws:SecureTransport": "false" } },
    },
  ];
}
