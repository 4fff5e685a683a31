import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { AwsAccount } from "../foundation/account";
import type { ObjectStore } from "../foundation/contracts";
import { machineRuns } from "../foundation/machineRuns";
import { pipelineJobPrefix, pipelineSearches } from "../identity/policies/pipeline";
import { repositoryArn } from "../identity/policies/sagemaker";
import { arn } from "../identity/policies/terms";
import { runTrainingJobs, trainingMachineName } from "../identity/policies/training";
import { runTraining } from "../identity/policies/trainingMachine";
import { policyDocument, trustService } from "../identity/statements";
import { after, type Dependency } from "../lib/dependencies";
import { builtInImage } from "./builtInImage";
import { jobPrefix, packageGroupName, searchPrefix } from "./names";
import { packageVersions } from "./packageVersions";
import { searchStep } from "./pipelines/definition";
import { LoopPipeline } from "./pipelines/loopPipeline";
import { pipelineMachine } from "./pipelines/machine";
import { Preparation } from "./preparation";
import { keptFiles, type LoopSpec, publishedFiles } from "./spec";
import { trainingDefinition } from "./stepFunctions/definition";
import type { TrainingMachineFacts } from "./stepFunctions/terms";
import { turnOf } from "./stepFunctions/turn";
import type { TrainingGround } from "./trainingGround";
import { TrainingTriggers, type TriggersArgs } from "./triggers";

/** One model's training. */
export interface TrainingLoopArgs {
  account: AwsAccount;
  stack: string;
  spec: LoopSpec;
  /** Whether the state machine starts jobs itself, or a pipeline that does. */
  engine: "stepFunctions" | "sagemakerPipelines";
  store: ObjectStore;
  ground: Pick<
    TrainingGround,
    "table" | "activityArn" | "functions" | "removal" | "logGroup" | "securityGroupId" | "clusterArn" | "ready"
  >;
  privateSubnetIds: pulumi.Input<string[]>;
  /** Runs at once over all models. */
  maxParallelRuns: number;
  /** Image that serves what comes out. */
  servingImage: string;
  /** Where the owner is told; absent: it only shows in Step Functions. */
  topicArn?: pulumi.Input<string>;
  /** Of each job: the provider does not see those. */
  tags: Record<string, string>;
  triggers: Pick<TriggersArgs, "schedule" | "newObjects" | "drift" | "missedStartsArn">;
  logRetentionDays: number;
  /** Whether the package group and its versions stay when the model goes. */
  keepVersions: boolean;
  /** Depend on these before anything starts a run: the bucket tells of new objects, the registrar answers. */
  after: Dependency[];
}

/**
 * A state machine with what it starts and what starts it. What the config says of training is in the definition: another image, gate or
 * range changes the machine and nothing else.
 */
export class TrainingLoop extends pulumi.ComponentResource {
  readonly machineArn: pulumi.Output<string>;
  /** Depend on these to come after it, and to be destroyed before it. */
  readonly ready: Dependency[];

  constructor(name: string, args: TrainingLoopArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:training:TrainingLoop", name, {}, opts);
    const child = { parent: this };
    const { account, stack, spec, store, ground } = args;
    const { prepare, model } = spec;
    const group = new aws.sagemaker.ModelPackageGroup(
      name,
      {
        modelPackageGroupName: packageGroupName(stack, model),
        modelPackageGroupDescription: `Versions of ${model} that training made`,
      },
      // Who approved what is worth keeping where data is: the group then stays, with its versions.
      { ...child, retainOnDelete: args.keepVersions },
    );
    const cleared = packageVersions(
      `${name}-versions`,
      {
        functionName: ground.removal.packages,
        groupName: packageGroupName(stack, model),
        machineArn: arn(account, "states", `stateMachine:${trainingMachineName(stack, model)}`),
        keep: args.keepVersions,
      },
      { ...child, dependsOn: group },
    );
    const preparation = prepare
      ? new Preparation(
          `${name}-prep`,
          {
            account,
            stack,
            spec: { ...spec, prepare },
            store,
            ...(ground.clusterArn ? { clusterArn: ground.clusterArn } : {}),
            logRetentionDays: args.logRetentionDays,
          },
          child,
        )
      : undefined;
    const algorithmImage = spec.algorithm ? builtInImage(spec.algorithm, child) : undefined;
    const jobRoleArn = this.jobRole(`${name}-jobs`, args, algorithmImage);
    const known = pulumi.output({
      bucketName: store.bucketName,
      bucketArn: store.bucketArn,
      keyArn: store.keyArn,
      tableName: ground.table.name,
      tableArn: ground.table.arn,
      registrarArn: ground.activityArn,
      functions: ground.functions,
      securityGroupId: ground.securityGroupId,
      subnetIds: args.privateSubnetIds,
      groupName: group.modelPackageGroupName,
      topicArn: args.topicArn,
      glueJobName: preparation?.glueJobName,
      task: preparation?.task,
      jobRoleArn,
      algorithmImage,
    });
    const facts = known.apply((found) => machineFacts(args, found));
    const pipeline =
      args.engine === "sagemakerPipelines"
        ? new LoopPipeline(
            `${name}-pipe`,
            {
              account,
              model,
              facts,
              pipelineName: trainingMachineName(stack, model),
              stopping: ground.removal.pipelines!, // The ground has it where any engine is this one.
            },
            child,
          )
        : undefined;
    const role = new aws.iam.Role(
      name,
      { assumeRolePolicy: trustService("states.amazonaws.com", account.accountId) },
      child,
    );
    const permitted = new aws.iam.RolePolicy(
      name,
      {
        role: role.id,
        policy: pulumi.all([known, pipeline?.pipelineArn]).apply(([facts, pipelineArn]) =>
          policyDocument(
            runTraining(account, {
              model,
              store: { bucketArn: facts.bucketArn, keyArn: facts.keyArn },
              jobPrefix: jobPrefix(stack, model),
              ...(spec.tune ? { searchPrefix: searchPrefix(stack, model), looksForSearches: spec.tune.warmStart } : {}),
              jobRoleArn: facts.jobRoleArn,
              tableArn: facts.tableArn,
              functionArns: [...(pipeline ? [] : [facts.functions.gate]), facts.functions.endpointStatus],
              keeps: keptFiles(spec),
              publishes: publishedFiles(spec),
              looksForTraffic: spec.gate?.maxDriftPsi !== undefined,
              ...(pipelineArn === undefined ? {} : { pipelineArn }),
              groupName: facts.groupName,
              ...("uri" in spec.image ? {} : { repositoryArn: repositoryArn(account, spec.image.repositoryUrl) }),
              ...(facts.glueJobName === undefined ? {} : { glueJobName: facts.glueJobName }),
              ...(facts.task === undefined ? {} : { task: facts.task }),
              topicArn: facts.topicArn,
            }),
          ),
        ),
      },
      child,
    );
    const machine = new aws.sfn.StateMachine(
      name,
      {
        name: trainingMachineName(stack, model), // People type it, and policies name it.
        roleArn: role.arn,
        definition: pulumi
          .all([facts, pipeline?.pipelineName])
          .apply(([told, pipelineName]) =>
            pipelineName === undefined ? trainingDefinition(told) : pipelineMachine(told, pipelineName),
          ),
        loggingConfiguration: {
          level: "ALL",
          includeExecutionData: false, // With it whoever reads the log could answer for a person: it has the tokens.
          logDestination: pulumi.interpolate`${ground.logGroup.arn}:*`,
        },
      },
      { ...child, dependsOn: after(permitted, cleared, ...(pipeline?.ready ?? []), ...ground.ready) },
    );
    const stopped = machineRuns(
      `${name}-runs`,
      { by: ground.removal.runs, machine, turns: Object.values(turnOf(model)) },
      this,
    );
    const triggers = new TrainingTriggers(
      name,
      {
        account,
        stack,
        model,
        bucketName: store.bucketName,
        machineArn: machine.arn,
        ...args.triggers,
        after: [...args.after, stopped],
      },
      child,
    );
    this.machineArn = machine.arn;
    this.ready = [this, group, machine, triggers];
    this.registerOutputs({ machineArn: this.machineArn });
  }

