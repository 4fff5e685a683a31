/** Permissions of what git hosts do in the account: images pushed, training started. */
import type { AwsAccount } from "../../contracts/account";
import type { PolicyStatement } from "../../lib/statements";
import type { StoreArns } from "./stores";
import { allow, arn, onAnyResource } from "./terms";

/** Push images to these repositories, and look what is there: layers that are there already are not sent again. */
export function pushImages(repositories: readonly string[]): PolicyStatement[] {
  return [
    allow(
      "PushImages",
      [
        ...["BatchCheckLayerAvailability", "BatchGetImage", "CompleteLayerUpload", "DescribeImages"],
        ...["GetDownloadUrlForLayer", "InitiateLayerUpload", "PutImage", "UploadLayerPart"],
      ].map((action) => `ecr:${action}`),
      [...repositories],
    ),
    onAnyResource("SignInToRegistry", ["ecr:GetAuthorizationToken"]),
  ];
}

/** Build on images of these repositories. */
export const pullBases = (repositories: readonly string[]): PolicyStatement =>
  allow(
    "PullBases",
    ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
    [...repositories],
  );

/** Start a state machine, and see how its runs go. @param machines names of state machines */
export function startRuns(account: AwsAccount, machines: readonly string[]): PolicyStatement[] {
  return [
    allow(
      "StartRuns",
      ["states:StartExecution"],
      machines.map((machine) => arn(account, "states", `stateMachine:${machine}`)),
    ),
    allow(
      "FollowRuns",
      ["states:DescribeExecution"],
      machines.map((machine) => arn(account, "states", `execution:${machine}:*`)),
    ),
  ];
}

/** What every project of CodeBuild does in a pipeline: read the commit through the connection, exchange artifacts, write its log. */
export interface ProjectScope {
  connectionArn: string;
  /** The one repository that it reads by that connection. */
  repository: string;
  /** Bucket and key of the pipelines' artifacts. */
  store: StoreArns;
  /** Beginning of the names of the pipeline's objects. */
  prefix: string;
  logGroupArn: string;
}

/**
 * Read the repository by the connection, and never write to it: the stage that builds runs code of the repository, whose branch would start the next run.
 * A connection goes by the name that its service had when it was made.
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscodeconnections.html
 */
function useConnection({
  connectionArn,
  repository,
}: Pick<ProjectScope, "connectionArn" | "repository">): PolicyStatement[] {
  const service = connectionArn.split(":")[2];
  const Action = [`${service}:UseConnection`];
  return [
    allow("UseConnection", Action, [connectionArn], {
      StringEqualsIfExists: { [`${service}:FullRepositoryId`]: repository },
    }),
    {
      Sid: "NeverPush",
      Effect: "Deny",
      Action,
      Resource: [connectionArn],
      Condition: { StringEquals: { [`${service}:ProviderAction`]: ["GitPush"] } },
    },
  ];
}

const exchange = ({ store, prefix }: Pick<ProjectScope, "store" | "prefix">): PolicyStatement[] => [
  allow(
    "ExchangeArtifacts",
    ["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"],
    [`${store.bucketArn}/${prefix}*`],
  ),
  ...(store.keyArn === undefined
    ? []
    : [allow("OpenArtifacts", ["kms:Decrypt", "kms:GenerateDataKey"], [store.keyArn])]),
];

/** @see https://docs.aws.amazon.com/codebuild/latest/userguide/setting-up-service-role.html */
export function runProject(scope: ProjectScope): PolicyStatement[] {
  return [
    allow("WriteLogs", ["logs:CreateLogStream", "logs:PutLogEvents"], [`${scope.logGroupArn}:*`]),
    ...useConnection(scope),
    ...exchange(scope),
  ];
}

/**
 * The pipeline's own role: fetch commits, start projects, and the state machine that scores.
 * @see https://docs.aws.amazon.com/codepipeline/latest/userguide/how-to-custom-role.html
 */
export function runPipelineOfModel(
  account: AwsAccount,
  scope: Omit<ProjectScope, "logGroupArn"> & { projectArns: string[]; scoringMachine?: string | undefined },
): PolicyStatement[] {
  const { scoringMachine } = scope;
  return [
    ...useConnection(scope),
    ...exchange(scope),
    allow("RunProjects", ["codebuild:BatchGetBuilds", "codebuild:StartBuild"], scope.projectArns),
    ...(scoringMachine === undefined
      ? []
      : [
          ...startRuns(account, [scoringMachine]),
          allow(
            "SeeMachine",
            ["states:DescribeStateMachine"],
            [arn(account, "states", `stateMachine:${scoringMachine}`)],
          ),
        ]),
  ];
}

const packages = (account: AwsAccount, groupName: string) => arn(account, "sagemaker", `model-package/${groupName}/*`);

/** Train, and put aside what nobody has decided on. That a version may go live is not among it. */
export function trainByPipeline(account: AwsAccount, machine: string, groupName: string): PolicyStatement[] {
  return [
    ...startRuns(account, [machine]),
    allow(
      "FindWaiting",
      ["sagemaker:ListModelPackages"],
      [arn(account, "sagemaker", `model-package-group/${groupName}`), packages(account, groupName)],
    ),
    allow("PutAside", ["sagemaker:UpdateModelPackage"], [packages(account, groupName)], {
      StringEquals: { "sagemaker:ModelApprovalStatus": "Rejected" },
    }),
  ];
}

/** Say that a version may go live, and see what becomes of it. */
export function deployByPipeline(account: AwsAccount, machine: string, groupName: string): PolicyStatement[] {
  return [
    allow("Approve", ["sagemaker:UpdateModelPackage"], [packages(account, groupName)], {
      StringEquals: { "sagemaker:ModelApprovalStatus": "Approved" },
    }),
    allow("FollowRuns", ["states:DescribeExecution"], [arn(account, "states", `execution:${machine}:*`)]),
  ];
}

/** Ask one endpoint. */
export const askEndpoint = (account: AwsAccount, endpointName: string): PolicyStatement[] => [
  allow("AskEndpoint", ["sagemaker:InvokeEndpoint"], [arn(account, "sagemaker", `endpoint/${endpointName}`)]),
];
