/** Permissions of the check of captured requests on SageMaker. */
import type { AwsAccount } from "../../contracts/account";
import { layout } from "../../contracts/trainingLoop";
import type { PolicyStatement } from "../../lib/statements";
import { imageRepository, processInNetwork } from "./sagemaker";
import { folder, type StoreArns } from "./stores";
import { allow, arn, onAnyResource } from "./terms";
import { pulls } from "./training";

/** Folder of the data bucket with reports of one model's captured requests. */
export const qualityReportsFolder = (model: string) => `quality/${model}/`;

/** The script that makes captured requests flat. */
export const flattenKey = (model: string) => `${layout.source}model-monitor/${model}.py`;

/** What one check reads, writes and runs in. */
export interface QualityScope {
  model: string;
  endpointName: string;
  store: StoreArns;
  /** Folder with what is normal, with a slash at its end. */
  baseline: string;
  /** Image of AWS's own, without a tag. */
  image: string;
}

/** @see https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html#sagemaker-roles-createprocessingjob-perms */
export function checkQuality(account: AwsAccount, scope: QualityScope): PolicyStatement[] {
  const { store, model } = scope;
  const read = [`capture/${model}/`, scope.baseline].map(folder);
  const reports = qualityReportsFolder(model);
  const logs = arn(account, "logs", "log-group:/aws/sagemaker/ProcessingJobs");
  return [
    allow("ListRequests", ["s3:ListBucket"], [store.bucketArn], {
      StringLike: {
        "s3:prefix": [...[...read, reports].map((each) => `${each}*`), flattenKey(model)],
      },
    }),
    allow("FindBucket", ["s3:GetBucketLocation"], [store.bucketArn]),
    allow(
      "ReadRequests",
      ["s3:GetObject"],
      [...read.map((each) => `${each}*`), flattenKey(model)].map((each) => `${store.bucketArn}/${each}`),
    ),
    allow("WriteReports", ["s3:AbortMultipartUpload", "s3:PutObject"], [`${store.bucketArn}/${reports}*`]),
    ...(store.keyArn === undefined
      ? []
      : [
          allow("UseKey", ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"], [store.keyArn]),
          allow("EncryptVolume", ["kms:CreateGrant"], [store.keyArn], {
            Bool: { "kms:GrantIsForAWSResource": "true" },
          }),
        ]),
    allow("SeeEndpoint", ["sagemaker:DescribeEndpoint"], [arn(account, "sagemaker", `endpoint/${scope.endpointName}`)]),
    allow(
      "SeeConfiguration",
      ["sagemaker:DescribeEndpointConfig"],
      [arn(account, "sagemaker", `endpoint-config/${scope.endpointName}-*`)],
    ),
    ...pulls(imageRepository(account, scope.image)),
    allow("WriteLogs", ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"], [logs, `${logs}:*`]),
    onAnyResource("ReportJobs", ["cloudwatch:PutMetricData"], {
      StringEquals: { "cloudwatch:namespace": "/aws/sagemaker/ProcessingJobs" },
    }),
    ...processInNetwork(),
  ];
}
