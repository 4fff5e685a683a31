import * as pulumi from "@pulumi/pulumi";
import { jupyterhubNamespace } from "../../charts/values/jupyterhubNames";
import { dagNamespaces } from "../contracts/airflowNames";
import { placementFor } from "../contracts/app";
import { lookupVariable } from "../contracts/features";
import { stackName } from "../foundation/awsProvider";
import { addDecisions, decisionsFolder } from "../identity/policies/decisions";
import { readEnvironments } from "../identity/policies/environments";
import { addSamples, samplesFolder } from "../identity/policies/serving";
import type { Dependency } from "../lib/dependencies";
import { monitoringNamespace } from "../lib/monitoringNames";
import type { ModelServerArgs } from "../serving/modelServer";
import type { ModelsSpace, ModelsSpaceArgs } from "../serving/modelsSpace";
import type { PinnedReleaseArgs } from "../serving/pinnedRelease";
import type { ReleaseControllerArgs } from "../serving/releaseController";
import type { ReleasedModel } from "../serving/releasedModels";
import { isGated, type ModelSettings } from "../settings/models";
import { airflowInCluster } from "../settings/needs";
import { hostOfLoadBalancer, imageParts } from "../settings/serving";
import type { Settings } from "../settings/settings";
import { builtFor, environmentKeys, environmentsConfig } from "./environments";
import { lookedUp, lookupAddress } from "./features";
import type { OnSageMaker } from "./sagemaker";
import type { ServingGround } from "./servingGround";
import { onStore, readFrom } from "./storeStatements";
import { type AppContext, toolAddress } from "./surroundings";

type GivenMlflow = ServingGround["mlflow"];

/** What the namespace of models gets for a stack's settings. */
export function spaceArgs(context: AppContext, mlflow: GivenMlflow): ModelsSpaceArgs {
  const { cluster, foundation } = context;
  const { compatible } = foundation.stores.data;
  const features = lookupAddress(context);
  return {
    ready: cluster.ready,
    ...(mlflow
      ? {
          mlflow: {
            uri: mlflow.uri,
            servers: mlflow.credentials("model-servers"),
            releases: mlflow.credentials("releases"),
          },
        }
      : {}),
    ...environmentKeys(context),
    ...(compatible ? { store: compatible } : {}),
    ...(features ? { features } : {}),
    maxPods: podsOfModels(context.settings),
  };
}

/**
 * Well above what settings let models have: the live version and a candidate at their most replicas, a rollout of both, and each model's
 * jobs with their tries.
 */
function podsOfModels({ models = {} }: Pick<Settings, "models">): number {
  return Object.values(models).reduce((sum, { serve }) => sum + 3 * (serve.flask?.maxReplicas ?? 0) + 20, 50);
}

/** What one model in the cluster gets for its block. */
export function modelServerArgs(
  context: AppContext,
  space: Pick<ModelsSpace, "namespace" | "secrets" | "ready">,
  model: string,
  block: ModelSettings,
  mlflow: GivenMlflow,
): ModelServerArgs {
  const { from, serve, drift } = block;
  const { foundation, cluster, settings, monitors } = context;
  const flask = serve.flask!;
  const { data } = foundation.stores;
  const region = foundation.aws?.account.region;
  const environments = builtFor(settings, block).flask;
  const fromBucket = from.startsWith("s3://");
  const address = modelAddress(context, flask.loadBalancer);
  const features = lookedUp(context, model, block.training);
  const statements = foundation.aws
    ? [
        ...(drift ? [onStore(data, (store) => addSamples(store, model))] : []),
        ...(fromBucket ? [readFrom(context, from)] : []),
        ...(environments ? [onStore(foundation.stores.artifacts, readEnvironments)] : []),
        ...(features?.statements ? [features.statements] : []),
      ]
    : [];
  return {
    model,
    space,
    image: flask.image
      ? imageParts(flask.image)
      : { repository: foundation.images.repositoryUrl("model-server"), tag: settings.foundation.images.tag },
    minReplicas: flask.minReplicas,
    maxReplicas: flask.maxReplicas,
    cpu: flask.cpu,
    memoryMiB: flask.memoryMiB,
    gpus: flask.gpus,
    targetCpuPercent: flask.targetCpuPercent,
    timeoutMillis: flask.timeoutMillis,
    placement: placementFor(cluster.nodeClasses, "serving", flask.gpus > 0),
    clientNamespaces: [...new Set([...modelClients(settings), ...flask.clientNamespaces])],
    ...(monitors ? { monitors, monitoringNamespace } : {}),
    ...(mlflow ? { mlflow: { namespace: mlflow.namespace, portNumber: mlflow.portNumber } } : {}),
    ...(data.compatible ? { storePort: data.compatible.portNumber } : {}),
    identity: context.identity,
    ...(drift
      ? { samples: { percent: drift.samplePercent, uri: pulumi.interpolate`${data.uri}/${samplesFolder}` } }
      : {}),
    ...(region === undefined && features === undefined
      ? {}
      : {
          environment: {
            ...(region === undefined ? {} : { AWS_REGION: region }),
            ...(features ? { [lookupVariable]: features.group } : {}),
          },
        }),
    ...(features?.database ? { features: features.database } : {}),
    ...(statements.length === 0 ? {} : { statements: pulumi.all(statements).apply((lists) => lists.flat()) }),
    environments,
    usesStore: drift !== undefined || fromBucket,
    ...(address ? { address } : {}),
  };
}

