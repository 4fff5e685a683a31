import * as pulumi from "@pulumi/pulumi";
import { modelsNamespace } from "../../charts/values/modelServer";
import type { Mlflow } from "../apps/mlflow/component";
import { placementFor } from "../contracts/app";
import { stackName } from "../foundation/awsProvider";
import { offerModels, takeModels } from "../identity/policies/promotion";
import type { Dependency } from "../lib/dependencies";
import { monitoringNamespace } from "../lib/monitoringNames";
import type { ModelsSpace } from "../serving/modelsSpace";
import { Promoter, promoterName } from "../serving/promoter";
import { offersTaken, producersOf } from "../settings/offersTaken";
import { releaseTargets } from "./loopSpec";
import { onStore } from "./storeStatements";
import type { AppContext } from "./surroundings";

/** Makes what offers this stack's approved models to others, and takes theirs; nothing where neither is asked for. */
export function installPromotion(
  name: string,
  context: AppContext,
  { mlflow, space }: { mlflow?: Pick<Mlflow, "namespace" | "portNumber" | "signingKey">; space?: ModelsSpace },
  opts: pulumi.ComponentResourceOptions,
): { ready: Dependency[]; outputs: Record<string, pulumi.Input<unknown>> } {
  const { settings, foundation, monitors, identity, cluster } = context;
  const { aws } = foundation;
  const consumers = Object.values(settings.promotion?.consumers ?? {});
  const offered = [...new Set(consumers.flatMap(({ models }) => models))];
  const taken = offersTaken(settings);
  if (aws === undefined || mlflow === undefined || space === undefined) return { ready: [], outputs: {} };
  if (offered.length === 0 && taken.length === 0) return { ready: [], outputs: {} };
  const { account } = aws;
  const store = foundation.stores.data;
  const promoter = new Promoter(
    `${name}-${modelsNamespace}-${promoterName}`,
    {
      stack: stackName(),
      region: account.region,
      image: `${foundation.images.repositoryUrl("release")}:${settings.foundation.images.tag}`,
      offered: offered.map((model) => {
        const block = settings.models![model]!;
        return { name: model, from: block.from, targets: releaseTargets(block) };
      }),
      taken: taken.map(({ model, from, stack, modelThere, producer }) => {
        const { accountId, region, bucket, publicKey } = producer;
        return {
          ...{ name: model, from, model: modelThere },
          producer: { stack: stackName(stack), accountId, region, bucket, publicKey },
        };
      }),
      store,
      space,
      mlflow: { namespace: mlflow.namespace, portNumber: mlflow.portNumber },
      placement: placementFor(cluster.nodeClasses, "apps"),
      identity,
      statements: onStore(store, (arns) => [
        ...(offered.length === 0 ? [] : offerModels(arns, offered)),
        ...takeModels(account, producersOf(taken)),
      ]),
      ...(monitors ? { monitors, monitoringNamespace } : {}),
    },
    opts,
  );
  const told = pulumi.all([store.bucketName, store.keyArn, mlflow.signingKey]).apply(([bucket, keyArn, publicKey]) => ({
    [pulumi.getStack()]: { accountId: account.accountId, region: account.region, bucket, keyArn, publicKey },
  }));
  return {
    ready: [promoter, ...promoter.ready],
    outputs: offered.length === 0 ? {} : { promotionProducer: told },
  };
}
