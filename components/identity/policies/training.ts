/** Permissions of training: of its jobs, of what prepares data, and of what stands around the state machines. */
import type { AwsAccount } from "../../contracts/account";
import type { DataSource } from "../../contracts/dataSource";
import type { LoopFeatures } from "../../contracts/features";
import { layout } from "../../contracts/trainingLoop";
import type { PolicyStatement } from "../../lib/statements";
import { stopExecutions } from "./batch";
import { prepareFeatures } from "./features";
import { decisionMachineName } from "./packageDecisions";
import { imageRepository, processInNetwork } from "./sagemaker";
import { samplesFolder } from "./serving";
import { readSources } from "./sources";
import { folder, list, type StoreArns } from "./stores";
import { allow, arn, onAnyResource } from "./terms";

/** Names of the state machines of a stack; people type them. */
export const trainingMachineName = (stack: string, model: string) => `${stack}-${model}-training`;
export const checkMachineName = (stack: string, model: string) => `${stack}-${model}-check`;

const machinesOf = (account: AwsAccount, stack: string) =>
  [trainingMachineName(stack, "*"), checkMachineName(stack, "*"), decisionMachineName(stack)].map((name) =>
    arn(account, "states", `stateMachine:${name}`),
  );

/** One model's loop, as permissions see it. */
export interface TrainingScope {
  model: string;
  store: StoreArns;
  /** Folder with the data as it comes. */
  rawFolder: string;
}

/** Read below folders, and list them; nothing else of the bucket. */
export function reads(store: StoreArns, folders: string[]): PolicyStatement[] {
  const below = folders.map(folder);
  return [
    list("ListData", store.bucketArn, below),
    allow("FindBucket", ["s3:GetBucketLocation"], [store.bucketArn]),
    allow(
      "ReadData",
      ["s3:GetObject"],
      below.map((each) => `${store.bucketArn}/${each}*`),
    ),
  ];
}

/** See in which versions objects below folders are and were: a run's manifest names those that it has read. */
export const listsVersions = (store: StoreArns, folders: string[]) =>
  allow("ListVersions", ["s3:ListBucketVersions"], [store.bucketArn], {
    StringLike: { "s3:prefix": folders.map((each) => `${folder(each)}*`) },
  });

export const writes = (store: StoreArns, folders: string[]) =>
  allow(
    "WriteResults",
    ["s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"],
    folders.map((each) => `${store.bucketArn}/${folder(each)}*`),
  );

