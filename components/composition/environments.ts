import * as pulumi from "@pulumi/pulumi";
import { placementFor } from "../contracts/app";
import { buildEnvironments, environmentsFolder } from "../identity/policies/environments";
import type { PolicyStatement } from "../lib/statements";
import { EnvironmentBuilder, type EnvironmentBuilderArgs, environmentsName } from "../serving/environmentBuilder";
import type { IndexFacts } from "../serving/indexes";
import type { ModelsSpaceArgs } from "../serving/modelsSpace";
import { versionKey } from "../serving/pinnedRelease";
import type { EnvironmentsSettings } from "../settings/environments";
import type { ModelSettings } from "../settings/models";
import { usesSageMaker } from "../settings/rules/sagemaker";
import type { Settings } from "../settings/settings";
import type { ServingGround } from "./servingGround";
import { onStore, readFrom } from "./storeStatements";
import type { AppContext } from "./surroundings";

/** Whether packages are built for what serves a model there: not where somebody brought an image. */
export function builtFor({ environments }: Pick<Settings, "environments">, model: ModelSettings) {
  const { flask, sagemaker } = model.serve;
  const { build } = environments;
  return {
    flask: build && flask !== undefined && flask.image === undefined,
    sagemaker: build && usesSageMaker(model) && sagemaker?.image === undefined && !isPackage(model.from),
    batch: build && model.batch?.with === "kubernetes" && flask?.image === undefined,
  };
}

/** Whether packages are built for any model of the stack. */
export function buildsEnvironments(settings: Pick<Settings, "environments" | "models">): boolean {
  return Object.values(settings.models ?? {}).some((model) => Object.values(builtFor(settings, model)).includes(true));
}

/** Keys for packages where the store is not Amazon's. The whole store's where whoever keeps it gave one key for all. */
export function environmentKeys({ settings, foundation }: AppContext): Pick<ModelsSpaceArgs, "environments"> {
  const { compatible } = foundation.stores.artifacts;
  if (compatible === undefined || !buildsEnvironments(settings)) return {};
  const { environments: writing = compatible, environmentsReading: reading = compatible } = compatible.narrower ?? {};
  return { environments: { endpoint: compatible.endpoint, reading, writing } };
}

/** Image of the platform's server. */
export function serverImage({ foundation, settings }: Pick<AppContext, "foundation" | "settings">): string {
  return `${foundation.images.repositoryUrl("model-server")}:${settings.foundation.images.tag}`;
}

/** Where packages come from. */
export function indexFacts(settings: EnvironmentsSettings): IndexFacts {
  const { indexUrl, extraIndexUrls, egressCidrs, sourceBuilds, timeoutMinutes, maxSizeMiB } = settings;
  return { indexUrl, extraIndexUrls, egressCidrs, sourceBuilds, timeoutMinutes, maxSizeMiB };
}

/** Folder of all packages, `s3://bucket/environments`. */
export function environmentsUri({ foundation }: Pick<AppContext, "foundation">): pulumi.Output<string> {
  return pulumi.interpolate`${foundation.stores.artifacts.uri}/${environmentsFolder.replace(/\/$/, "")}`;
}

/** Makes what builds packages, where the stack has a model that may need some. */
export function installEnvironments(
  name: string,
  context: AppContext,
  space: EnvironmentBuilderArgs["space"],
  mlflow: ServingGround["mlflow"],
  opts: pulumi.ComponentResourceOptions,
): EnvironmentBuilder | undefined {
  const { settings, foundation, cluster, identity } = context;
  if (!buildsEnvironments(settings)) return undefined;
  const { artifacts } = foundation.stores;
  const models = Object.entries(settings.models ?? {}).filter(([, model]) =>
    Object.values(builtFor(settings, model)).includes(true),
  );
  const inBuckets = models.map(([, { from }]) => from).filter((from) => from.startsWith("s3://"));
  const region = foundation.aws?.account.region;
  const { memoryMiB, timeoutMinutes, secretName } = settings.environments;
  return new EnvironmentBuilder(
    `${name}-environments`,
    {
      space,
      image: serverImage(context),
      store: environmentsUri(context),
      indexes: indexFacts(settings.environments),
      ...(secretName === undefined ? {} : { indexSecretName: secretName }),
      memoryMiB,
      timeoutMinutes,
      // Packages are for the processors that models are served on.
      placement: placementFor(cluster.nodeClasses, "serving"),
      ...(region === undefined ? {} : { region }),
      ...(mlflow ? { mlflow: { namespace: mlflow.namespace, portNumber: mlflow.portNumber } } : {}),
      reach: artifacts.compatible
        ? { storePort: artifacts.compatible.portNumber }
        : { storeCidrs: foundation.aws!.s3Cidrs() },
      fromBucket: inBuckets.length > 0,
      identity,
      ...(foundation.aws
        ? {
            statements: pulumi
              .all([
                onStore(artifacts, buildEnvironments),
                ...[...new Set(inBuckets)].map((from) => readFrom(context, from)),
              ])
              .apply((lists) => numbered(lists)),
          }
        : {}),
      pinned: models
        .filter(([, model]) => model.release === "pinned" && builtFor(settings, model).sagemaker)
        .map(([model, { from }]) => ({
          model,
          from,
          versionKey: versionKey(from),
          verdict: verdictUri(context, model, from),
        })),
      before: [...foundation.images.pushed("model-server", settings.foundation.images.tag), ...(mlflow?.ready ?? [])],
    },
    opts,
  );
}

/** What the release controller is told of it. */
export function environmentsConfig(context: AppContext): { environments?: { cronJob: string; image: string } } {
  return buildsEnvironments(context.settings)
    ? { environments: { cronJob: environmentsName, image: serverImage(context) } }
    : {};
}

/** Where it stands what was decided on a version that the stack names. */
export function verdictUri(
  context: Pick<AppContext, "foundation">,
  model: string,
  from: string,
): pulumi.Output<string> {
  return pulumi.interpolate`${environmentsUri(context)}/versions/${model}/${versionKey(from)}.json`;
}

/** A policy takes each name of a statement once. */
function numbered(lists: PolicyStatement[][]): PolicyStatement[] {
  const [first = [], ...rest] = lists;
  return [...first, ...rest.flatMap((list, i) => list.map((each) => ({ ...each, Sid: `${each.Sid}${i || ""}` })))];
}

/** Whether SageMaker takes it as it is. */
export const isPackage = (from: string) => /^s3:\/\/[^/]+\/.+\.tar\.gz$/.test(from);
