/** What people may do in SageMaker Studio, by their role. */
import type { AwsAccount } from "../../contracts/account";
import type { DataSource } from "../../contracts/dataSource";
import type { PolicyStatement } from "../../lib/statements";
import { type QueryScope, queryCatalog } from "./catalog";
import { readFeatures, writeFeatures } from "./features";
import { searchPodLogs } from "./monitoring";
import { readableByPeople, scratchFolder, writeScratch } from "./notebooks";
import { readSources } from "./sources";
import { readFolders, type StoreArns } from "./stores";
import { allow, arn, onAnyResource } from "./terms";

export const studioRoles = ["dataScientist", "mlEngineer", "approver", "viewer"] as const;
export type StudioRole = (typeof studioRoles)[number];

/** Roles of those who have notebooks. */
export const notebookRoles = ["dataScientist", "mlEngineer"] as const;
export type NotebookRole = (typeof notebookRoles)[number];

/** Where the data bucket holds what each notebook instance begins with. */
export const examplesKey = "source/notebooks/examples.zip";

/**
 * What there is to work with. Of lists counts whether there is anything: permissions name all that begins as the stack's names do, since
 * one by one they would outgrow what a role may hold.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
 */
export interface StudioScope {
  stackName: string;
  store: StoreArns;
  /** Absent where there is no catalog. */
  catalog?: Pick<QueryScope, "databaseName" | "workgroupName">;
  /** Whether any loop trains by a pipeline of SageMaker. */
  pipelines: boolean;
  featureGroups: readonly string[];
  /** Models that a state machine trains: of those that Airflow does there is neither a machine nor a package. */
  trained: readonly string[];
  endpointNames: readonly string[];
  /** What notebooks read elsewhere. */
  sources: readonly DataSource[];
  /** Log groups with what JupyterHub's notebooks and tasks of DAGs wrote; none where it is not kept. */
  podLogs: readonly string[];
}

const reports = ["metadata/", "outputs/"];

/** Variables that SageMaker puts into a session of Studio. */
const ownDomain = `\${sagemaker:DomainId}`;
const ownProfile = `${ownDomain}/\${sagemaker:UserProfileName}`;

/** All that a role may do. @throws for a folder that is none */
export function workInStudio(account: AwsAccount, role: StudioRole, scope: StudioScope): PolicyStatement[] {
  switch (role) {
    case "viewer":
      return lookInStudio(account, scope);
    case "approver":
      return [...lookInStudio(account, scope), ...readFolders(scope.store, reports), ...approve(account, scope)];
    case "dataScientist":
      return [...lookInStudio(account, scope), ...notebooks(account, scope), ...experiment(account, scope)];
    case "mlEngineer":
      return [
        ...lookInStudio(account, scope),
        ...notebooks(account, scope),
        ...experiment(account, scope),
        ...operate(account, scope),
      ];
  }
}

/**
 * What a notebook instance may do: as the same role in Studio, but for spaces, of which it has none. Whoever opens it has it all, so
 * nothing in it is one person's own.
 */
export function workInNotebook(
  account: AwsAccount,
  role: NotebookRole,
  scope: StudioScope,
  instanceName: string,
): PolicyStatement[] {
  const { store } = scope;
  const logs = arn(account, "logs", "log-group:/aws/sagemaker/NotebookInstances");
  return [
    ...look(account, scope),
    ...experiment(account, scope),
    ...(role === "mlEngineer" ? operate(account, scope) : []),
    allow("BringExamples", ["s3:GetObject"], [`${store.bucketArn}/${examplesKey}`]),
    allow(
      "WriteLogs",
      ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
      [logs, `${logs}:log-stream:${instanceName}/*`],
    ),
    ...(store.keyArn === undefined ? [] : [allow("EncryptWork", ["kms:GenerateDataKey"], [store.keyArn])]),
  ];
}

/**
 * Names of the stack's own, as a pattern; none where there are none. It holds those of a stack, too, whose name is this one's, a dash and
 * more: give two such stacks accounts of their own.
 */
const owned = ({ stackName }: StudioScope, names: readonly string[]) => (names.length === 0 ? [] : [`${stackName}-*`]);
const loops = (scope: StudioScope) => owned(scope, scope.trained);

/** The loops' pipelines, whose names are written small. */
const pipelines = (account: AwsAccount, { stackName, pipelines: any }: StudioScope, ending = "") =>
  any ? [arn(account, "sagemaker", `pipeline/${stackName.toLowerCase()}-*-training${ending}`)] : [];

const inSageMaker = (account: AwsAccount, kind: string, names: readonly string[], ending = "") =>
  names.map((name) => arn(account, "sagemaker", `${kind}/${name}${ending}`));

const endpoints = (account: AwsAccount, scope: StudioScope) =>
  inSageMaker(account, "endpoint", owned(scope, scope.endpointNames));

/** See what there is, and one's own domain with it. */
const lookInStudio = (account: AwsAccount, scope: StudioScope): PolicyStatement[] => [
  ...look(account, scope),
  allow(
    "SeeStudio",
    ["sagemaker:DescribeApp", "sagemaker:DescribeDomain", "sagemaker:DescribeSpace", "sagemaker:DescribeUserProfile"],
    ["app", "domain", "space", "user-profile"].map((kind) =>
      arn(account, "sagemaker", `${kind}/${ownDomain}${kind === "domain" ? "" : "/*"}`),
    ),
  ),
];

