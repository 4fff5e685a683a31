import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { Mlflow } from "../apps/mlflow/component";
import { loopLauncher, serviceAccounts, workerNamespace } from "../contracts/airflowNames";
import { placementFor } from "../contracts/app";
import { layout } from "../contracts/trainingLoop";
import { stackName } from "../foundation/awsProvider";
import { trainInCluster } from "../identity/policies/trainingPods";
import { anyRegion } from "../lib/anyRegion";
import { asFolder } from "../lib/asFolder";
import type { Dependency } from "../lib/dependencies";
import type { PolicyStatement } from "../lib/statements";
import { expiringFolders, passingInCluster } from "../settings/expiry";
import { kubernetesSchedule } from "../settings/kubernetesSchedule";
import type { ModelSettings } from "../settings/models";
import type { ModelTrainingSettings } from "../settings/modelTraining";
import { airflowInCluster } from "../settings/needs";
import type { Settings } from "../settings/settings";
import { dagName, loopDefinitions } from "../training/airflow/definition";
import type { AirflowGround, AirflowLoop } from "../training/airflow/facts";
import { LoopExpiry } from "../training/airflow/loopExpiry";
import { LoopPods, loopNamespace, loopObjects } from "../training/airflow/loopPods";
import { loopAddress } from "./features";
import { checked, compared, declared, given, ignored, preparation, releaseTargets, wholeImage } from "./loopSpec";
import { readable, sourcesOf } from "./sources";
import { onStore } from "./storeStatements";
import type { AppContext } from "./surroundings";

type AirflowTrainingSettings = Extract<ModelTrainingSettings, { engine: "airflow" }>;

/** A model that is trained by Airflow in the cluster. */
export type AirflowLoopModel = [model: string, block: ModelSettings, training: AirflowTrainingSettings];

const dagFile = join(__dirname, "../../workloads/loops/training_loops.py");

/** Models whose blocks ask for a DAG. */
export function airflowLoopsOf(settings: Pick<Settings, "airflow" | "models">): AirflowLoopModel[] {
  if (airflowInCluster(settings) === undefined) return [];
  return Object.entries(settings.models ?? {}).flatMap(([model, block]): AirflowLoopModel[] =>
    block.training?.engine === "airflow" ? [[model, block, block.training]] : [],
  );
}

/** DAGs of all loops, as files beside each other; none where no model asks for one. */
export function loopFiles(context: AppContext): Record<string, pulumi.Input<string>> | undefined {
  const loops = airflowLoopsOf(context.settings);
  if (loops.length === 0) return undefined;
  const { uri } = context.foundation.stores.data;
  const definitions = loops.flatMap(([model, block, training]) => {
    const loop = airflowLoop(context, [model, block, training]);
    return Object.entries(loopDefinitions(loop)).map(([name, definition]) => [
      name,
      pulumi.output(uri).apply((dataUri) => definition(loop, airflowGround(context, model, dataUri))!),
    ]);
  });
  return { "training_loops.py": readFileSync(dagFile, "utf8"), ...Object.fromEntries(definitions) };
}

/** What a model's block asks for. */
export function airflowLoop(
  { settings, foundation }: AppContext,
  [model, block, training]: AirflowLoopModel,
): AirflowLoop {
  const { images } = foundation;
  const { tag } = settings.foundation.images;
  const { hyperparameters, cpu, memoryMiB, gpus, timeoutMinutes, approve, gate, prepare, schedule } = training;
  const translated = schedule === undefined ? undefined : kubernetesSchedule(schedule);
  const prepared = prepare && preparation(images, tag, training.image, prepare);
  return {
    model,
    problemType: block.problemType,
    image: wholeImage(images, tag, training.image),
    ...{ hyperparameters, cpu, memoryMiB, gpus, timeoutMinutes, approve },
    ...(translated && "cron" in translated ? { schedule: translated.cron } : {}),
    ...(prepared?.with === "container" ? { prepare: prepared } : {}),
    ...(gate ? { gate: given(gate) } : {}),
    ...compared(training.dataDrift),
    ...ignored(block, training),
    ...checked(gate),
    rawFolder: layout.raw(model),
    sources: sourcesOf(settings, block.reads),
    ...declared(settings, stackName(), model, training),
    from: block.from,
    targets: releaseTargets(block),
    bakeMinutes: block.canary.bakeMinutes,
    // On AWS SageMaker looks, whatever the engine.
    ...(block.monitor && !foundation.aws
      ? { look: { checks: block.monitor, labels: asFolder(block.monitor.labels ?? `labels/${model}`) } }
      : {}),
    ...(training.onDecay ? { startsOnDecay: true } : {}),
  };
}

