import type * as pulumi from "@pulumi/pulumi";
import { modelsNamespace } from "../../charts/values/modelServer";
import type { Dependency } from "../lib/dependencies";
import { ModelServer } from "../serving/modelServer";
import { ModelsSpace } from "../serving/modelsSpace";
import { PinnedRelease } from "../serving/pinnedRelease";
import { ReleaseController } from "../serving/releaseController";
import { modelsInCluster } from "../settings/needs";
import { installBatch } from "./batch";
import type { WatchedMachine } from "./cloudWatch";
import { installDrift } from "./drift";
import { installEndpointEnds } from "./endpointEnds";
import { installEnvironments } from "./environments";
import { modelServerArgs, pinnedReleaseArgs, releaseControllerArgs, releasedModels, spaceArgs } from "./modelServer";
import { installSageMaker } from "./sagemaker";
import { packaged } from "./sagemakerPackages";
import type { ServingGround } from "./servingGround";
import { readFrom } from "./storeStatements";
import type { AppContext } from "./surroundings";

/** Where callers find one model. */
export interface ServedModel {
  url?: string;
  inClusterUrl?: string;
  /** Secret in the namespace of models with the `token` for `url`. */
  tokenSecret?: string;
  /** Name of the SageMaker endpoint, and its address for signed requests. */
  sagemakerEndpoint?: string;
  sagemakerUrl?: string;
}

/** The models of a stack, as it exports them. */
export interface Serving {
  ready: Dependency[];
  /** Depend on these for the namespace alone: whether each version goes live is not for everything to wait for. */
  namespaceReady: Dependency[];
  outputs: Record<string, pulumi.Input<unknown>>;
  /** By name. */
  models: Record<string, ServedModel>;
  machines: WatchedMachine[];
  /** Where models live; absent where there is none. */
  space?: ModelsSpace;
  /** Depend on these before something waits for new objects of the data bucket. */
  told: Dependency[];
}

/** Serves every model of the stack where its block says so: what all share first, then who releases, then each model. */
export function installServing(
  name: string,
  context: AppContext,
  ground: ServingGround,
  opts: pulumi.ComponentResourceOptions,
): Serving {
  const { settings } = context;
  if (Object.keys(settings.models ?? {}).length === 0)
    return { ready: [], namespaceReady: [], outputs: {}, models: {}, machines: [], told: [] };
  const prefix = `${name}-${modelsNamespace}`;
  const { mlflow } = ground;

  const space = new ModelsSpace(prefix, spaceArgs(context, mlflow), opts);
  const ready: Dependency[] = [space, ...space.ready];
  const inCluster = modelsInCluster(settings);
  const builder = installEnvironments(prefix, context, space, mlflow, opts);
  if (builder) ready.push(builder, ...builder.ready);
  const packages = packaged(
    `${name}-models-packages`,
    context,
    { space, environments: builder?.jobs ?? {}, ...(mlflow ? { mlflow } : {}) },
    opts,
  );
  const onSageMaker = installSageMaker(name, context, { packages, topics: ground.topics }, opts);
  const ends = installEndpointEnds(name, context, { topics: ground.topics, served: onSageMaker.ready }, opts);
  ready.push(...onSageMaker.ready, ...ends.ready);
  const released = releasedModels(settings, onSageMaker.entries);
  const controller =
    released.length > 0
      ? new ReleaseController(
          `${prefix}-release-controller`,
          releaseControllerArgs(context, space, released, onSageMaker, mlflow),
          opts,
        )
      : undefined;
  if (controller) ready.push(controller, ...controller.ready);

  const models: Record<string, ServedModel> = {};
  for (const [model, block] of inCluster) {
    const served = new ModelServer(`${prefix}-${model}`, modelServerArgs(context, space, model, block, mlflow), opts);
    ready.push(served, ...served.ready);
    models[model] = {
      inClusterUrl: served.inClusterUrl,
      ...(served.url === undefined ? {} : { url: served.url }),
      ...(served.tokenSecret === undefined ? {} : { tokenSecret: served.tokenSecret }),
    };
    if (block.release === "pinned" && controller) {
      const after = [...served.ready, ...controller.ready];
      const released = new PinnedRelease(
        `${prefix}-${model}-release`,
        { ...pinnedReleaseArgs(context, model, block, after), namespace: space.namespace },
        opts,
      );
      ready.push(released, ...released.ready);
    }
  }
  for (const [model, { name: sagemakerEndpoint, url: sagemakerUrl }] of Object.entries(onSageMaker.endpoints)) {
    models[model] = { ...models[model], sagemakerEndpoint, sagemakerUrl };
  }
  const batch = installBatch(
    name,
    context,
    {
      namespace: space.namespace,
      after: space.ready,
      secretNames: [space.secrets.servers, space.secrets.store].filter((secret) => secret !== undefined),
      ...(space.secrets.environmentsReading === undefined
        ? {}
        : { environmentsSecretName: space.secrets.environmentsReading }),
      ...(mlflow ? { mlflow } : {}),
      topics: ground.topics,
      sagemaker: onSageMaker.batch,
      ...(context.foundation.aws ? { readModel: (uri: string) => readFrom(context, uri) } : {}),
    },
    opts,
  );
  ready.push(...batch.ready);
  const drift = installDrift(prefix, context, { space, ...(mlflow ? { mlflow } : {}) }, opts);
  ready.push(...drift.ready);
  return {
    ready,
    namespaceReady: space.ready,
    outputs: { models },
    models,
    machines: [...batch.machines, ...ends.machines],
    space,
    told: batch.told,
  };
}
