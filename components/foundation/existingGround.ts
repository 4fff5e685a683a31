import type { StoredSecret } from "../contracts/foundation";
import type { ExistingFoundationSettings } from "../settings/existingFoundation";
import { databaseServer } from "./existing/createdDatabases";
import { type KubeconfigContext, readContext } from "./existing/kubeconfig";
import { lookAtRestoredServer } from "./existing/restoredServer";
import { platformNamespace } from "./existing/space";
import type { ClusterReader } from "./ownership/clusterReader";
import type { SharedCluster } from "./ownership/sharedCluster";

/** What must be known of the cluster before the first resource is made, in plain values. */
export interface ExistingGround {
  context: KubeconfigContext;
  sharedCluster: SharedCluster;
}

/**
 * Looks at the kubeconfig of the cluster the stack is going to be built on; the cluster itself is not asked.
 * @throws SettingsProblems when there is no such file or context.
 */
export function lookAtExisting(settings: ExistingFoundationSettings, storedSecrets: StoredSecret[]): ExistingGround {
  const { kubeconfig, context, adopt } = settings;
  const found = readContext({ kubeconfig, context });
  const access = { kubeconfig: found.kubeconfig, identifier: context };
  const joined = secretsGiven({ settings, storedSecrets }) ? [platformNamespace] : [];
  return { context: found, sharedCluster: { access, adopted: adopt, joined, path: "foundation.adopt" } };
}

/**
 * Looks at the cluster itself where what is asked for rests on what lives there.
 * @throws SettingsProblems where a server is to be restored that lives; and where the cluster does not answer
 */
export async function lookAtLiving(
  { database }: ExistingFoundationSettings,
  reader: Pick<ClusterReader, "find">,
): Promise<void> {
  if (database.kind === "adopt" || database.restoreFrom === undefined) return;
  await lookAtRestoredServer(database.restoreFrom, databaseServer, reader);
}

/** Whether the namespace `mlplatform` holds Secrets that somebody else made, and so is there before the stack. */
export function secretsGiven(given: { settings: ExistingFoundationSettings; storedSecrets?: StoredSecret[] }): boolean {
  const { settings, storedSecrets = [] } = given;
  const adopted = [settings.database, settings.objectStore, settings.certificates].some(({ kind }) => kind === "adopt");
  return adopted || settings.images.pullSecretName !== undefined || storedSecrets.length > 0;
}