/** What its pods are told of the stack. */
export function airflowGround(
  { settings, foundation, cluster }: AppContext,
  model: string,
  dataUri: string,
): AirflowGround {
  const { nodeClasses } = cluster;
  return {
    stack: stackName(),
    region: foundation.aws?.account.region ?? anyRegion,
    dataUri,
    toolImage: toolImage({ settings, foundation }),
    serviceAccount: loopObjects.serviceAccount(model),
    namespace: loopNamespace,
    ...(launcher({ settings }).made ? { launcher: loopLauncher } : {}),
    placement: placementFor(nodeClasses, "training"),
    gpuPlacement: placementFor(nodeClasses, "training", true),
    environmentConfigMap: loopObjects.environment,
    ...(foundation.stores.data.compatible ? { storeSecret: loopObjects.store } : {}),
    mlflowSecret: loopObjects.mlflow,
    ...(settings.training?.featureDatabase ? { featuresSecret: loopObjects.features } : {}),
  };
}

const toolImage = ({ settings, foundation }: Pick<AppContext, "settings" | "foundation">) =>
  `${foundation.images.repositoryUrl("release")}:${settings.foundation.images.tag}`;

/** Makes what the pods of loops need; without any loop there is none of it. */
export function installAirflowLoops(
  name: string,
  context: AppContext,
  ground: { mlflow?: Pick<Mlflow, "uri" | "credentials" | "namespace" | "portNumber">; airflow: Dependency[] },
  opts: pulumi.ComponentResourceOptions,
): { ready: Dependency[]; outputs: Record<string, pulumi.Input<unknown>> } {
  const loops = airflowLoopsOf(context.settings);
  const { mlflow } = ground;
  if (loops.length === 0 || mlflow === undefined) return { ready: [], outputs: {} };
  const { foundation, identity } = context;
  const { compatible } = foundation.stores.data;
  const features = loopAddress(context);
  const pods = new LoopPods(
    name,
    {
      launcher: launcher(context),
      region: foundation.aws?.account.region ?? anyRegion,
      mlflow: {
        uri: mlflow.uri,
        credentials: mlflow.credentials("releases"),
        namespace: mlflow.namespace,
        portNumber: mlflow.portNumber,
      },
      ...(compatible ? { store: compatible } : {}),
      ...(features ? { features } : {}),
      identity,
      models: Object.fromEntries(loops.map((loop) => [loop[0], compatible ? undefined : statements(context, loop)])),
      ready: context.cluster.ready,
      after: ground.airflow,
    },
    opts,
  );
  const ready = [...pods.ready];
  if (compatible) {
    const { uri } = foundation.stores.data;
    const days = expiringFolders(context.settings);
    const expiry = new LoopExpiry(
      `${name}-expiry`,
      {
        namespace: loopNamespace,
        image: toolImage(context),
        region: anyRegion,
        store: { ...compatible, ...compatible.narrower?.expiry },
        folders: passingInCluster.map((folder) => pulumi.interpolate`${uri}/${folder}`),
        days: Math.max(...passingInCluster.map((folder) => days[folder]!)),
        placement: placementFor(context.cluster.nodeClasses, "apps"),
        after: [pods.space],
      },
      opts,
    );
    ready.push(...expiry.ready);
  }
  return {
    ready,
    outputs: { trainingDags: Object.fromEntries(loops.map(([model]) => [model, dagName(model)])) },
  };
}

/**
 * Who starts pods of loops. With Celery all tasks are processes of the same pods, and so are those that watch pods of loops.
 */
function launcher({ settings }: Pick<AppContext, "settings">): { name: string; namespace: string; made: boolean } {
  const airflow = airflowInCluster(settings)!;
  const own = airflow.executor.kind === "kubernetes";
  return {
    name: own ? loopLauncher : serviceAccounts.worker,
    namespace: workerNamespace(airflow),
    made: own,
  };
}

function statements(
  context: AppContext,
  [model, { reads }, training]: AirflowLoopModel,
): pulumi.Output<PolicyStatement[]> {
  const { aws } = context.foundation;
  if (aws === undefined) throw new Error("only Amazon's store has no key of its own");
  const { gate, onDecay } = training;
  return onStore(context.foundation.stores.data, (store) => [
    ...trainInCluster(aws.account, {
      model,
      rawFolder: layout.raw(model),
      store,
      samples: gate?.maxDriftPsi !== undefined,
      series: onDecay !== undefined,
      ...declared(context.settings, stackName(), model, training),
    }),
    ...readable(context, reads),
  ]);
}
