/** Permissions of the state machine of one model's training. */
import type { AwsAccount } from "../../contracts/account";
import { layout } from "../../contracts/trainingLoop";
import type { PolicyStatement } from "../../lib/statements";
import {
  calls,
  deliversLogs,
  findsImage,
  hearsOfTheEnd,
  looksForSlot,
  looksForTraffic,
  type MeasuringScope,
  measures,
  records,
} from "./measuring";
import { createPackages, findPackages, type PackageScope } from "./packages";
import { startPipeline } from "./pipeline";
import { allow, arn, onAnyResource } from "./terms";

/** What the machine touches. */
export interface TrainingMachineScope extends PackageScope, MeasuringScope {
  /** Absent where nothing is searched for. */
  searchPrefix?: string;
  /** Whether searches learn from those before them. */
  looksForSearches?: boolean;
  functionArns: string[];
  /** What it keeps beside the model of what was measured, as ends of keys. */
  keeps: string[];
  /** What it puts where Model Monitor reads it, as keys. */
  publishes: string[];
  /** Whether it waits for what somebody decides of its packages, and then looks who did. */
  seesDecisions: boolean;
  /** The pipeline that trains and packages in its place; the machine itself only validates data then. */
  pipelineArn?: string;
  glueJobName?: string;
  /** The task that prepares, with the roles it takes on. */
  task?: { clusterArn: string; definitionArn: string; roleArns: string[] };
}

/** @see https://docs.aws.amazon.com/step-functions/latest/dg/sagemaker-iam.html */
export function runTraining(account: AwsAccount, scope: TrainingMachineScope): PolicyStatement[] {
  const { model, store, searchPrefix, pipelineArn, groupName } = scope;
  const ofRuns = (folder: string) => `${store.bucketArn}/${folder}${scope.jobPrefix}*`;
  return [
    ...(pipelineArn === undefined
      ? [
          ...trainingJobs(account, scope),
          ...createPackages(account, scope),
          ...(scope.seesDecisions ? [findPackages(account, scope.groupName)] : []),
        ]
      : startPipeline(account, pipelineArn, groupName)),
    ...measures(account, scope),
    hearsOfTheEnd(account, [
      "SageMakerProcessingJobs",
      ...(pipelineArn === undefined && searchPrefix === undefined ? ["SageMakerTrainingJobs"] : []),
      ...(pipelineArn !== undefined || searchPrefix === undefined ? [] : ["SageMakerTuningJobs"]),
      ...(scope.task ? ["ECSTask"] : []),
    ]),
    ...findsImage(scope),
    ...prepares(account, scope),
    allow("ReadReports", ["s3:GetObject"], [`${store.bucketArn}/${layout.outputs(model)}*`]),
    ...(scope.keeps.length > 0
      ? [
          allow(
            "KeepMeasured",
            ["s3:PutObject"],
            scope.keeps.map((file) => `${ofRuns(layout.models(model))}${file}`),
          ),
        ]
      : []),
    ...(scope.publishes.length > 0
      ? [
          allow(
            "PublishBaseline",
            ["s3:PutObject"],
            scope.publishes.map((key) => `${store.bucketArn}/${key}`),
          ),
        ]
      : []),
    ...looksForTraffic(scope),
    ...records(scope),
    allow("Claim", ["dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:UpdateItem"], [scope.tableArn], {
      "ForAllValues:StringLike": {
        "dynamodb:LeadingKeys": [
          `model#${model}`,
          `waiting#${model}`,
          "slots",
          "object#*",
          `approval#*:model-package/${scope.groupName}/*`,
        ],
      },
    }),
    looksForSlot(scope),
    ...(scope.functionArns.length === 0 ? [] : [allow("Ask", ["lambda:InvokeFunction"], scope.functionArns)]),
    ...(scope.topicArn === undefined ? [] : [allow("TellOwner", ["sns:Publish"], [scope.topicArn])]),
    deliversLogs,
  ];
}

function trainingJobs(
  account: AwsAccount,
  { jobPrefix, searchPrefix, looksForSearches = false }: TrainingMachineScope,
): PolicyStatement[] {
  const named = (kind: string, prefix: string) => arn(account, "sagemaker", `${kind}/${prefix}*`);
  return [
    ...(searchPrefix === undefined
      ? [allow("Train", calls("TrainingJob"), [named("training-job", jobPrefix)])]
      : [
          allow("Search", calls("HyperParameterTuningJob"), [named("hyper-parameter-tuning-job", searchPrefix)]),
          allow("FindBest", ["sagemaker:DescribeTrainingJob"], [named("training-job", searchPrefix)]),
          ...(looksForSearches ? [onAnyResource("FindSearches", ["sagemaker:ListHyperParameterTuningJobs"])] : []),
        ]),
  ];
}

function prepares(account: AwsAccount, { glueJobName, task }: TrainingMachineScope): PolicyStatement[] {
  if (glueJobName !== undefined) {
    return [
      allow(
        "Prepare",
        ["glue:BatchStopJobRun", "glue:GetJobRun", "glue:GetJobRuns", "glue:StartJobRun"],
        [arn(account, "glue", `job/${glueJobName}`)],
      ),
    ];
  }
  if (task === undefined) return [];
  const anyTask = task.clusterArn.replace(":cluster/", ":task/");
  return [
    allow("Prepare", ["ecs:RunTask"], [task.definitionArn], { ArnEquals: { "ecs:cluster": task.clusterArn } }),
    allow("FollowTask", ["ecs:DescribeTasks", "ecs:StopTask"], [`${anyTask}/*`]),
    allow("TagTask", ["ecs:TagResource"], [`${anyTask}/*`]),
    allow("PassTaskRoles", ["iam:PassRole"], task.roleArns, {
      StringEquals: { "iam:PassedToService": "ecs-tasks.amazonaws.com" },
    }),
  ];
}
