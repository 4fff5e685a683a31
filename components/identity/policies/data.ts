/** Permissions around keys, buckets, logs and databases. */
import type { AwsAccount } from "../../contracts/account";
import type { PolicyStatement, ResourcePolicyStatement } from "../../lib/statements";
import { allow, arn, onAnyResource } from "./terms";

/** The account's own IAM policies decide over the key, as with the policy AWS gives by default, action by action. */
export function administerKey(account: AwsAccount): ResourcePolicyStatement[] {
  const actions = [
    ...["CancelKeyDeletion", "CreateAlias", "CreateGrant", "Decrypt", "DeleteAlias", "DescribeKey", "DisableKey"],
    ...["DisableKeyRotation", "EnableKey", "EnableKeyRotation", "Encrypt", "GenerateDataKey", "GenerateDataKeyPair"],
    ...[
      "GenerateDataKeyPairWithoutPlaintext",
      "GenerateDataKeyWithoutPlaintext",
      "GetKeyPolicy",
      "GetKeyRotationStatus",
    ],
    ...["ListAliases", "ListGrants", "ListKeyPolicies", "ListKeyRotations", "ListResourceTags", "PutKeyPolicy"],
    ...["ReEncryptFrom", "ReEncryptTo", "RetireGrant", "RevokeGrant", "RotateKeyOnDemand", "ScheduleKeyDeletion"],
    ...["TagResource", "UntagResource", "UpdateAlias", "UpdateKeyDescription"],
  ].map((action) => `kms:${action}`);
  return [
    {
      ...allow("Account", actions, ["*"]), // In a key's own policy "*" is this key.
      Principal: { AWS: [`arn:${account.partition}:iam::${account.accountId}:root`] },
    },
  ];
}

/** @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html */
export function useKeyForLogs(account: AwsAccount): ResourcePolicyStatement[] {
  return [
    {
      ...allow(
        "Logs",
        ["Encrypt", "Decrypt", "ReEncryptFrom", "ReEncryptTo", "GenerateDataKey", "DescribeKey"].map((a) => `kms:${a}`),
        ["*"],
        { ArnLike: { "kms:EncryptionContext:aws:logs:arn": arn(account, "logs", "*") } },
      ),
      Principal: { Service: [`logs.${account.region}.amazonaws.com`] },
    },
  ];
}

/**
 * Lets EC2 encrypt volumes of whoever in the account starts instances, as the policy of EBS's own key does: Auto Scaling and Karpenter
 * start nodes, each as a role of its own.
 * @see https://docs.aws.amazon.com/autoscaling/ec2/userguide/key-policy-requirements-EBS-encryption.html
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service
 */
export function useKeyForVolumes(account: AwsAccount): ResourcePolicyStatement[] {
  return [
    {
      ...allow(
        "Volumes",
        [
          ...["Encrypt", "Decrypt", "ReEncryptFrom", "ReEncryptTo", "GenerateDataKey"],
          ...["GenerateDataKeyWithoutPlaintext", "CreateGrant", "DescribeKey"],
        ].map((action) => `kms:${action}`),
        ["*"],
        {
          StringEquals: {
            "kms:CallerAccount": account.accountId,
            "kms:ViaService": `ec2.${account.region}.amazonaws.com`,
          },
        },
      ),
      Principal: { AWS: ["*"] },
    },
  ];
}

/** @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/example-bucket-policies.html */
export function denyPlainHttp(bucketArn: string): ResourcePolicyStatement[] {
  return [
    {
      Sid: "DenyPlainHttp",
      Effect: "Deny",
      Principal: "*",
      Action: ["s3:*"], // What is refused must be everything.
      Resource: [bucketArn, `${bucketArn}/*`],
      Condition: { Bool: { "aws:SecureTransport": "false" } },
    },
  ];
}

/** Lets S3 and load balancers of the account write their access logs, each below its folder. */
export function receiveAccessLogs(
  account: AwsAccount,
  bucketArn: string,
  folders: { buckets: string; loadBalancers: string },
): ResourcePolicyStatement[] {
  const own = { StringEquals: { "aws:SourceAccount": account.accountId } };
  return [
    {
      ...allow("BucketLogs", ["s3:PutObject"], [`${bucketArn}/${folders.buckets}*`], own),
      Principal: { Service: ["logging.s3.amazonaws.com"] },
    },
    {
      ...allow(
        "LoadBalancerLogs",
        ["s3:PutObject"],
        [`${bucketArn}/${folders.loadBalancers}/AWSLogs/${account.accountId}/*`],
        own,
      ),
      Principal: { Service: ["logdelivery.elasticloadbalancing.amazonaws.com"] },
    },
  ];
}

export function writeFlowLogs(logGroupArn: string): PolicyStatement[] {
  return [
    allow(
      "WriteFlowLogs",
      ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
      [`${logGroupArn}:*`],
    ),
    onAnyResource("FindLogGroup", ["logs:DescribeLogGroups"]),
  ];
}

/** What the function that makes databases and users needs: its logs, and the passwords of those it makes. */
export function makeDatabases(logGroupArn: string, secretArns: string[], keyArn: string): PolicyStatement[] {
  return [
    allow("WriteLogs", ["logs:CreateLogStream", "logs:PutLogEvents"], [`${logGroupArn}:*`]),
    allow("ReadPasswords", ["secretsmanager:GetSecretValue"], secretArns),
    allow("DecryptPasswords", ["kms:Decrypt"], [keyArn]),
  ];
}
