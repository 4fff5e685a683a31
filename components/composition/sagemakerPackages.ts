import * as pulumi from "@pulumi/pulumi";
import { placementFor } from "../contracts/app";
import type { AwsFacts } from "../contracts/foundation";
import { readEnvironments } from "../identity/policies/environments";
import { merged, packagesFolder } from "../identity/policies/sagemaker";
import { readModel } from "../identity/policies/serving";
import { readWriteBelow } from "../identity/policies/stores";
import { versionKey } from "../serving/pinnedRelease";
import { Packages } from "../serving/sagemaker/packages";
import type { ModelPackage } from "../serving/sagemaker/servingArgs";
import type { ModelSettings } from "../settings/models";
import { isPackage, verdictUri } from "./environments";
import type { SageMakerGround } from "./sagemakerGround";
import { onStore } from "./storeStatements";
import type { AppContext } from "./surroundings";

/** Packages of the versions that the stack names: as they are, or packed by a Job. */
export function packaged(
  name: string,
  { foundation, settings, cluster, identity }: AppContext,
  { space, mlflow, environments }: SageMakerGround,
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
      ...(environments[model]
        ? { environment: { verdict: verdictUri({ foundation }, model, from), decided: environments[model] } }
        : {}),
    };
  });
  const statements = onStore(artifacts, (store) =>
    merged([
      ...readWriteBelow(store, packagesFolder),
      ...(toPack.some(([model]) => environments[model]) ? readEnvironments(store) : []),
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
      ready: [...foundation.images.pushed("release", settings.foundation.images.tag), ...(mlflow?.ready ?? [])],
    },
    opts,
  );
  for (const { model, versionKey: version, url } of packages) {
    found[model] = { version, url, ready: [made.jobs[model]!] };
  }
  return found;
}
