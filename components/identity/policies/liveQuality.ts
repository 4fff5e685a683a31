/** Permissions of the monitor of a model's live answers. */
import type { AwsAccount } from "../../contracts/account";
import { layout } from "../../contracts/trainingLoop";
import type { PolicyStatement } from "../../lib/statements";
import { keepMissed } from "./batch";
import { imageRepository, processInNetwork } from "./sagemaker";
import { samplesFolder } from "./serving";
import type { StoreArns } from "./stores";
import { allow, arn, onAnyResource } from "./terms";
import { crypts, pulls, reads, writes } from "./training";

/** Folder of the data bucket with what looks at models have found. */
export const qualityFolder = "quality";
/** Folder of the data bucket with reports on live answers, by run. */
export const liveReports = (model: string) => `${qualityFolder}/${model}/answers/`;

/** What one look reads, writes and runs in. */
export interface LiveQualityScope {
  model: string;
  store: StoreArns;
  /** Folder with labels, with a slash at its end. */
  labels: string;
  /** With its tag. */
  image: string;
  /** Beginning of the names of its jobs. */
  jobPrefix: string;
}

/** The role of the job. @see https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html#sagemaker-roles-createprocessingjob-perms */
export function lookAtAnswers(account: AwsAccount, scope: LiveQualityScope): PolicyStatement[] {
  const { model, store } = scope;
  const logs = arn(account, "logs", "log-group:/aws/sagemaker/ProcessingJobs");
  const kept = [layout.baseline, layout.dataBaseline.constraints];
  return [
    ...reads(store, [`${samplesFolder}/${model}/`, layout.records(model), scope.labels]),
    // Without it a version of which nothing was kept is answered like what is forbidden, and nothing else would be looked at.
    allow("ListBaselines", ["s3:ListBucket"], [store.bucketArn], {
      StringLike: { "s3:prefix": [`${layout.models(model)}*`] },
    }),
    allow(
      "ReadBaselines",
      ["s3:GetObject"],
      kept.map((file) => `${store.bucketArn}/${layout.models(model)}*${file}`),
    ),
    writes(store, [liveReports(model)]),
    ...crypts(store),
    ...(store.keyArn === undefined
      ? []
      : [
          allow("EncryptVolume", ["kms:CreateGrant"], [store.keyArn], {
            Bool: { "kms:GrantIsForAWSResource": "true" },
          }),
        ]),
    ...pulls(imageRepository(account, scope.image)),
    allow("MakeLogs", ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams"], [logs, `${logs}:*`]),
    allow("WriteLogs", ["logs:PutLogEvents"], [`${logs}:log-stream:${scope.jobPrefix}*`]),
    onAnyResource("ReportJobs", ["cloudwatch:PutMetricData"], {
      StringEquals: { "cloudwatch:namespace": "/aws/sagemaker/ProcessingJobs" },
    }),
    ...processInNetwork(),
  ];
}

/** The role of the schedule: start such a job, as its role. */
export function startLooks(
  account: AwsAccount,
  jobPrefix: string,
  jobRoleArn: string,
  missedStartsArn?: string,
): PolicyStatement[] {
  return [
    allow(
      "Start",
      ["sagemaker:AddTags", "sagemaker:CreateProcessingJob"],
      [arn(account, "sagemaker", `processing-job/${jobPrefix}*`)],
    ),
    allow("PassJobRole", ["iam:PassRole"], [jobRoleArn], {
      StringEquals: { "iam:PassedToService": "sagemaker.amazonaws.com" },
    }),
    ...keepMissed(missedStartsArn),
  ];
}
