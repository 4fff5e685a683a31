import * as pulumi from "@pulumi/pulumi";
import { placementFor } from "../apps/facts";
import type { Mlflow } from "../apps/mlflow";
import { stackName, stackTags } from "../foundation/awsProvider";
import type { AwsFacts, ObjectStore } from "../foundation/contracts";
import { functionLogs } from "../foundation/logGroups";
import { SecurityGroup } from "../foundation/network/securityGroup";
import { tellOfTransforms, transformData } from "../identity/policies/batch";
import { endpointRolePath, merged, packagesFolder, releaseOnSageMaker } from "../identity/policies/sagemaker";
import { addSamples, readModel, samplesFolder } from "../identity/policies/serving";
import { readWriteBelow, type StoreArns } from "../identity/policies/stores";
import type { PolicyStatement } from "../identity/statements";
import type { Dependency } from "../lib/dependencies";
import { endpointName } from "../lib/endpointName";
import type { BatchModel } from "../serving/batch/sagemakerBatch";
import type { ModelsSpace } from "../serving/modelsSpace";
import { versionKey } from "../serving/pinnedRelease";
import { EndpointRelease } from "../serving/sagemaker/endpointRelease";
import { Packages } from "../serving/sagemaker/packages";
import { SageMakerServing } from "../serving/sagemaker/serving";
import type { ModelPackage, SageMakerServingArgs } from "../serving/sagemaker/servingArgs";
import { TransformModel } from "../serving/sagemaker/transformModel";
import type { ModelSettings } from "../settings/models";
import { usesSageMaker } from "../settings/rules/sagemaker";
import { alarmTopicArns, runbooksOf, type Topics } from "./alarmTopics";
import { batchFolders, transformJobPrefix } from "./batch";
import type { AppContext } from "./surroundings";

/** What models on SageMaker lean on. */
export interface SageMakerGround {
  space: Pick<ModelsSpace, "namespace" | "secrets" | "ready">;
  mlflow?: Pick<Mlflow, "namespace" | "portNumber" | "ready">;
  /** Topics of owners, by receiver. */
  topics: Topics;
}

/** Models on SageMaker, each by name. */
export interface OnSageMaker {
  /** What the release controller is told of those that follow the registry. */
  entries: Record<string, pulumi.Output<object>>;
  /** What the release controller may do; absent: nothing. */
  statements?: pulumi.Output<PolicyStatement[]>;
  endpoints: Record<string, { name: string; url: string }>;
  batch: Record<string, BatchModel>;
  /** Depend on these to come after all of it, and to be gone before. The release controller must. */
  ready: Dependency[];
}

/** Days that logs of endpoints and of the function are kept. */
const logRetentionDays = 30;

/** Puts on SageMaker what the models' blocks ask for there. */
export function installSageMaker(
  name: string,
  context: AppContext,
  ground: SageMakerGround,
  opts: pulumi.ComponentResourceOptions,
): OnSageMaker {
  const { foundation, settings } = context;
  const models = Object.entries(settings.models ?? {}).filter(([, block]) => usesSageMaker(block));
  const made: OnSageMaker = { entries: {}, endpoints: {}, batch: {}, ready: [] };
  if (models.length === 0) return made;
  const { aws } = foundation;
  if (aws === undefined) throw new Error("SageMaker is there on AWS alone");

  const prefix = `${name}-endpoint`;
  const guard = new SecurityGroup(
    prefix,
    {
      vpcId: aws.vpcId,
      description: "SageMaker on its way to S3 and the registry of images",
      ingress: [],
      egress: [{ key: "aws", portNumber: 443, cidrIpv4: "0.0.0.0/0" }], // By NAT where there is no endpoint.
    },
    opts,
  );
  const served = models.filter(([, { serve }]) => serve.sagemaker !== undefined);
  const packages = packaged(`${name}-models-packages`, context, ground, aws, models, opts);
  made.ready.push(guard, ...Object.values(packages).flatMap(({ ready }) => ready));
  const common = (model: string, block: ModelSettings) => modelArgs(context, aws, model, block, guard.id);

  for (const [model, block] of models.filter((each) => !served.includes(each))) {
    // Of those that follow the registry the settings take none without an endpoint, so there is a package.
    const args = { ...common(model, block), package: packages[model]! };
    const component = new TransformModel(`${prefix}-${model}`, args, opts);
    made.ready.push(component, ...component.ready);
    made.batch[model] = { modelName: component.modelName };
  }
  if (served.length === 0) return made;

  const release = new EndpointRelease(
    `${prefix}-release`,
    {
      account: aws.account,
      stackName: stackName(),
      keyArn: foundation.stores.data.keyArn,
      logGroupName: functionLogs(stackName(), "endpoint-release"),
      logRetentionDays,
    },
    opts,
  );
  made.ready.push(release);
  for (const [model, block] of served) {
    const args = { ...common(model, block), ...serving(context, ground, model, block, packages) };
    const called = `${prefix}-${model}${args.endpointName.slice(endpointName(stackName(), model, "realtime").length)}`;
    const component = new SageMakerServing(
      called,
      { ...args, target: block.serve.sagemaker!, functionName: release.functionName },
      opts,
    );
    made.ready.push(component, ...component.ready);
    if (component.entry) made.entries[model] = component.entry;
    made.endpoints[model] = { name: args.endpointName, url: component.url };
    made.batch[model] =
      block.release === "pinned"
        ? { modelName: component.modelName }
        : { endpointName: args.endpointName, placeholderModelName: component.modelName };
  }
  if (Object.keys(made.entries).length === 0) return made;
  return {
    ...made,
    statements: onStore(foundation.stores.artifacts, (artifacts) =>
      releaseOnSageMaker(aws.account, stackName(), artifacts),
    ),
  };
}

