/** Permissions of batch scoring: what reads rows and writes predictions, and what starts it. */
import type { AwsAccount } from "../../contracts/account";
import type { PolicyStatement, ResourcePolicyStatement } from "../../lib/statements";
import { folder, list, type StoreArns } from "./stores";
import { allow, arn, onAnyResource } from "./terms";

/** Folder of the platform's bucket that holds one model's predictions, and notes of the runs that made them. */
export const predictionsFolder = (model: string) => `predictions/${model}/`;

/** Folder of the platform's bucket that holds what queries answered. */
export const queryResultsFolder = "athena/";

/**
 * Read rows below prefixes, write one model's predictions. For the pods of a scoring job, and for the role that SageMaker runs a
 * model with.
 * @param inputs prefixes of the platform's bucket, with a slash at the end
 */
export function transformData(store: StoreArns, model: string, inputs: readonly string[]): PolicyStatement[] {
  const results = predictionsFolder(model);
  const readable = [...new Set([...inputs, results])].map(folder);
  return [
    list("BatchList", store.bucketArn, readable),
    allow("BatchFindBucket", ["s3:GetBucketLocation"], [store.bucketArn]),
    allow(
      "BatchRead",
      ["s3:GetObject"],
      readable.map((prefix) => `${store.bucketArn}/${prefix}*`),
    ),
    allow(
      "BatchWrite",
      ["s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"],
      [`${store.bucketArn}/${results}*`],
    ),
    ...(store.keyArn === undefined
      ? []
      : [allow("BatchCrypt", ["kms:Decrypt", "kms:GenerateDataKey"], [store.keyArn])]),
  ];
}

/**
 * Tell of a model's transform jobs: for the role that SageMaker runs the model with. All jobs of an account share one log group.
 * @see https://docs.aws.amazon.com/sagemaker/latest/dg/logging-cloudwatch.html
 */
export function tellOfTransforms(account: AwsAccount, jobPrefix: string): PolicyStatement[] {
  const group = arn(account, "logs", "log-group:/aws/sagemaker/TransformJobs");
  return [
    allow(
      "MakeTransformLog",
      ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams"],
      [group, `${group}:*`],
    ),
    allow("WriteTransformLog", ["logs:PutLogEvents"], [`${group}:log-stream:${jobPrefix}*`]),
    onAnyResource("ReportTransforms", ["cloudwatch:PutMetricData"], {
      StringEquals: { "cloudwatch:namespace": "/aws/sagemaker/TransformJobs" },
    }),
  ];
}

/** What a state machine of batch scoring touches. */
export interface BatchMachineFacts {
  /** Beginning of the names of its transform jobs. */
  jobPrefix: string;
  /** Absent where the version is pinned: then nothing has to be looked up. */
  endpointName?: string | undefined;
  /** Where failures are told. */
  topicArn?: string | undefined;
  /** Notes of what was scored; absent where nothing starts on new objects. */
  tableArn?: string | undefined;
  store: StoreArns;
  model: string;
  /** What a schedule scores; absent where nothing is scheduled. */
  folder?: string;
  /** Where new objects land; absent where nothing starts on them. */
  newFolder?: string;
  /** Of the machine itself, which looks how its other runs ended. */
  machineName?: string;
}

/**
 * Permissions of the state machine. A transform job has no role of its own, it runs with the model's: nothing is passed.
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/sagemaker-iam.html
 */
