import type * as pulumi from "@pulumi/pulumi";
import { placementFor } from "../contracts/app";
import { stackName } from "../foundation/awsProvider";
import { ObjectCopies } from "../foundation/existing/objectCopies";
import { copiedPurposes } from "../foundation/existing/storeKeys";
import type { Dependency } from "../lib/dependencies";
import type { AppContext } from "./surroundings";

/** Copies buckets to the store of backups, out of a store that is no cloud's. */
export function installObjectCopies(
  name: string,
  { settings, foundation, cluster }: AppContext,
  opts: pulumi.ComponentResourceOptions,
): Dependency[] {
  const { backup } = settings;
  const { compatible } = foundation.stores.artifacts;
  if (backup?.store === undefined || !backup.objects || compatible === undefined) return [];
  const { store, maxLossHours, startTime, retentionDays } = backup;
  const copies = new ObjectCopies(
    name,
    {
      ...{ store, maxLossHours, startTime, retentionDays, folder: stackName() },
      image: `${foundation.images.repositoryUrl("release")}:${settings.foundation.images.tag}`,
      source: { ...compatible, ...compatible.narrower?.copies },
      uris: Object.fromEntries(copiedPurposes.map((purpose) => [purpose, foundation.stores[purpose].uri])),
      placement: placementFor(cluster.nodeClasses, "system"),
      after: foundation.ready,
    },
    opts,
  );
  return copies.ready;
}
