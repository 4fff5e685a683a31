/** Permissions of Amazon's managed Airflow. */
import type { AwsAccount } from "../../contracts/account";
import type { PolicyStatement } from "../../lib/statements";
import { readBelow, type StoreArns } from "./stores";
import { allow, arn, onAnyResource } from "./terms";

/** Lets the two principals of MWAA take a role, and only on behalf of this account. */
export function trustMwaa(accountId: string): string {
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: { Service: ["airflow.amazonaws.com", "airflow-env.amazonaws.com"] },
        Action: ["sts:AssumeRole"],
        Condition: { StringEquals: { "aws:SourceAccount": accountId } },
      },
    ],
  });
}

/**
 * What an environment needs to live: its DAGs, logs, metrics, and the queue that Amazon keeps for it in another account.
 * @see https://docs.aws.amazon.com/mwaa/latest/userguide/mwaa-create-role.html
 */
export function runMwaa(
  account: AwsAccount,
  environmentName: string,
  dags: StoreArns,
  dagPrefix: string,
): PolicyStatement[] {
  const queue = `arn:${account.partition}:sqs:${account.region}:*:airflow-celery-*`;
  return [
    ...readBelow(dags, `${dagPrefix}/`),
    // What the service asks for is not published; no other folder of the bucket begins like this one.
    allow("FindDags", ["s3:ListBucket"], [dags.bucketArn], { StringEquals: { "s3:prefix": dagPrefix } }),
    allow(
      "LookAtBucket",
      ["s3:GetBucketPublicAccessBlock", "s3:GetBucketVersioning", "s3:GetEncryptionConfiguration"],
      [dags.bucketArn],
    ),
    allow("ReportHealth", ["airflow:PublishMetrics"], [arn(account, "airflow", `environment/${environmentName}`)]),
    allow(
      "WriteLogs",
      ["CreateLogStream", "CreateLogGroup", "PutLogEvents", "GetLogEvents", "GetLogRecord", "GetLogGroupFields"].map(
        (action) => `logs:${action}`,
      ),
      [arn(account, "logs", `log-group:airflow-${environmentName}-*`)],
    ),
    allow(
      "QueueTasks",
      [
        "ChangeMessageVisibility",
        "DeleteMessage",
        "GetQueueAttributes",
        "GetQueueUrl",
        "ReceiveMessage",
        "SendMessage",
      ].map((action) => `sqs:${action}`),
      [queue],
    ),
    ...(dags.keyArn === undefined
      ? []
      : [
          allow(
            "EncryptQueue",
            [
              "kms:Decrypt",
              "kms:DescribeKey",
              "kms:Encrypt",
              "kms:GenerateDataKey",
              "kms:GenerateDataKeyWithoutPlaintext",
            ],
            [dags.keyArn],
            {
              StringLike: {
                "kms:ViaService": [`sqs.${account.region}.amazonaws.com`, `s3.${account.region}.amazonaws.com`],
              },
            },
          ),
        ]),
    onAnyResource("FindLogGroups", ["logs:DescribeLogGroups"]),
    onAnyResource("LookAtAccount", ["s3:GetAccountPublicAccessBlock"]),
    onAnyResource("CountTasks", ["cloudwatch:PutMetricData"]),
  ];
}
