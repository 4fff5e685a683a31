import type * as pulumi from "@pulumi/pulumi";
import { placementFor } from "../contracts/app";
import { stackName, stackTags } from "../foundation/awsProvider";
import { batchMachineName } from "../identity/policies/batch";
import { readEnvironments } from "../identity/policies/environments";
import { asFolder } from "../lib/asFolder";
import type { Dependency } from "../lib/dependencies";
import { beginning } from "../lib/mark";
import type { PolicyStatement } from "../lib/statements";
import { BucketEvents } from "../serving/batch/bucketEvents";
import { longestTransformPrefix } from "../serving/batch/definitionTerms";
import { KubernetesBatch, type KubernetesBatchArgs } from "../serving/batch/kubernetesBatch";
import { type BatchModel, SagemakerBatch, type SagemakerBatchArgs } from "../serving/batch/sagemakerBatch";
import { ScoringRuns } from "../serving/batch/scoringRuns";
import type { BatchSettings, KubernetesBatchSettings, SagemakerBatchSettings } from "../settings/batch";
import { newDataFolder } from "../settings/dataFolder";
import { kubernetesSchedule } from "../settings/kubernetesSchedule";
import type { Settings } from "../settings/settings";
import { alarmTopicArns, type Topics } from "./alarmTopics";
import type { WatchedMachine } from "./cloudWatch";
import { builtFor, environmentsUri, indexFacts, serverImage } from "./environments";
import { loopsOf } from "./loopSpec";
import { onStore } from "./storeStatements";
import type { AppContext, CloudContext } from "./surroundings";

/** What batch transform leans on. */
export interface TransformGround {
  /** Topics of owners, by receiver. */
  topics: Topics;
  /** SageMaker models, by model; absent where none are made, and so no batch transform either. */
  sagemaker?: Record<string, BatchModel>;
}

/** What batch scoring leans on. */
export interface BatchGround extends TransformGround {
  namespace: string;
  /** Depend on these before anything of the namespace. */
  after: Dependency[];
  /** Secrets of the namespace with credentials, whose keys are environment variables. */
  secretNames: string[];
  /** Secret with a key that reads packages of models; absent where a grant is all that pods need. */
  environmentsSecretName?: string;
  mlflow?: { portNumber: number };
  /** What reading a model that lies in a bucket takes; absent where no cloud asks. */
  readModel?: (uri: string) => pulumi.Input<PolicyStatement[]>;
}

/** Days that the log of the function that stops runs is kept. */
const logRetentionDays = 30;

/** Models that score many rows at once, by name. */
export function batchModels({ models }: Pick<Settings, "models">): [model: string, BatchSettings, from: string][] {
  return Object.entries(models ?? {}).flatMap(([model, { batch, from }]) => (batch ? [[model, batch, from]] : []));
}

/** Folders of one model's rows: what a schedule scores, and where new objects are awaited. */
export function batchFolders(
  model: string,
  { schedule, input, onNewData }: BatchSettings,
): { whole?: string; new?: string } {
  return {
    ...(schedule === undefined ? {} : { whole: asFolder(input ?? `incoming/${model}/`) }),
    ...(onNewData === undefined ? {} : { new: asFolder(onNewData) }),
  };
}

/** Beginning of the names of a model's transform jobs. */
export const transformJobPrefix = (model: string) => beginning(stackName(), model, longestTransformPrefix);

/** What scores in batches, and who waits for it. */
export interface Batch {
  ready: Dependency[];
  told: Dependency[];
  machines: WatchedMachine[];
}

/** Scores in batches where a model's block says so. */
export function installBatch(
  name: string,
  context: AppContext,
  ground: BatchGround,
  opts: pulumi.ComponentResourceOptions,
): Batch {
  const made = installTransforms(name, context, ground, opts);
  for (const [model, batch, from] of batchModels(context.settings)) {
    if (batch.with !== "kubernetes") continue;
    const args = kubernetesBatchArgs(context, ground, model, batch, from);
    made.ready.push(...new KubernetesBatch(`${name}-batch-${model}`, args, opts).ready);
  }
  return made;
}

/** Scores by batch transform where a model's block says so. */
export function installTransforms(
  name: string,
  context: CloudContext,
  ground: TransformGround,
  opts: pulumi.ComponentResourceOptions,
): Batch {
  const ready: Dependency[] = [];
  const machines: WatchedMachine[] = [];
  const told = bucketEvents(`${name}-batch-events`, context, opts);
  const runs = scoringRuns(`${name}-batch-runs`, context, opts);
  for (const [model, batch] of batchModels(context.settings)) {
    if (batch.with !== "sagemaker" || ground.sagemaker === undefined) continue;
    const scoring = new SagemakerBatch(
      `${name}-batch-${model}`,
      { ...sagemakerBatchArgs(context, ground, model, batch, told), stopping: runs!.stopping },
      opts,
    );
    ready.push(...scoring.ready);
    const owner = context.settings.models?.[model]?.owner;
    machines.push({
      name: `${name}-batch-${model}`,
      key: `${model}-batch`,
      what: `Batch scoring with ${model}`,
      arn: scoring.machineArn,
      ...(owner === undefined ? {} : { owner }),
      tellsFailures: true,
    });
  }
  return { ready, told, machines };
}

