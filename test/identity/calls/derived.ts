/** What the platform's own code asks of AWS, read from the code: the commands of functions, the calls of Python, the tasks of state machines. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(__dirname, "..", "..", "..");

/** Clients of the SDK by the service as IAM calls it. */
const clients: Record<string, string> = {
  dynamodb: "dynamodb",
  s3: "s3",
  sagemaker: "sagemaker",
  "secrets-manager": "secretsmanager",
  sfn: "states",
};

/** Calls whose permissions are not called after them. https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html */
const asked: Record<string, string[]> = {
  "s3:ListObjectsV2": ["s3:ListBucket"],
  "s3:ListObjectVersions": ["s3:ListBucketVersions"],
  "s3:HeadObject": ["s3:GetObject"],
  "s3:CopyObject": ["s3:GetObject", "s3:PutObject"],
  "s3:DownloadFile": ["s3:GetObject"],
  "s3:UploadFile": ["s3:PutObject"],
  "s3:CreateMultipartUpload": ["s3:PutObject"],
  "s3:CompleteMultipartUpload": ["s3:PutObject"],
  "s3:UploadPart": ["s3:PutObject"],
  "lambda:Invoke": ["lambda:InvokeFunction"],
  "budgets:DescribeBudget": ["budgets:ViewBudget"],
};
const permissions = (call: string) => asked[call] ?? [call];

/** Calls of one of the folder `functions`: each `new …Command(` and `paginate…(` of what a file imports of the SDK. */
export function callsOfFunction(folder: string): Set<string> {
  const found = new Set<string>();
  for (const file of readdirSync(join(root, "functions", folder)).filter((name) => name.endsWith(".ts"))) {
    const text = readFileSync(join(root, "functions", folder, file), "utf8");
    for (const [, names = "", client = ""] of text.matchAll(
      /import\s+\{([^}]*)\}\s+from\s+"@aws-sdk\/client-([\w-]+)"/g,
    )) {
      const service = clients[client];
      if (service === undefined)
        throw new Error(`functions/${folder} uses @aws-sdk/client-${client}: name its service`);
      for (const [name] of names.matchAll(/\w+/g)) {
        const call = /^(?:paginate(\w+)|(\w+)Command)$/.exec(name!);
        if (call === null) continue;
        for (const permission of permissions(`${service}:${call[1] ?? call[2]}`)) found.add(permission);
      }
    }
  }
  return found;
}

const pascal = (snake: string) => snake.replace(/(^|_)([a-z0-9])/g, (_, __, letter: string) => letter.toUpperCase());

/**
 * Calls of Python files to a client of a service: attributes that are called as one of its operations is.
 * @param operations of the service, as IAM calls them
 */