/** Where a model is reached: at the host of all models, or at that of those which share a load balancer with it. */
function modelAddress(context: AppContext, loadBalancer: string | undefined): ModelServerArgs["address"] {
  const shared = toolAddress(context, "models");
  if (shared === undefined || loadBalancer === undefined) return shared;
  const host = hostOfLoadBalancer(shared.host, loadBalancer);
  const annotations = { ...shared.ingress.annotations, ...shared.ingress.apart?.(loadBalancer) };
  return { ...shared, host, url: shared.url.replace(shared.host, host), ingress: { ...shared.ingress, annotations } };
}

/**
 * Models whose versions the release controller decides on: all in the cluster, and those elsewhere that follow the registry. Of those
 * that only score in the cluster it records the files, which scoring then compares.
 */
export function releasedModels(
  settings: Pick<AppContext["settings"], "models" | "environments">,
  entries: OnSageMaker["entries"],
): ReleasedModel[] {
  return Object.entries(settings.models ?? {})
    .filter(
      ([name, { from, serve, batch }]) =>
        serve.flask !== undefined ||
        entries[name] !== undefined ||
        (batch?.with === "kubernetes" && from.startsWith("models:/")),
    )
    .map(([name, block]) => ({
      name,
      ...{ from: block.from, release: block.release, canary: block.canary, objectives: block.objectives },
      ...approvalOf(block),
      kubernetes: block.serve.flask !== undefined,
      environments: builtFor(settings, block).flask,
      ...(entries[name] === undefined ? {} : { sagemaker: entries[name] }),
    }));
}

/** What has to be so before the alias of a model with a gate or an approver is moved. */
function approvalOf({ training }: ModelSettings): Pick<ReleasedModel, "approval"> {
  if (!isGated(training)) return {};
  return { approval: { gate: training.gate !== undefined, manual: training.approve === "manual" } };
}

/** What decides on releases gets for those models. */
export function releaseControllerArgs(
  context: AppContext,
  space: Pick<ModelsSpace, "namespace" | "secrets" | "ready">,
  models: ReleasedModel[],
  onSageMaker: Pick<OnSageMaker, "statements" | "ready">,
  mlflow: GivenMlflow,
): ReleaseControllerArgs {
  const { foundation, cluster, monitors } = context;
  const region = foundation.aws?.account.region;
  const { data } = foundation.stores;
  const { compatible } = data;
  const decides = models.some(({ approval }) => approval !== undefined);
  const statements = [
    ...(onSageMaker.statements === undefined ? [] : [onSageMaker.statements]),
    ...(decides && foundation.aws ? [onStore(data, addDecisions)] : []),
  ];
  return {
    stack: stackName(),
    ...(region === undefined ? {} : { region }),
    image: releaseImage(context),
    models,
    ...environmentsConfig(context),
    ...(decides ? { records: pulumi.interpolate`${data.uri}/${decisionsFolder}` } : {}),
    ...(statements.length === 0 ? {} : { statements: pulumi.all(statements).apply((lists) => lists.flat()) }),
    space,
    placement: placementFor(cluster.nodeClasses, "apps"),
    reach: {
      apiServerPorts: cluster.apiServerPorts,
      ...(mlflow ? { mlflow: { namespace: mlflow.namespace, portNumber: mlflow.portNumber } } : {}),
      ...(compatible ? { storePort: compatible.portNumber } : {}),
    },
    identity: context.identity,
    ...(monitors ? { monitors, monitoringNamespace } : {}),
    after: onSageMaker.ready,
  };
}

/** What waits for a version that the stack names. */
export function pinnedReleaseArgs(
  context: AppContext,
  model: string,
  block: ModelSettings,
  after: Dependency[],
): Omit<PinnedReleaseArgs, "namespace"> {
  const { foundation, cluster, settings } = context;
  const { from, canary, objectives } = block;
  return {
    model,
    from,
    ...(builtFor(settings, block).flask ? { buildMinutes: settings.environments.timeoutMinutes } : {}),
    canary,
    objectives,
    image: releaseImage(context),
    placement: placementFor(cluster.nodeClasses, "apps"),
    apiServerPorts: cluster.apiServerPorts,
    after: [
      ...["release", "model-server"].flatMap((name) => foundation.images.pushed(name, settings.foundation.images.tag)),
      ...after,
    ],
  };
}

/** Namespaces whose pods ask models in the cluster. */
function modelClients(settings: AppContext["settings"]): string[] {
  const airflow = airflowInCluster(settings);
  return [...(airflow ? dagNamespaces(airflow) : []), ...(settings.jupyterhub ? [jupyterhubNamespace] : [])];
}

function releaseImage({ foundation, settings }: AppContext): string {
  return `${foundation.images.repositoryUrl("release")}:${settings.foundation.images.tag}`;
}