/** What stops runs on SageMaker, where a model has any. */
function scoringRuns(
  name: string,
  { foundation, settings }: CloudContext,
  opts: pulumi.ComponentResourceOptions,
): ScoringRuns | undefined {
  const { aws, stores } = foundation;
  if (aws === undefined || !batchModels(settings).some(([, batch]) => batch.with === "sagemaker")) return undefined;
  const { keyArn } = stores.data;
  return new ScoringRuns(name, { account: aws.account, stack: stackName(), keyArn, logRetentionDays }, opts);
}

/** Batch scoring and training may both wait for new objects, and one resource holds whom a bucket tells. */
function bucketEvents(
  name: string,
  { foundation, settings }: CloudContext,
  opts: pulumi.ComponentResourceOptions,
): Dependency[] {
  const scored = batchModels(settings).some(([, batch]) => batch.with === "sagemaker" && batch.onNewData !== undefined);
  const trained = loopsOf(settings).some(([, , training]) => newDataFolder(training) !== undefined);
  if (foundation.aws === undefined || !(scored || trained)) return [];
  const events = new BucketEvents(name, { bucketName: foundation.stores.data.bucketName }, opts);
  return [events];
}

/** What a model's scoring in pods gets for its block. */
export function kubernetesBatchArgs(
  { settings, foundation, cluster, identity }: AppContext,
  ground: BatchGround,
  model: string,
  batch: KubernetesBatchSettings,
  from: string,
): KubernetesBatchArgs {
  const block = settings.models![model]!;
  const built = builtFor(settings, block).batch;
  const folders = batchFolders(model, batch);
  const translated = batch.schedule === undefined ? undefined : kubernetesSchedule(batch.schedule);
  return {
    model,
    from,
    namespace: ground.namespace,
    after: ground.after,
    image: block.serve.flask?.image ?? serverImage({ foundation, settings }),
    ...(built
      ? { environments: { store: environmentsUri({ foundation }), indexes: indexFacts(settings.environments) } }
      : {}),
    ...(built && foundation.aws ? { readEnvironments: onStore(foundation.stores.artifacts, readEnvironments) } : {}),
    placement: placementFor(cluster.nodeClasses, "training"),
    store: foundation.stores.data,
    identity,
    secretNames: [
      ...ground.secretNames,
      ...(built && ground.environmentsSecretName !== undefined ? [ground.environmentsSecretName] : []),
    ],
    ...(ground.mlflow ? { mlflowPort: ground.mlflow.portNumber } : {}),
    ...(from.startsWith("s3://") && ground.readModel ? { readModel: ground.readModel(from) } : {}),
    cpu: batch.cpu,
    memoryMiB: batch.memoryMiB,
    maxRejectedPercent: batch.maxRejectedPercent,
    timeoutMinutes: batch.timeoutMinutes,
    // A schedule without translation is refused when the settings are read.
    ...(folders.whole !== undefined && translated && "cron" in translated
      ? { whole: { cron: translated.cron, folder: folders.whole } }
      : {}),
    ...(folders.new === undefined ? {} : { newObjects: { folder: folders.new } }),
  };
}

/** What a model's batch transform gets for its block. @throws outside AWS, or when nobody made the SageMaker model. */
export function sagemakerBatchArgs(
  { settings, foundation, missedStartsArn }: CloudContext,
  ground: TransformGround,
  model: string,
  batch: SagemakerBatchSettings,
  told: Dependency[],
): Omit<SagemakerBatchArgs, "stopping"> {
  const live = ground.sagemaker?.[model];
  if (foundation.aws === undefined || settings.foundation.kind !== "aws" || live === undefined) {
    throw new Error(`models.${model}.batch: there is no SageMaker model to score with`);
  }
  const folders = batchFolders(model, batch);
  const [topicArn] = alarmTopicArns(settings.monitoring, ground.topics, settings.models?.[model]?.owner);
  return {
    account: foundation.aws.account,
    model,
    live,
    jobPrefix: transformJobPrefix(model),
    machineName: batchMachineName(stackName(), model),
    store: foundation.stores.data,
    instanceType: batch.instanceType,
    instances: batch.instances,
    timeoutMinutes: batch.timeoutMinutes,
    ...(topicArn === undefined ? {} : { topicArn }),
    tags: { ...stackTags(settings.foundation), "mlplatform/model": model },
    ...(folders.whole !== undefined && batch.schedule !== undefined
      ? { whole: { schedule: batch.schedule, folder: folders.whole } }
      : {}),
    ...(missedStartsArn === undefined ? {} : { missedStartsArn }),
    ...(folders.new === undefined ? {} : { newObjects: { folder: folders.new } }),
    after: told,
  };
}
