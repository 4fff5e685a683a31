import type { RestoredServer } from "../../settings/restoredServer";
import type { ClusterReader } from "../ownership/clusterReader";
import { otherServerLives } from "../restoreRefusal";
import { type ServerBackup, storeSpec } from "./serverBackup";
import { platformNamespace } from "./space";

/** Annotation of a server that says what it was made of. */
export const originAnnotation = "mlplatform/restored-from";

/** What the annotation says: the folder and the moment. */
export const originOf = ({ folder, time }: RestoredServer): string => `${folder} ${time ?? "latest"}`;

const source = "backup";

/**
 * What the operator makes the first instance of, in place of an empty one. It reads this once: afterwards it may go.
 * @see https://cloudnative-pg.io/docs/1.30/recovery
 */
export function recoverySpec({ folder, time }: RestoredServer, { store }: ServerBackup) {
  const [stack = "", serverName = ""] = folder.split("/");
  return {
    bootstrap: { recovery: { source, ...(time === undefined ? {} : { recoveryTarget: { targetTime: time } }) } },
    externalClusters: [{ name: source, barmanObjectStore: storeSpec({ store, folder: stack }, serverName) }],
  };
}

/**
 * Looks whether the server that is to be restored lives.
 * @throws SettingsProblems where one lives that was made of something else: nothing would be restored; Error where the cluster does not answer
 */
export async function lookAtRestoredServer(
  from: RestoredServer,
  name: string,
  reader: Pick<ClusterReader, "find">,
): Promise<void> {
  const key = { apiVersion: "postgresql.cnpg.io/v1", kind: "Cluster", namespace: platformNamespace, name };
  const found = await reader.find(key).catch((error: Error) => {
    throw new Error(
      `foundation.database.restoreFrom: the cluster cannot be asked which server lives: ${error.message}`,
    );
  });
  const origin = found?.annotations[originAnnotation];
  if (found === undefined || origin === originOf(from)) return;
  throw otherServerLives(
    name,
    originOf(from),
    origin,
    "delete the server that lives, with all that it holds, and have the state forget it: " +
      `kubectl -n ${platformNamespace} delete clusters.postgresql.cnpg.io ${name}, then pulumi refresh`,
  );
}