export function runTransforms(account: AwsAccount, facts: BatchMachineFacts): PolicyStatement[] {
  const jobs = arn(account, "sagemaker", `transform-job/${facts.jobPrefix}*`);
  const finds = facts.tableArn === undefined || facts.newFolder === undefined ? undefined : folder(facts.newFolder);
  const runs = `${facts.store.bucketArn}/${predictionsFolder(facts.model)}_runs/*`;
  return [
    allow(
      "Transform",
      [
        "sagemaker:CreateTransformJob",
        "sagemaker:DescribeTransformJob",
        "sagemaker:StopTransformJob",
        "sagemaker:AddTags", // Step Functions tags what it starts.
        "sagemaker:ListTags",
      ],
      [jobs],
    ),
    // Rule that Step Functions keeps in the account to hear of a job's end.
    allow(
      "HearOfTheEnd",
      ["events:DescribeRule", "events:PutRule", "events:PutTargets"],
      [arn(account, "events", "rule/StepFunctionsGetEventsForSageMakerTransformJobsRule")],
    ),
    ...(facts.endpointName === undefined
      ? []
      : [
          allow(
            "LookAtEndpoint",
            ["sagemaker:DescribeEndpoint"],
            [arn(account, "sagemaker", `endpoint/${facts.endpointName}`)],
          ),
          allow(
            "LookAtConfiguration",
            ["sagemaker:DescribeEndpointConfig"],
            [arn(account, "sagemaker", `endpoint-config/${facts.endpointName}-*`)],
          ),
        ]),
    // Where new objects land in the same folder, it may be listed for them already.
    ...(facts.folder === undefined || (finds !== undefined && folder(facts.folder).startsWith(finds))
      ? []
      : [
          allow("LookIntoFolder", ["s3:ListBucket"], [facts.store.bucketArn], {
            StringLike: { "s3:prefix": [folder(facts.folder)] },
          }),
        ]),
    allow("NoteRuns", ["s3:PutObject"], [runs]),
    ...(facts.store.keyArn === undefined
      ? []
      : [allow("EncryptNotes", ["kms:Decrypt", "kms:GenerateDataKey"], [facts.store.keyArn])]),
    ...(facts.tableArn === undefined
      ? []
      : [
          allow("NoteScored", ["dynamodb:DeleteItem", "dynamodb:PutItem"], [facts.tableArn]),
          allow("FindHolder", ["dynamodb:GetItem"], [facts.tableArn]),
          ...(facts.machineName === undefined
            ? []
            : [
                allow(
                  "SeeHowRunsEnded",
                  ["states:DescribeExecution"],
                  [arn(account, "states", `execution:${facts.machineName}:*`)],
                ),
              ]),
          ...(finds === undefined
            ? []
            : [
                allow("FindNewObjects", ["s3:ListBucket"], [facts.store.bucketArn], {
                  StringLike: { "s3:prefix": [`${finds}*`] },
                }),
              ]),
        ]),
    ...(facts.topicArn === undefined ? [] : [allow("TellOwner", ["sns:Publish"], [facts.topicArn])]),
  ];
}

/** Names of the state machines of a stack; people type them. */
export const batchMachineName = (stack: string, model: string) => `${stack}-${model}-batch`;

/** Find and stop the runs of state machines. @param machines names, with `*` for any text */
export const stopExecutions = (account: AwsAccount, ...machines: string[]): PolicyStatement[] => [
  allow(
    "FindRuns",
    ["states:ListExecutions"],
    machines.map((name) => arn(account, "states", `stateMachine:${name}`)),
  ),
  allow(
    "StopRuns",
    ["states:StopExecution"],
    machines.map((name) => arn(account, "states", `execution:${name}:*`)),
  ),
];

/** Stop the runs of machines that go, whichever of the stack's they are: one is asked for after the policy no longer knows its model. */
export const stopScoring = (account: AwsAccount, logGroupArn: string, stack: string): PolicyStatement[] => [
  allow("WriteLogs", ["logs:CreateLogStream", "logs:PutLogEvents"], [`${logGroupArn}:*`]),
  ...stopExecutions(account, batchMachineName(stack, "*")),
];

/**
 * Lets EventBridge start one state machine; its Scheduler also keeps what it could not start.
 * @see https://docs.aws.amazon.com/scheduler/latest/UserGuide/configuring-schedule-dlq.html
 */
export function startMachine(machineArn: string, missedStartsArn?: string): PolicyStatement[] {
  return [allow("StartScoring", ["states:StartExecution"], [machineArn]), ...keepMissed(missedStartsArn)];
}

/** Lets a schedule put into a queue what it could not start. */
export const keepMissed = (missedStartsArn: string | undefined): PolicyStatement[] =>
  missedStartsArn === undefined ? [] : [allow("KeepMissed", ["sqs:SendMessage"], [missedStartsArn])];

/** Lets a pipe empty one queue into one state machine. @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-permissions.html */
export function pipeIntoMachine(queueArn: string, machineArn: string): PolicyStatement[] {
  return [
    allow("TakeFromQueue", ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"], [queueArn]),
    ...startMachine(machineArn),
  ];
}

/** Lets one rule of EventBridge put into one queue. */
export function queueFromRule(queueArn: string, ruleArn: string): ResourcePolicyStatement[] {
  return [
    {
      Sid: "NewObjects",
      Effect: "Allow",
      Principal: { Service: ["events.amazonaws.com"] },
      Action: ["sqs:SendMessage"],
      Resource: [queueArn],
      Condition: { ArnEquals: { "aws:SourceArn": ruleArn } },
    },
  ];
}
