import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { type BackupPlan, backupTimes } from "../../lib/backupTimes";
import { platformNamespace } from "./space";

/** When a PostgreSQL server in the cluster is backed up, and where to. */
export interface ServerBackup extends BackupPlan {
  retentionDays: number;
  store: {
    /** `http(s)://host` or `http(s)://host:port`, outside of the cluster. */
    endpoint: string;
    bucket: string;
    /** Secret in the namespace `mlplatform` with `accessKeyId` and `secretAccessKey`. */
    secretName: string;
  };
  /** Folder of the bucket that is this stack's. */
  folder: string;
}

/**
 * What the operator is told of the store: it copies what is written there every five minutes at most, and whole backups at their times.
 * Barman Cloud in the operator itself, which 1.31 no longer has; its successor, a plugin, needs cert-manager, which few stacks have.
 * @see https://cloudnative-pg.io/docs/1.30/appendixes/backup_barmanobjectstore
 */
export function backupSpec(backup: ServerBackup, serverName: pulumi.Input<string>) {
  return {
    retentionPolicy: `${backup.retentionDays}d`,
    barmanObjectStore: {
      ...storeSpec(backup, serverName),
      wal: { compression: "gzip" },
      data: { compression: "gzip" },
    },
  };
}

/** Where a server's backups are, and the keys to them. */
export function storeSpec({ store, folder }: Pick<ServerBackup, "store" | "folder">, serverName: pulumi.Input<string>) {
  const secret = (key: string) => ({ name: store.secretName, key });
  return {
    destinationPath: `s3://${store.bucket}/${folder}`,
    endpointURL: store.endpoint,
    serverName,
    s3Credentials: { accessKeyId: secret("accessKeyId"), secretAccessKey: secret("secretAccessKey") },
  };
}

/**
 * What a server's folder in the store is called: one that is made again may not write into that of the one before, which the operator refuses.
 * @param origin what the server was made of; absent where that is past, and the folder stays what it is
 */
export function folderOfServer(
  name: string,
  cluster: string,
  origin: string | undefined,
  opts: pulumi.CustomResourceOptions,
): pulumi.Output<string> {
  const { hex } = new random.RandomId(
    name,
    { byteLength: 4, ...(origin === undefined ? {} : { keepers: { origin } }) },
    origin === undefined ? { ...opts, ignoreChanges: ["keepers"] } : opts,
  );
  return hex.apply((mark) => `${cluster}-${mark}`);
}

/** Whole backups at their times, the first at once. Its schedule begins with seconds. */
export function scheduledBackup(
  name: string,
  cluster: string,
  plan: BackupPlan,
  opts: pulumi.CustomResourceOptions,
): k8s.apiextensions.CustomResource {
  const { minute, hours } = backupTimes(plan);
  return new k8s.apiextensions.CustomResource(
    name,
    {
      apiVersion: "postgresql.cnpg.io/v1",
      kind: "ScheduledBackup",
      metadata: { name: cluster, namespace: platformNamespace },
      spec: {
        schedule: `0 ${minute} ${hours.join(",")} * * *`,
        immediate: true,
        backupOwnerReference: "self",
        cluster: { name: cluster },
      },
    },
    opts,
  );
}