/** See what there is, without a row of data. */
function look(account: AwsAccount, scope: StudioScope): PolicyStatement[] {
  const own = loops(scope);
  const packages = [
    ...inSageMaker(account, "model-package-group", own),
    ...inSageMaker(account, "model-package", own, "/*"),
  ];
  const machines = own.map((name) => arn(account, "states", `stateMachine:${name}-training`));
  const executions = own.map((name) => arn(account, "states", `execution:${name}-training:*`));
  return [
    onAnyResource(
      "FindInStudio",
      [
        ...["ListApps", "ListDomains", "ListEndpoints", "ListFeatureGroups", "ListModelPackageGroups", "ListSpaces"],
        ...["ListTrainingJobs", "ListUserProfiles", ...(scope.pipelines ? ["ListPipelines"] : [])],
      ].map((action) => `sagemaker:${action}`),
    ),
    ...(own.length === 0
      ? []
      : [
          allow(
            "SeePackages",
            ["sagemaker:DescribeModelPackage", "sagemaker:DescribeModelPackageGroup", "sagemaker:ListModelPackages"],
            packages,
          ),
          allow("SeeLoops", ["states:DescribeStateMachine", "states:ListExecutions"], machines),
          allow("SeeRuns", ["states:DescribeExecution", "states:GetExecutionHistory"], executions),
        ]),
    ...(scope.pipelines
      ? [
          allow(
            "SeePipelines",
            ["sagemaker:DescribePipeline", "sagemaker:ListPipelineExecutions"],
            pipelines(account, scope),
          ),
          allow(
            "SeePipelineRuns",
            [
              ...["DescribePipelineDefinitionForExecution", "DescribePipelineExecution", "ListPipelineExecutionSteps"],
              "ListPipelineParametersForExecution",
            ].map((action) => `sagemaker:${action}`),
            pipelines(account, scope, "/execution/*"),
          ),
        ]
      : []),
    ...(scope.endpointNames.length === 0
      ? []
      : [allow("SeeEndpoints", ["sagemaker:DescribeEndpoint"], endpoints(account, scope))]),
  ];
}

/**
 * A notebook of one's own: spaces that are private, and their apps.
 * @see https://docs.aws.amazon.com/sagemaker/latest/dg/studio-updated-spaces.html
 */
function notebooks(account: AwsAccount, { store }: StudioScope): PolicyStatement[] {
  const mine = {
    ArnLike: { "sagemaker:OwnerUserProfileArn": arn(account, "sagemaker", `user-profile/${ownProfile}`) },
    StringEquals: { "sagemaker:SpaceSharingType": "Private" },
  };
  const logs = arn(account, "logs", "log-group:/aws/sagemaker/studio");
  return [
    allow(
      "KeepOwnSpaces",
      ["sagemaker:CreateSpace", "sagemaker:DeleteSpace", "sagemaker:UpdateSpace"],
      [arn(account, "sagemaker", `space/${ownDomain}/*`)],
      mine,
    ),
    allow(
      "RunOwnNotebooks",
      ["sagemaker:CreateApp", "sagemaker:DeleteApp"],
      [arn(account, "sagemaker", `app/${ownDomain}/*`)],
      mine,
    ),
    allow(
      "TagOwn",
      ["sagemaker:AddTags"],
      [arn(account, "sagemaker", `space/${ownDomain}/*`), arn(account, "sagemaker", `app/${ownDomain}/*`)],
    ),
    allow("WriteLogs", ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"], [logs, `${logs}:*`]),
    ...(store.keyArn === undefined
      ? []
      : [
          allow("EncryptVolume", ["kms:CreateGrant"], [store.keyArn], {
            Bool: { "kms:GrantIsForAWSResource": "true" },
          }),
          allow("UseKey", ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"], [store.keyArn]),
        ]),
  ];
}

/** Read data and what one's code wrote, try things out, start a run of a loop; nothing goes live by it, since every loop has its gate. */
function experiment(account: AwsAccount, scope: StudioScope): PolicyStatement[] {
  const { store, catalog } = scope;
  const machines = loops(scope).map((name) => arn(account, "states", `stateMachine:${name}-training`));
  const groups = owned(scope, scope.featureGroups);
  return [
    // What the catalog's reader may do with the bucket is part of this.
    ...(catalog
      ? queryCatalog(account, { ...catalog, store, folders: [...readableByPeople, scratchFolder] })
      : readFolders(store, [...readableByPeople, scratchFolder])),
    ...readSources(account, scope.sources),
    writeScratch(store),
    ...readFeatures(account, groups),
    ...writeFeatures(account, groups),
    ...(machines.length === 0 ? [] : [allow("StartRuns", ["states:StartExecution"], machines)]),
    ...(scope.podLogs.length === 0 ? [] : searchPodLogs(account, scope.podLogs)),
  ];
}

/** Stop what runs, and ask what is live. */
function operate(account: AwsAccount, scope: StudioScope): PolicyStatement[] {
  const executions = loops(scope).map((name) => arn(account, "states", `execution:${name}-training:*`));
  const folders = ["models/", "outputs/"];
  return [
    ...(executions.length === 0
      ? []
      : [allow("StopRuns", ["states:RedriveExecution", "states:StopExecution"], executions)]),
    ...(scope.pipelines
      ? [allow("StopPipelines", ["sagemaker:StopPipelineExecution"], pipelines(account, scope, "/execution/*"))]
      : []),
    ...(scope.endpointNames.length === 0
      ? []
      : [allow("AskEndpoints", ["sagemaker:InvokeEndpoint"], endpoints(account, scope))]),
    ...readFolders({ bucketArn: scope.store.bucketArn }, folders, "Results"), // What notebooks may do has the key already.
  ];
}

/** Say yes or no to what a loop has made. Whoever may do this starts no run: it takes two. */
function approve(account: AwsAccount, scope: StudioScope): PolicyStatement[] {
  const packages = inSageMaker(account, "model-package", loops(scope), "/*");
  return packages.length === 0 ? [] : [allow("Approve", ["sagemaker:UpdateModelPackage"], packages)];
}