export function callsOfPython(files: readonly string[], service: string, operations: ReadonlySet<string>): Set<string> {
  const found = new Set<string>();
  for (const file of files) {
    const text = readFileSync(join(root, "workloads", file), "utf8");
    const names = [
      ...[...text.matchAll(/\.([a-z]+(?:_[a-z0-9]+)+)\b/g)].map(([, name]) => name!),
      ...[...text.matchAll(/get_paginator\("(\w+)"/g)].map(([, name]) => name!),
    ];
    for (const name of names.map(pascal)) {
      const call = `${service}:${name}`;
      if (asked[call] === undefined && !operations.has(name)) continue;
      for (const permission of permissions(call)) found.add(permission);
    }
  }
  return found;
}

interface State {
  Type: string;
  Resource?: string;
  Parameters?: Record<string, unknown>;
  Arguments?: Record<string, unknown>;
  ItemProcessor?: Machine;
  Branches?: Machine[];
}
interface Machine {
  States: Record<string, State>;
}

/** Permissions of a task that Step Functions starts and follows. https://docs.aws.amazon.com/step-functions/latest/dg/service-integration-iam-templates.html */
const followed: Record<string, string[]> = {
  "glue:startJobRun": ["glue:BatchStopJobRun", "glue:GetJobRun", "glue:GetJobRuns", "glue:StartJobRun"],
  "ecs:runTask": ["ecs:DescribeTasks", "ecs:RunTask", "ecs:StopTask", "ecs:TagResource", "iam:PassRole"],
};
const hearing = ["events:DescribeRule", "events:PutRule", "events:PutTargets"];

function callsOfTask({ Resource = "", Parameters, Arguments }: State): string[] {
  const [, sdk, optimized] = /^arn:aws[\w-]*:states:::(?:aws-sdk:([\w:]+)|([\w:]+))/.exec(Resource) ?? [];
  if (sdk !== undefined) {
    const [name = "", action = ""] = sdk.split(":");
    const service = clients[name] ?? name;
    return permissions(`${service}:${action[0]!.toUpperCase()}${action.slice(1)}`);
  }
  if (optimized === undefined) return []; // An activity: nobody is asked, somebody comes for it.
  const [service = "", action = ""] = optimized.split(":");
  const name = `${action[0]!.toUpperCase()}${action.slice(1)}`;
  const sync = Resource.includes(".sync");
  const job = /^create(\w+Job)$/.exec(action)?.[1];
  const passed = JSON.stringify(Parameters ?? Arguments ?? {}).includes('"RoleArn') ? ["iam:PassRole"] : [];
  if (service === "sagemaker" && job !== undefined && sync) {
    const verbs = ["Create", "Describe", "Stop"].map((verb) => `sagemaker:${verb}${job}`);
    return [...verbs, "sagemaker:AddTags", "sagemaker:ListTags", ...hearing, ...passed];
  }
  const more = followed[`${service}:${action}`];
  if (more !== undefined) return [...more, ...(service === "ecs" ? hearing : [])];
  return permissions(`${service}:${name}`);
}

/** Calls of a state machine, those inside of maps and branches among them. */
export function callsOfMachine(definition: string): Set<string> {
  const found = new Set<string>();
  const walk = ({ States }: Machine): void => {
    for (const state of Object.values(States)) {
      if (state.Type === "Task") for (const call of callsOfTask(state)) found.add(call);
      for (const inner of [state.ItemProcessor, ...(state.Branches ?? [])]) if (inner) walk(inner);
    }
  };
  walk(JSON.parse(definition) as Machine);
  return found;
}

interface Step {
  Type: string;
  Arguments?: { IfSteps?: Step[]; ElseSteps?: Step[]; RoleArn?: unknown };
}

/** Permissions of a pipeline's steps. https://docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-access.html */
const ofStep: Record<string, string[]> = {
  Training: ["Create", "Describe", "Stop"].map((verb) => `sagemaker:${verb}TrainingJob`),
  Tuning: [
    ...["Create", "Describe", "Stop"].map((verb) => `sagemaker:${verb}HyperParameterTuningJob`),
    "sagemaker:DescribeTrainingJob",
  ],
  Processing: ["Create", "Describe", "Stop"].map((verb) => `sagemaker:${verb}ProcessingJob`),
  Lambda: ["lambda:InvokeFunction"],
  RegisterModel: [
    ...["CreateModelPackage", "CreateModelPackageGroup", "DescribeModelPackage", "DescribeModelPackageGroup"].map(
      (action) => `sagemaker:${action}`,
    ),
    ...["ecr:BatchGetImage", "ecr:DescribeImages", "s3:GetObject"],
  ],
};

/** Calls of a pipeline, those behind its condition among them. */
export function callsOfPipeline(definition: string): Set<string> {
  const found = new Set<string>(["sagemaker:AddTags", "iam:PassRole"]);
  const walk = (steps: Step[]): void => {
    for (const { Type, Arguments } of steps) {
      for (const call of ofStep[Type] ?? []) found.add(call);
      walk([...(Arguments?.IfSteps ?? []), ...(Arguments?.ElseSteps ?? [])]);
    }
  };
  walk((JSON.parse(definition) as { Steps: Step[] }).Steps);
  return found;
}

/** Calls of schedules whose target is an API of AWS: `arn:aws:scheduler:::aws-sdk:rds:stopDBInstance`. */
export function callsOfSchedules(schedules: readonly { inputs: Record<string, unknown> }[]): Set<string> {
  const found = new Set<string>();
  for (const { inputs } of schedules) {
    const [, service, call] = /:aws-sdk:(\w+):(\w+)$/.exec((inputs.target as { arn: string }).arn) ?? [];
    if (service === undefined || call === undefined) throw new Error(`what ${inputs.name} calls is not known`);
    found.add(`${service}:${call[0]!.toUpperCase()}${call.slice(1)}`);
  }
  return found;
}
