/** Permissions of what runs in `kube-system`: volumes, DNS records, node groups. */
import type { AwsAccount } from "../../contracts/account";
import type { PolicyStatement } from "../../lib/statements";
import { allow, arn, onAnyResource } from "./terms";

/** @see https://docs.aws.amazon.com/eks/latest/userguide/ebs-csi.html */
export function encryptVolumes(keyArn: string): PolicyStatement[] {
  return [
    allow("GrantToVolumes", ["kms:CreateGrant"], [keyArn], { Bool: { "kms:GrantIsForAWSResource": "true" } }),
    allow("UseKey", ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKeyWithoutPlaintext"], [keyArn]),
  ];
}

/** Records of one hosted zone, and no other. @see https://kubernetes-sigs.github.io/external-dns/latest/docs/tutorials/aws/ */
export function writeDnsRecords(account: AwsAccount, zoneId: string): PolicyStatement[] {
  const zone = `arn:${account.partition}:route53:::hostedzone/${zoneId}`;
  return [
    allow(
      "WriteRecords",
      ["route53:ChangeResourceRecordSets", "route53:ListResourceRecordSets", "route53:ListTagsForResources"],
      [zone],
    ),
    onAnyResource("FindZone", ["route53:ListHostedZones"]),
  ];
}

/**
 * Sizes of the node groups of one cluster, by the tags EKS puts on them.
 * @see https://github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/cloudprovider/aws/README.md
 */
export function scaleNodeGroups(account: AwsAccount, clusterName: string): PolicyStatement[] {
  return [
    allow(
      "ResizeGroups",
      ["autoscaling:SetDesiredCapacity", "autoscaling:TerminateInstanceInAutoScalingGroup"],
      [arn(account, "autoscaling", "autoScalingGroup:*:autoScalingGroupName/*")],
      { StringEquals: { [`aws:ResourceTag/k8s.io/cluster-autoscaler/${clusterName}`]: "owned" } },
    ),
    allow("DescribeNodeGroups", ["eks:DescribeNodegroup"], [arn(account, "eks", `nodegroup/${clusterName}/*`)]),
    onAnyResource("FindGroups", [
      "autoscaling:DescribeAutoScalingGroups",
      "autoscaling:DescribeAutoScalingInstances",
      "autoscaling:DescribeLaunchConfigurations",
      "autoscaling:DescribeScalingActivities",
      "autoscaling:DescribeTags",
      "ec2:DescribeImages",
      "ec2:DescribeInstanceTypes",
      "ec2:DescribeLaunchTemplateVersions",
      "ec2:GetInstanceTypesFromInstanceRequirements",
    ]),
  ];
}