  private jobRole(name: string, args: TrainingLoopArgs, algorithmImage: pulumi.Output<string> | undefined) {
    const child = { parent: this };
    const { account, spec, store } = args;
    const { model, rawFolder, image, prepare } = spec;
    const role = new aws.iam.Role(
      name,
      { assumeRolePolicy: trustService("sagemaker.amazonaws.com", account.accountId) },
      child,
    );
    const policy = pulumi.all([store.bucketArn, store.keyArn, algorithmImage]).apply(([bucketArn, keyArn, builtIn]) =>
      policyDocument(
        runTrainingJobs(account, {
          model,
          rawFolder,
          store: { bucketArn, keyArn },
          jobPrefixes: jobNames(args),
          image: "uri" in image ? image.uri : image.repositoryUrl,
          algorithmImage: builtIn,
          prepared: prepare !== undefined,
          samples: spec.gate?.maxDriftPsi !== undefined,
        }),
      ),
    );
    const permitted = new aws.iam.RolePolicy(name, { role: role.id, policy }, child);
    return pulumi.all([role.arn, permitted.id]).apply(([known]) => known);
  }
}

/** Beginnings of the names of jobs, which their logs have too. */
function jobNames({ engine, stack, spec: { model, tune } }: TrainingLoopArgs): string[] {
  const ofMachine = jobPrefix(stack, model);
  if (engine === "stepFunctions") return [ofMachine, ...(tune ? [searchPrefix(stack, model)] : [])];
  return [ofMachine, pipelineJobPrefix, ...(tune ? pipelineSearches(searchStep) : [])];
}

/** What only the cloud knows. */
interface Found
  extends Pick<TrainingMachineFacts, "bucketName" | "tableName" | "registrarArn" | "functions" | "jobRoleArn"> {
  keyArn?: string | undefined;
  topicArn?: string | undefined;
  algorithmImage?: string | undefined;
  glueJobName?: string | undefined;
  task?: TrainingMachineFacts["task"] | undefined;
  subnetIds: string[];
  securityGroupId: string;
  groupName: string;
}

function machineFacts(args: TrainingLoopArgs, found: Found): TrainingMachineFacts {
  const { spec, stack } = args;
  const { bucketName, tableName, registrarArn, functions, jobRoleArn, subnetIds, securityGroupId } = found;
  const { keyArn, topicArn, glueJobName, task, algorithmImage } = found;
  return {
    spec,
    jobPrefix: jobPrefix(stack, spec.model),
    searchPrefix: searchPrefix(stack, spec.model),
    ...{ bucketName, tableName, registrarArn, functions, jobRoleArn },
    network: { subnetIds, securityGroupId },
    packages: { groupName: found.groupName, image: args.servingImage },
    maxParallelRuns: args.maxParallelRuns,
    newObjects: args.triggers.newObjects !== undefined,
    tags: args.tags,
    ...(keyArn === undefined ? {} : { keyArn }),
    ...(topicArn === undefined ? {} : { topicArn }),
    ...(glueJobName === undefined ? {} : { glueJobName }),
    ...(algorithmImage === undefined ? {} : { algorithmImage }),
    ...(task === undefined ? {} : { task: { clusterArn: task.clusterArn, definitionArn: task.definitionArn } }),
  };
}
