/** What state machines that measure a version need, whoever asked for it. */
import type { AwsAccount } from "../../contracts/account";
import { heldByBudget, layout } from "../../contracts/trainingLoop";
import type { PolicyStatement } from "../../lib/statements";
import { samplesFolder } from "./serving";
import type { StoreArns } from "./stores";
import { allow, arn, onAnyResource } from "./terms";

/** What such a machine touches. */
export interface MeasuringScope {
  model: string;
  store: StoreArns;
  jobPrefix: string;
  jobRoleArn: string;
  tableArn: string;
  /** Whether it looks whether the budget holds it. */
  heldByBudget?: boolean;
  /** Whether it looks whether there was traffic yesterday. */
  looksForTraffic: boolean;
  /** Repository whose digest is looked up; absent for images of others. */
  repositoryArn?: string;
  topicArn?: string | undefined;
}

/** Processing jobs, by the jobs' role. */
export function measures(account: AwsAccount, { jobPrefix, jobRoleArn }: MeasuringScope): PolicyStatement[] {
  return [
    allow("Check", calls("ProcessingJob"), [arn(account, "sagemaker", `processing-job/${jobPrefix}*`)]),
    allow("PassJobRole", ["iam:PassRole"], [jobRoleArn], {
      StringEquals: { "iam:PassedToService": "sagemaker.amazonaws.com" },
    }),
  ];
}

/** A kind of job. Step Functions tags what it starts. */
export const calls = (kind: string) => [
  ...["Create", "Describe", "Stop"].map((verb) => `sagemaker:${verb}${kind}`),
  ...["sagemaker:AddTags", "sagemaker:ListTags"],
];

/** Rules that Step Functions keeps in the account to hear of the ends of jobs. */
export const hearsOfTheEnd = (account: AwsAccount, whats: string[]): PolicyStatement =>
  allow(
    "HearOfTheEnd",
    ["events:DescribeRule", "events:PutRule", "events:PutTargets"],
    whats.map((what) => arn(account, "events", `rule/StepFunctionsGetEventsFor${what}Rule`)),
  );

export const findsImage = ({ repositoryArn }: MeasuringScope): PolicyStatement[] =>
  repositoryArn === undefined ? [] : [allow("FindImage", ["ecr:DescribeImages"], [repositoryArn])];

/** Whether there is anything below a folder. */
export const looksBelow = (sid: string, store: StoreArns, prefix: string): PolicyStatement =>
  allow(sid, ["s3:ListBucket"], [store.bucketArn], { StringLike: { "s3:prefix": [prefix] } });

export const looksForTraffic = ({ looksForTraffic, store, model }: MeasuringScope): PolicyStatement[] =>
  looksForTraffic ? [looksBelow("LookForTraffic", store, `${samplesFolder}/${model}/date=*`)] : [];

/** What it keeps of each run. */
export function records({ model, store, jobPrefix }: MeasuringScope): PolicyStatement[] {
  const opens = ["kms:Decrypt", "kms:GenerateDataKey"];
  return [
    allow("Record", ["s3:PutObject"], [`${store.bucketArn}/${layout.records(model)}${jobPrefix}*`]),
    ...(store.keyArn === undefined ? [] : [allow("OpenAndEncrypt", opens, [store.keyArn])]),
  ];
}

export const looksForSlot = ({ tableArn, heldByBudget: holds = false }: MeasuringScope): PolicyStatement =>
  allow("LookForSlot", ["dynamodb:GetItem"], [tableArn], {
    "ForAllValues:StringEquals": { "dynamodb:LeadingKeys": ["slots", ...(holds ? [heldByBudget] : [])] },
  });

/** AWS offers no resource for deliveries. https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html */
export const deliversLogs = onAnyResource(
  "DeliverLogs",
  [
    ...["CreateLogDelivery", "DeleteLogDelivery", "DescribeLogGroups", "DescribeResourcePolicies"],
    ...["GetLogDelivery", "ListLogDeliveries", "PutResourcePolicy", "UpdateLogDelivery"],
  ].map((action) => `logs:${action}`),
);
