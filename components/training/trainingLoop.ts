import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { keptFiles, packageGroupName, publishedFiles } from "../contracts/trainingLoop";
import { machineRuns } from "../foundation/machineRuns";
import { stateMachine } from "../foundation/stateMachine";
import { repositoryArn } from "../identity/policies/sagemaker";
import { arn } from "../identity/policies/terms";
import { trainingMachineName } from "../identity/policies/training";
import { runTraining } from "../identity/policies/trainingMachine";
import type { Dependency } from "../lib/dependencies";
import { builtInImage } from "./builtInImage";
import { CandidateCheck } from "./candidateCheck/candidateCheck";
import { engines } from "./engines";
import { machineFacts } from "./loopFacts";
import { jobRole, type LoopJobs } from "./loopJobs";
import { jobPrefix, searchPrefix } from "./names";
import { packageVersions } from "./packageVersions";
import { Preparation } from "./preparation";
import { turnOf } from "./stepFunctions/turn";
import type { TrainingGround } from "./trainingGround";
import { TrainingTriggers, type TriggersArgs } from "./triggers";

/** One model's training. */
export interface TrainingLoopArgs extends LoopJobs {
  ground: Pick<
    TrainingGround,
    "table" | "activityArn" | "functions" | "removal" | "logGroup" | "securityGroupId" | "clusterArn" | "ready"
  >;
  privateSubnetIds: pulumi.Input<string[]>;
  /** Runs at once over all models. */
  maxParallelRuns: number;
  /** Whether runs that nobody asked for are held once the budget is used up. */
  heldByBudget: boolean;
  /** Image that serves what comes out. */
  servingImage: string;
  /** Where the owner is told; absent: it only shows in Step Functions. */
  topicArn?: pulumi.Input<string>;
  /** Of each job: the provider does not see those. */
  tags: Record<string, string>;
  triggers: Pick<TriggersArgs, "schedule" | "newObjects" | "drift" | "decay" | "missedStartsArn">;
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
  /** Of the machine that measures versions that people ask for; absent without a gate. */
  readonly checkArn?: pulumi.Output<string>;
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
    const jobRoleArn = jobRole(`${name}-jobs`, args, algorithmImage, child);
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
    const facts = known.apply((found) =>
      machineFacts({ ...args, newObjects: args.triggers.newObjects !== undefined }, found),
    );
    const runner = engines[args.engine].runner(name, { account, stack, spec, facts, removal: ground.removal }, child);
    const machine = stateMachine(
      name,
      {
        account,
        machineName: trainingMachineName(stack, model),
        definition: runner.definition,
        statements: pulumi.all([known, runner.pipelineArn]).apply(([facts, pipelineArn]) =>
          runTraining(account, {
            model,
            store: { bucketArn: facts.bucketArn, keyArn: facts.keyArn },
            jobPrefix: jobPrefix(stack, model),
            ...(spec.tune ? { searchPrefix: searchPrefix(stack, model), looksForSearches: spec.tune.warmStart } : {}),
            jobRoleArn: facts.jobRoleArn,
            tableArn: facts.tableArn,
            heldByBudget: args.heldByBudget,
            functionArns: [
              ...(runner.judgedByMachine && spec.gate ? [facts.functions.gate] : []),
              ...(spec.endpointName === undefined ? [] : [facts.functions.endpointStatus]),
            ],
            keeps: keptFiles(spec),
            publishes: publishedFiles(spec),
            seesDecisions: spec.approve === "manual",
            looksForTraffic: spec.gate?.maxDriftPsi !== undefined,
            ...(pipelineArn === undefined ? {} : { pipelineArn }),
            groupName: facts.groupName,
            packageImage: args.servingImage,
            ...("uri" in spec.image ? {} : { repositoryArn: repositoryArn(account, spec.image.repositoryUrl) }),
            ...(facts.glueJobName === undefined ? {} : { glueJobName: facts.glueJobName }),
            ...(facts.task === undefined ? {} : { task: facts.task }),
            topicArn: facts.topicArn,
          }),
        ),
        // With the data whoever reads the log could answer for a person: it has the tokens.
        log: { groupArn: ground.logGroup.arn, level: "ALL", withData: false },
        after: [cleared, ...runner.ready, ...ground.ready],
      },
      child,
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
    const check = spec.gate
      ? new CandidateCheck(
          `${name}-check`,
          {
            account,
            stack,
            model,
            gate: spec.gate,
            facts,
            bucketArn: store.bucketArn,
            tableArn: ground.table.arn,
            logGroupArn: ground.logGroup.arn,
            stopping: ground.removal.runs,
            missedStartsArn: args.triggers.missedStartsArn,
            after: [...ground.ready, ...args.after],
          },
          child,
        )
      : undefined;
    this.machineArn = machine.arn;
    if (check) this.checkArn = check.machineArn;
    this.ready = [this, group, machine, triggers, ...(check?.ready ?? [])];
    this.registerOutputs({ machineArn: this.machineArn });
  }
}