export const crypts = ({ keyArn }: StoreArns) =>
  keyArn === undefined ? [] : [allow("UseKey", ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"], [keyArn])];

/** Pull images of these repositories. */
export const pulls = (repositories: string[]): PolicyStatement[] => [
  ...(repositories.length === 0
    ? []
    : [
        allow(
          "PullImage",
          ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
          repositories,
        ),
      ]),
  onAnyResource("SignInToRegistry", ["ecr:GetAuthorizationToken"]),
];

/** What jobs of a model run with. */
export interface JobScope extends TrainingScope {
  /** Beginnings of the names of jobs, whose streams in the shared log groups are theirs. */
  jobPrefixes: string[];
  image: string;
  /** Whether a step before them prepares data: they read what it has written, and nothing as it came. */
  prepared: boolean;
  /** Image of a built-in algorithm, which AWS keeps in an account of its own; its rows are below the run's outputs. */
  algorithmImage?: string | undefined;
  /** Whether live traffic is compared with. */
  samples: boolean;
}

/** The role of a model's training and processing jobs. @see https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html */
export function runTrainingJobs(account: AwsAccount, scope: JobScope): PolicyStatement[] {
  const { model, store, jobPrefixes } = scope;
  const kinds = ["TrainingJobs", "ProcessingJobs"];
  const groups = kinds.map((kind) => arn(account, "logs", `log-group:/aws/sagemaker/${kind}`));
  const written = [layout.models(model), layout.checkpoints(model), layout.outputs(model)];
  return [
    ...reads(store, [
      scope.prepared ? layout.extracts(model) : scope.rawFolder,
      layout.models(model),
      layout.checkpoints(model),
      ...(scope.algorithmImage === undefined ? [] : [layout.outputs(model)]),
      ...(scope.samples ? [`${samplesFolder}/${model}/`] : []),
    ]),
    writes(store, written),
    ...crypts(store),
    ...(store.keyArn === undefined
      ? []
      : [
          allow("EncryptVolume", ["kms:CreateGrant"], [store.keyArn], {
            Bool: { "kms:GrantIsForAWSResource": "true" },
          }),
        ]),
    ...pulls(
      [scope.image, ...(scope.algorithmImage === undefined ? [] : [scope.algorithmImage])].flatMap((image) =>
        imageRepository(account, image),
      ),
    ),
    allow(
      "MakeLogs",
      ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams"],
      groups.flatMap((group) => [group, `${group}:*`]),
    ),
    allow(
      "WriteLogs",
      ["logs:PutLogEvents"],
      groups.flatMap((group) => jobPrefixes.map((prefix) => `${group}:log-stream:${prefix}*`)),
    ),
    onAnyResource("ReportJobs", ["cloudwatch:PutMetricData"], {
      StringEquals: { "cloudwatch:namespace": kinds.map((kind) => `/aws/sagemaker/${kind}`) },
    }),
    ...processInNetwork(),
  ];
}

/** What prepares a model's data: raw data and sources in, extracts out. `script` is what Glue runs. */
export function prepareData(
  account: AwsAccount,
  scope: TrainingScope & { script?: string; sources: readonly DataSource[]; features?: LoopFeatures },
): PolicyStatement[] {
  const extracts = layout.extracts(scope.model);
  const { store, script } = scope;
  const logs = arn(account, "logs", "log-group:/aws-glue/jobs*");
  return [
    ...reads(store, [scope.rawFolder, extracts]),
    ...readSources(account, scope.sources),
    ...prepareFeatures(account, scope.model, store, scope.features),
    writes(store, [extracts]),
    // Spark writes below a temporary name and cleans up.
    allow("CleanUp", ["s3:DeleteObject"], [`${store.bucketArn}/${extracts}*`]),
    ...crypts(store),
    ...(script === undefined
      ? []
      : [
          allow("ReadScript", ["s3:GetObject"], [`${store.bucketArn}/${layout.source}${script}`]),
          allow(
            "WriteLogs",
            ["logs:AssociateKmsKey", "logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
            [logs, `${logs}:*`],
          ),
          onAnyResource("ReportJob", ["cloudwatch:PutMetricData"], {
            StringEquals: { "cloudwatch:namespace": "Glue" },
          }),
        ]),
  ];
}

/** What Fargate needs to start a task: its image and its log. */
export function startTask(account: AwsAccount, image: string, logGroupArn: string): PolicyStatement[] {
  return [
    ...pulls(imageRepository(account, image)),
    allow("WriteLogs", ["logs:CreateLogStream", "logs:PutLogEvents"], [`${logGroupArn}:*`]),
  ];
}

const functionLogs = (logGroupArn: string) =>
  allow("WriteLogs", ["logs:CreateLogStream", "logs:PutLogEvents"], [`${logGroupArn}:*`]);

/** Read reports of evaluations. Without the right to list, what is not there is answered like what is forbidden. */
export function judgeCandidates(logGroupArn: string, store: StoreArns): PolicyStatement[] {
  return [
    functionLogs(logGroupArn),
    allow("ListReports", ["s3:ListBucket"], [store.bucketArn], { StringLike: { "s3:prefix": ["outputs/*"] } }),
    allow("ReadReports", ["s3:GetObject"], [`${store.bucketArn}/outputs/*`]),
    ...(store.keyArn === undefined ? [] : [allow("OpenReports", ["kms:Decrypt"], [store.keyArn])]),
  ];
}

/** See how endpoints are. */
export function lookAtEndpoints(account: AwsAccount, logGroupArn: string, endpointNames: string[]): PolicyStatement[] {
  return [
    functionLogs(logGroupArn),
    // A function for endpoints that are none may see none: there is nothing to name.
    ...(endpointNames.length === 0
      ? []
      : [
          allow(
            "LookAtEndpoints",
            ["sagemaker:DescribeEndpoint"],
            endpointNames.map((endpoint) => arn(account, "sagemaker", `endpoint/${endpoint}`)),
          ),
        ]),
  ];
}

/**
 * Answer runs that wait for a decision. The console says that `SendTask…` have no resource; a task with a token is refused by the ARN of its
 * state machine, one of an activity by that of the activity.
 * @see https://github.com/aws/aws-cdk/pull/8486
 */
export function answerApprovals(
  account: AwsAccount,
  logGroupArn: string,
  { stack, tableArn, keyArn }: { stack: string; tableArn: string; keyArn?: string | undefined },
): PolicyStatement[] {
  return [
    functionLogs(logGroupArn),
    allow("FindWaiting", ["dynamodb:GetItem", "dynamodb:UpdateItem"], [tableArn], {
      "ForAllValues:StringLike": { "dynamodb:LeadingKeys": ["approval#*"] },
    }),
    ...(keyArn === undefined ? [] : [allow("OpenTable", ["kms:Decrypt"], [keyArn])]),
    allow(
      "AnswerRuns",
      ["states:SendTaskFailure", "states:SendTaskSuccess"],
      [arn(account, "states", `stateMachine:${trainingMachineName(stack, "*")}`)],
    ),
  ];
}

/** What the stack's loops train on; models are not named, since with many the policy would outgrow its role. */
export interface TrainedData {
  /** First folders of data that are trained on as they come, such as `data/`. */
  rawRoots: string[];
  /** Whether the runs of any model prepare data. */
  prepared: boolean;
}

/**
 * The registrar in the cluster: take what the activity has, read what was trained, keep the packages of what is live and of what is asked for.
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/concept-create-iam-advanced.html
 */
export function registerVersions(
  account: AwsAccount,
  { stack, activityArn, store, data }: { stack: string; activityArn: string; store: StoreArns; data: TrainedData },
): PolicyStatement[] {
  const trained = layout.models("*");
  const extracts = layout.extracts("*").split("*")[0]!;
  return [
    allow("TakeTasks", ["states:GetActivityTask"], [activityArn]),
    allow(
      "AnswerTasks",
      ["states:SendTaskFailure", "states:SendTaskHeartbeat", "states:SendTaskSuccess"],
      [activityArn, ...machinesOf(account, stack)],
    ),
    allow("ListTrained", ["s3:ListBucket"], [store.bucketArn], { StringLike: { "s3:prefix": [`${trained}*`] } }),
    allow("ReadTrained", ["s3:GetObject"], [`${store.bucketArn}/${trained}*`]),
    allow(
      "KeepCompared",
      ["s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"],
      ["candidate", "champion"].map((compared) => `${store.bucketArn}/${trained}${compared}/*`),
    ),
    listsVersions(store, [...data.rawRoots, ...(data.prepared ? [extracts] : [])]),
    ...(data.prepared
      ? [
          allow(
            "ReadWhatDataAreMadeOf",
            ["s3:GetObject"],
            [`${store.bucketArn}/${layout.extracts("*")}*/${layout.preparedFrom}`],
          ),
        ]
      : []),
    ...crypts(store),
  ];
}

/**
 * Delete the versions of package groups that go. All groups of the stack, since a group's versions are deleted after the policy was
 * changed that no longer knows the model.
 */
export function deletePackages(account: AwsAccount, logGroupArn: string, stack: string): PolicyStatement[] {
  return [
    functionLogs(logGroupArn),
    allow(
      "DeleteVersions",
      ["sagemaker:DeleteModelPackage", "sagemaker:ListModelPackages"],
      [`model-package-group/${stack}-*`, `model-package/${stack}-*`].map((each) => arn(account, "sagemaker", each)),
    ),
    allow(
      "SeeWhetherTrained",
      ["states:DescribeStateMachine"],
      [arn(account, "states", `stateMachine:${trainingMachineName(stack, "*")}`)],
    ),
  ];
}

/** Stop the runs of machines that go, whichever of the stack's they are, and give back what they held. */
export function stopRuns(
  account: AwsAccount,
  logGroupArn: string,
  { stack, tableArn, keyArn }: { stack: string; tableArn: string; keyArn?: string | undefined },
): PolicyStatement[] {
  return [
    functionLogs(logGroupArn),
    ...stopExecutions(
      account,
      trainingMachineName(stack, "*"),
      checkMachineName(stack, "*"),
      decisionMachineName(stack),
    ),
    allow("GiveBackTurns", ["dynamodb:DeleteItem"], [tableArn], {
      "ForAllValues:StringLike": { "dynamodb:LeadingKeys": ["model#*", "waiting#*"] },
    }),
    allow("GiveBackSlots", ["dynamodb:GetItem", "dynamodb:UpdateItem"], [tableArn], {
      "ForAllValues:StringEquals": { "dynamodb:LeadingKeys": ["slots"] },
    }),
    ...(keyArn === undefined ? [] : [allow("OpenTable", ["kms:Decrypt"], [keyArn])]),
  ];
}
