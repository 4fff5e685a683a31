import { minimalAws, minimalExisting, onAws, onExisting } from "../fixtures";
import { backupStore } from "./configs";
import { accept, refuse } from "./table";

describe("rules between settings: backup", () => {
  refuse([
    ["backups of a cluster without a store", { ...minimalExisting(), backup: {} }, "backup.store", /write store/],
    [
      "backups of a server that somebody else keeps",
      {
        ...onExisting({ database: { kind: "adopt", host: "postgres.data.svc", adminSecretName: "admin" } }),
        backup: { store: backupStore },
      },
      "backup",
      /leave the section out, or write objects: true/,
    ],
    [
      "a store of backups on AWS",
      { ...minimalAws(), backup: { store: backupStore } },
      "backup.store",
      /leave store out/,
    ],
    [
      "copies of buckets in the store that they are copied from",
      {
        ...onExisting({
          objectStore: { kind: "adopt", endpoint: backupStore.endpoint, bucket: "ml-data", secretName: "object-store" },
        }),
        backup: { store: backupStore, objects: true },
      },
      "backup.store.endpoint",
      /name a store elsewhere/,
    ],
    [
      "a lock in a cluster",
      { ...minimalExisting(), backup: { store: backupStore, lock: "governance" } },
      "backup.lock",
      /leave/,
    ],
    [
      "a vault for a cluster",
      {
        ...minimalExisting(),
        backup: { store: backupStore, copyVaultArn: "arn:aws:backup:eu-west-1:111122223333:backup-vault:copy" },
      },
      "backup.copyVaultArn",
      /leave/,
    ],
    [
      "a lock for compliance where data is to go with the stack",
      { ...onAws({ dataProtection: false }), backup: { lock: "compliance" } },
      "backup.lock",
      /lock: governance, or dataProtection: true/,
    ],
    [
      "a copy beside the backup",
      {
        ...onAws({ accountId: "000000000000" }),
        backup: { copyVaultArn: "arn:aws:backup:eu-west-1:000000000000:backup-vault:copy" },
      },
      "backup.copyVaultArn",
      /a vault elsewhere/,
    ],
    [
      "a loss of which the half does not divide a day",
      { ...minimalAws(), backup: { maxLossHours: 10 } },
      "backup.maxLossHours",
      /4, 6, 8, 12, 24, 48/,
    ],
    [
      "a copy in what is no vault",
      { ...minimalAws(), backup: { copyVaultArn: "arn:aws:s3:::copy" } },
      "backup.copyVaultArn",
      /ARN of a vault/,
    ],
  ]);

  accept([
    [
      "a copy in another region of the account",
      {
        ...onAws({ accountId: "000000000000" }),
        backup: { copyVaultArn: "arn:aws:backup:eu-central-1:000000000000:backup-vault:copy" },
      },
    ],
    [
      "a copy in another account of the region",
      {
        ...onAws({ accountId: "000000000000" }),
        backup: { copyVaultArn: "arn:aws:backup:eu-west-1:111122223333:backup-vault:copy" },
      },
    ],
    ["backups of a cluster", { ...minimalExisting(), backup: { store: backupStore } }],
    ["copies of its buckets", { ...minimalExisting(), backup: { store: backupStore, objects: true } }],
    [
      "copies of buckets beside a server that somebody else keeps",
      {
        ...onExisting({ database: { kind: "adopt", host: "postgres.data.svc", adminSecretName: "admin" } }),
        backup: { store: backupStore, objects: true },
      },
    ],
    [
      "a server of a cluster's backups",
      {
        ...onExisting({
          database: { restoreFrom: { folder: "mlplatform-dev/database-0a1b2c3d", time: "2026-11-30T12:00:00Z" } },
        }),
        backup: { store: backupStore },
      },
    ],
    ["a lock for compliance on protected data", { ...minimalAws(), backup: { lock: "compliance" } }],
  ]);
});
