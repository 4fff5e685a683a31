import * as pulumi from "@pulumi/pulumi";
import { placementFor } from "../contracts/app";
import { stackName } from "../foundation/awsProvider";
import {
  checkDrift,
  driftBus,
  driftFolder,
  keepQuality,
  qualityNamespace,
  readLooks,
  tellDrift,
} from "../identity/policies/drift";
import { qualityFolder } from "../identity/policies/liveQuality";
import { samplesFolder } from "../identity/policies/serving";
import type { Dependency } from "../lib/dependencies";
import { monitoringNamespace } from "../lib/monitoringNames";
import type { PolicyStatement } from "../lib/statements";
import {
  DriftMonitor,
  type DriftMonitorArgs,
  driftMonitorName,
  type JudgedQuality,
  type WatchedModel,
} from "../serving/driftMonitor";
import type { ModelsSpace } from "../serving/modelsSpace";
import type { ModelSettings } from "../settings/models";
import type { Settings } from "../settings/settings";
import type { ServingGround } from "./servingGround";
import { onStore, readFrom } from "./storeStatements";
import type { AppContext } from "./surroundings";

/** What the drift check leans on. */
export interface DriftGround extends Pick<ServingGround, "mlflow"> {
  space: Pick<ModelsSpace, "namespace" | "secrets" | "ready">;
}

/** Models whose input is compared with their training data. */
export function watchedModels({ models, foundation }: Pick<Settings, "models" | "foundation">): WatchedModel[] {
  return Object.entries(models ?? {}).flatMap(([name, block]) => {
    const { from, drift } = block;
    if (drift === undefined) return [];
    const quality = judgedQuality(block, foundation.kind === "aws");
    return [
      {
        ...{ name, from, maxPsi: drift.maxPsi, everyHours: drift.everyHours },
        ...(drift.columns === undefined ? {} : { columns: drift.columns }),
        ...(quality === undefined ? {} : { quality }),
      },
    ];
  });
}

/**
 * How labelled answers of a model are judged; undefined where no look judges any. What else looks find is read too where no event of
 * SageMaker tells it.
 */
export function judgedQuality(
  { monitor, training }: Pick<ModelSettings, "monitor" | "training">,
  onAws: boolean,
): JudgedQuality | undefined {
  if (monitor === undefined || (onAws && monitor.modelQuality === undefined)) return undefined;
  const { metric, maxDropPercent = 10 } = monitor.modelQuality ?? {};
  const { onDecay } = training ?? {};
  return {
    ...{ everyHours: monitor.everyHours, maxDropPercent },
    ...(metric === undefined ? {} : { metric }),
    ...(onDecay === undefined ? {} : { decay: onDecay }),
  };
}

/** Whether drift or decay starts the training of any model: on AWS it is told as an event then. */
export function startsTraining({ models }: Pick<Settings, "models">): boolean {
  return Object.values(models ?? {}).some(
    ({ training }) => training?.onDrift === true || training?.onDecay !== undefined,
  );
}

/** Watches the models that ask for it; without any there is no monitor. */
export function installDrift(
  name: string,
  context: AppContext,
  ground: DriftGround,
  opts: pulumi.ComponentResourceOptions,
): { ready: Dependency[] } {
  const models = watchedModels(context.settings);
  if (models.length === 0) return { ready: [] };
  const monitor = new DriftMonitor(`${name}-${driftMonitorName}`, driftMonitorArgs(context, ground, models), opts);
  return { ready: [monitor, ...monitor.ready] };
}

/** What the monitor gets for a stack's settings. */
export function driftMonitorArgs(context: AppContext, ground: DriftGround, models: WatchedModel[]): DriftMonitorArgs {
  const { foundation, settings, cluster, identity, monitors } = context;
  const { data } = foundation.stores;
  const region = foundation.aws?.account.region;
  const judged = models.filter(({ quality }) => quality !== undefined);
  return {
    image: `${foundation.images.repositoryUrl("drift")}:${settings.foundation.images.tag}`,
    models,
    samplesUri: pulumi.interpolate`${data.uri}/${samplesFolder}`,
    reportsUri: pulumi.interpolate`${data.uri}/${driftFolder}`,
    ...(judged.length > 0 ? { looksUri: pulumi.interpolate`${data.uri}/${qualityFolder}` } : {}),
    ...(judged.length > 0 && foundation.aws ? { cloudWatch: { namespace: qualityNamespace, stack: stackName() } } : {}),
    space: ground.space,
    placement: placementFor(cluster.nodeClasses, "apps"),
    ...(region === undefined ? {} : { region }),
    ...(ground.mlflow ? { mlflow: { namespace: ground.mlflow.namespace, portNumber: ground.mlflow.portNumber } } : {}),
    ...(foundation.aws && startsTraining(settings) ? { events: { bus: driftBus, stack: stackName() } } : {}),
    ...(data.compatible ? { storePort: data.compatible.portNumber } : {}),
    identity,
    ...(foundation.aws ? { statements: statements(context, models) } : {}),
    ...(monitors ? { monitors, monitoringNamespace } : {}),
  };
}

/** A model that lies in a bucket has its baseline there. */
function statements(context: AppContext, models: WatchedModel[]): pulumi.Output<PolicyStatement[]> {
  const { aws, stores } = context.foundation;
  const told = aws && startsTraining(context.settings) ? [tellDrift(aws.account)] : [];
  const judged = models.flatMap(({ name, quality }) => (quality === undefined ? [] : [name]));
  const kept = aws && judged.length > 0 ? [keepQuality] : [];
  const inBuckets = models.filter(({ from }) => from.startsWith("s3://"));
  const own = onStore(stores.data, (store) => [...checkDrift(store), ...readLooks(store, judged)]);
  return (
    pulumi
      .all([own, ...inBuckets.map(({ from }) => readFrom(context, from))])
      // Each says the same of another model, and a name may be in a policy once.
      .apply(([first, ...others]) => [
        ...first!,
        ...told,
        ...kept,
        ...others.flatMap((list, at) => list.map((statement) => ({ ...statement, Sid: `${statement.Sid}${at + 1}` }))),
      ])
  );
}