function endpointOf(model: string, { serve }: ModelSettings): string {
  return endpointName(stackName(), model, serve.sagemaker?.kind ?? "realtime");
}

/** What an endpoint and a model without one have in common. */
function modelArgs(
  { foundation, settings }: AppContext,
  aws: AwsFacts,
  model: string,
  block: ModelSettings,
  securityGroupId: pulumi.Output<string>,
) {
  const { artifacts, data } = foundation.stores;
  const { batch, drift } = block;
  const folders = batch?.with === "sagemaker" ? Object.values(batchFolders(model, batch)) : undefined;
  const more = [
    ...(folders
      ? [
          onStore(data, (store) => transformData(store, model, folders)),
          tellOfTransforms(aws.account, transformJobPrefix(model)),
        ]
      : []),
    ...(drift ? [onStore(data, (store) => addSamples(store, model))] : []),
  ];
  return {
    account: aws.account,
    model,
    endpointName: endpointOf(model, block),
    rolePath: endpointRolePath(stackName()),
    image: { repositoryUrl: foundation.images.repositoryUrl("model-server"), tag: settings.foundation.images.tag },
    artifacts,
    data,
    network: { subnetIds: aws.privateSubnetIds, securityGroupId },
    ...(more.length === 0 ? {} : { moreStatements: pulumi.all(more).apply((lists) => lists.flat()) }),
  };
}

/** What an endpoint has besides. */
function serving(
  { foundation, settings }: AppContext,
  { topics }: SageMakerGround,
  model: string,
  { release, objectives, canary, drift, owner }: ModelSettings,
  packages: Record<string, ModelPackage>,
): Pick<
  SageMakerServingArgs,
  | "release"
  | "objectives"
  | "canary"
  | "capturePercent"
  | "samples"
  | "topicArns"
  | "runbooks"
  | "logRetentionDays"
  | "tags"
  | "ready"
> {
  return {
    release: release === "pinned" ? { kind: "pinned", package: packages[model]! } : { kind: "continuous" },
    objectives,
    canary,
    ...(drift
      ? {
          capturePercent: drift.samplePercent,
          samples: {
            percent: drift.samplePercent,
            uri: pulumi.interpolate`${foundation.stores.data.uri}/${samplesFolder}`,
          },
        }
      : {}),
    topicArns: alarmTopicArns(settings.monitoring, topics, owner),
    runbooks: runbooksOf(settings),
    logRetentionDays,
    tags: {
      ...(settings.foundation.kind === "aws" ? stackTags(settings.foundation) : {}),
      "mlplatform/model": model,
    },
    ready: foundation.ready,
  };
}

/** Packages of the versions that the stack names: as they are, or packed by a Job. */
function packaged(
  name: string,
  { foundation, settings, cluster, identity }: AppContext,
  { space, mlflow }: SageMakerGround,
  { account }: AwsFacts,
  models: [string, ModelSettings][],
  opts: pulumi.ComponentResourceOptions,
): Record<string, ModelPackage> {
  const pinned = models.filter(([, { release }]) => release === "pinned");
  const asTheyAre = pinned.filter(([, { from }]) => isPackage(from));
  const toPack = pinned.filter(([, { from }]) => !isPackage(from));
  const found: Record<string, ModelPackage> = Object.fromEntries(
    asTheyAre.map(([model, { from }]) => [
      model,
      {
        version: versionKey(from),
        url: from,
        arn: `arn:${account.partition}:s3:::${from.slice("s3://".length)}`,
        ready: [],
      },
    ]),
  );
  if (toPack.length === 0) return found;
  const { artifacts } = foundation.stores;
  const packages = toPack.map(([model, { from }]) => {
    const key = versionKey(from);
    return {
      model,
      from,
      versionKey: key,
      url: pulumi.interpolate`${artifacts.uri}/models/${model}/${key}/model.tar.gz`,
    };
  });
  const statements = onStore(artifacts, (store) =>
    merged([
      ...readWriteBelow(store, packagesFolder),
      ...toPack.flatMap(([, { from }]) =>
        from.startsWith("s3://") ? readModel(from, account.partition, store.keyArn ? [store.keyArn] : []) : [],
      ),
    ]),
  );
  const made = new Packages(
    name,
    {
      packages,
      space,
      image: `${foundation.images.repositoryUrl("release")}:${settings.foundation.images.tag}`,
      placement: placementFor(cluster.nodeClasses, "apps"),
      ...(mlflow ? { mlflow: { namespace: mlflow.namespace, portNumber: mlflow.portNumber } } : {}),
      identity,
      statements,
      region: account.region,
      ready: mlflow?.ready ?? [],
    },
    opts,
  );
  for (const { model, versionKey: version, url } of packages) {
    found[model] = { version, url, ready: [made.jobs[model]!] };
  }
  return found;
}

/** Whether SageMaker can unpack it as it is. */
const isPackage = (from: string) => /^s3:\/\/[^/]+\/.+\.tar\.gz$/.test(from);

function onStore<T>({ bucketArn, keyArn }: ObjectStore, of: (store: StoreArns) => T): pulumi.Output<T> {
  return pulumi.all([bucketArn, keyArn]).apply(([arn, key]) => of({ bucketArn: arn, keyArn: key })) as pulumi.Output<T>;
}
