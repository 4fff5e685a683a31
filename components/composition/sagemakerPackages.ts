import * as pulumi from "@pulumi/pulumi";
import type { Mlflow } from "../apps/mlflow/component";
import type { AwsAccount } from "../contracts/account";
import { placementFor } from "../contracts/app";
import { readEnvironments } from "../identity/policies/environments";
import { merged, packagesFolder } from "../identity/policies/sagemaker";
import { readModel } from "../identity/policies/serving";
import { readWriteBelow } from "../identity/policies/stores";
import type { ModelsSpace } from "../serving/modelsSpace";
import { versionKey } from "../serving/pinnedRelease";
import { Packages } from "../serving/sagemaker/packages";
import type { ModelPackage } from "../serving/sagemaker/servingArgs";
import { usesSageMaker } from "../settings/rules/sagemaker";
import type { Settings } from "../settings/settings";
import { isPackage, verdictUri } from "./environments";
import { onStore } from "./storeStatements";
import type { AppContext } from "./surroundings";

/** What packs versions. */
export interface PackingGround {
  space: Pick<ModelsSpace, "namespace" | "secrets" | "ready">;
  mlflow?: Pick<Mlflow, "namespace" | "portNumber" | "ready">;
  /** Jobs after which it is decided which packages a model's pinned version needs beside the image, by model. */
  environments: Record<string, pulumi.Resource>;
}

/** Models on SageMaker whose version the stack names. */
const pinnedOnSageMaker = ({ models }: Pick<Settings, "models">) =>
  Object.entries(models ?? {}).filter(([, block]) => usesSageMaker(block) && block.release === "pinned");

/** Packages that somebody made, taken as they are. */
export function packagesAsTheyAre(settings: Pick<Settings, "models">, { partition }: AwsAccount) {
  return Object.fromEntries(
    pinnedOnSageMaker(settings)
      .filter(([, { from }]) => isPackage(from))
      .map(([model, { from }]): [string, ModelPackage] => [
        model,
        {
          version: versionKey(from),
          url: from,
          arn: `arn:${partition}:s3:::${from.slice("s3://".length)}`,
          ready: [],
        },
      ]),
  );
}

/** Packages of the versions that the stack names: as they are, or packed by a Job. */
export function packaged(
  name: string,
  { foundation, settings, cluster, identity }: AppContext,
  { space, mlflow, environments }: PackingGround,
  opts: pulumi.ComponentResourceOptions,
): Record<string, ModelPackage> {
  if (foundation.aws === undefined) return {};
  const { account } = foundation.aws;
  const found = packagesAsTheyAre(settings, account);
  const toPack = pinnedOnSageMaker(settings).filter(([, { from }]) => !isPackage(from));
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
