/** What starts runs, and runs them. */
import { type Kind, named, numbered } from "./kind";

const machines: Kind = {
  service: "states",
  types: ["sfn/activity", "sfn/stateMachine"],
  reads: ["DescribeActivity", "DescribeStateMachine", "ListStateMachineVersions", "ListTagsForResource"],
  lists: ["ValidateStateMachineDefinition"],
  writes: [
    ...["CreateActivity", "CreateStateMachine", "DeleteActivity", "DeleteStateMachine", "TagResource"],
    ...["UntagResource", "UpdateStateMachine"],
  ],
  resources: named("states", "stateMachine:", "activity:"),
};

const functions: Kind = {
  service: "lambda",
  types: ["lambda/function", "lambda/invocation", "lambda/permission"],
  reads: [
    ...["GetFunction", "GetFunctionCodeSigningConfig", "GetFunctionConfiguration", "GetPolicy", "ListTags"],
    "ListVersionsByFunction",
  ],
  writes: [
    ...["AddPermission", "CreateFunction", "DeleteFunction", "DeleteFunctionConcurrency", "InvokeFunction"],
    ...["PutFunctionConcurrency", "RemovePermission", "TagResource", "UntagResource", "UpdateFunctionCode"],
    "UpdateFunctionConfiguration",
  ],
  resources: named("lambda", "function:"),
};

const rules: Kind = {
  service: "events",
  types: ["cloudwatch/eventRule", "cloudwatch/eventTarget"],
  reads: ["DescribeRule", "ListTagsForResource", "ListTargetsByRule"],
  writes: [
    "DeleteRule",
    "DisableRule",
    "EnableRule",
    "PutRule",
    "PutTargets",
    "RemoveTargets",
    "TagResource",
    "UntagResource",
  ],
  resources: named("events", "rule/"),
};

const schedules: Kind = {
  service: "scheduler",
  types: ["scheduler/schedule"],
  reads: ["GetSchedule"],
  writes: ["CreateSchedule", "DeleteSchedule", "UpdateSchedule"],
  resources: named("scheduler", "schedule/default/"),
};

const pipes: Kind = {
  service: "pipes",
  types: ["pipes/pipe"],
  reads: ["DescribePipe", "ListTagsForResource"],
  writes: ["CreatePipe", "DeletePipe", "StartPipe", "StopPipe", "TagResource", "UntagResource", "UpdatePipe"],
  resources: named("pipes", "pipe/"),
};

const tasks: Kind = {
  service: "ecs",
  types: ["ecs/cluster", "ecs/taskDefinition"],
  reads: ["DescribeClusters", "ListTagsForResource"],
  lists: ["DescribeTaskDefinition"],
  writes: [
    ...["CreateCluster", "DeleteCluster", "PutClusterCapacityProviders", "RegisterTaskDefinition", "TagResource"],
    ...["UntagResource", "UpdateCluster"],
  ],
  creates: ["DeregisterTaskDefinition"],
  resources: named("ecs", "cluster/", "task-definition/"),
};

const builds: Kind = {
  service: "codebuild",
  types: ["codebuild/project"],
  reads: ["BatchGetProjects"],
  writes: ["CreateProject", "DeleteProject", "UpdateProject"],
  resources: named("codebuild", "project/"),
};

/** A pipeline is called `<model>.<stack>`. */
const pipelines: Kind = {
  service: "codepipeline",
  types: ["codepipeline/pipeline"],
  reads: ["GetPipeline", "ListTagsForResource"],
  writes: ["CreatePipeline", "DeletePipeline", "TagResource", "UntagResource", "UpdatePipeline"],
  resources: ({ account, stack }) => [
    `arn:${account.partition}:codepipeline:${account.region}:${account.accountId}:*.${stack}`,
  ],
};

const connections: Kind = {
  service: "codeconnections",
  types: ["codeconnections/connection"],
  reads: ["GetConnection", "ListTagsForResource"],
  writes: ["DeleteConnection", "PassConnection", "TagResource", "UntagResource", "UseConnection"],
  creates: ["CreateConnection"],
  resources: numbered("codeconnections", "connection/"),
};

export const runs: readonly Kind[] = [
  machines,
  functions,
  rules,
  schedules,
  pipes,
  tasks,
  builds,
  pipelines,
  connections,
];
