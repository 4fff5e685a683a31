import type { BackupSettings } from "../backup";
import type { ExistingFoundationSettings } from "../existingFoundation";
import type { RuleProblem } from "../problems";
import type { Settings } from "../settings";

/** Backups: where they can be, and what can be undone. */
export function backupRules({ backup, foundation }: Partial<Settings>): RuleProblem[] {
  if (foundation === undefined) return [];
  if (backup === undefined) return restoredWithoutStore(foundation);
  if (foundation.kind === "existing") return onCluster(backup, foundation);
  const problems: RuleProblem[] = [];
  if (backup.lock === "compliance" && !foundation.dataProtection) {
    problems.push({
      path: ["backup", "lock"],
      value: backup.lock,
      allowed:
        "none or governance while foundation.dataProtection is false: nobody can ever delete a vault with this lock before its backups end",
      remedy: "write lock: governance, or dataProtection: true",
      restsOn: [["foundation", "dataProtection"]],
    });
  }
  if (backup.store !== undefined) problems.push(refused("store", undefined, "existing"));
  const [, , , region, accountId] = backup.copyVaultArn?.split(":") ?? [];
  if (region === foundation.region && accountId === foundation.accountId) {
    problems.push({
      path: ["backup", "copyVaultArn"],
      value: backup.copyVaultArn,
      allowed: "a vault of another region or account: this one would be lost with what it is a copy of",
      remedy: "name a vault elsewhere, or leave copyVaultArn out",
      restsOn: [
        ["foundation", "region"],
        ["foundation", "accountId"],
      ],
    });
  }
  return problems;
}

/** What a server in a cluster is restored from lies in the store of backups, and takes the image that has Barman Cloud. */
function restoredWithoutStore(foundation: Settings["foundation"]): RuleProblem[] {
  if (foundation.kind !== "existing" || foundation.database.kind !== "cloudnativepg") return [];
  const { restoreFrom } = foundation.database;
  if (restoreFrom === undefined) return [];
  return [
    {
      path: ["foundation", "database", "restoreFrom"],
      value: restoreFrom.folder,
      allowed: "with the section backup, whose store holds that folder",
      remedy: "write backup: { store: { endpoint: …, bucket: …, secretName: … } }, or leave restoreFrom out",
    },
  ];
}

function refused(key: keyof BackupSettings, value: unknown, kind: "aws" | "existing"): RuleProblem {
  return {
    path: ["backup", key],
    value,
    allowed: `only on foundation.kind: ${kind}`,
    remedy: `leave ${key} out`,
    restsOn: [["foundation", "kind"]],
  };
}

/** In a cluster PostgreSQL and buckets are backed up, to a store that is not the cluster's. */
function onCluster(backup: BackupSettings, { database, objectStore }: ExistingFoundationSettings): RuleProblem[] {
  const problems: RuleProblem[] = [];
  if (database.kind === "adopt" && !backup.objects) {
    problems.push({
      path: ["backup"],
      value: undefined,
      allowed:
        "with foundation.database.kind: cloudnativepg, or with objects: true; a server that exists is backed up by who keeps it",
      remedy: "leave the section out, or write objects: true to copy the buckets alone",
      restsOn: [["foundation", "database", "kind"]],
    });
  }
  if (backup.store === undefined) {
    problems.push({
      path: ["backup", "store"],
      value: undefined,
      allowed: "an S3 store outside of the cluster",
      remedy: "write store: { endpoint: …, bucket: …, secretName: … }",
      restsOn: [["foundation", "kind"]],
    });
  }
  const adopted = objectStore.kind === "adopt" ? objectStore : undefined;
  const { store } = backup;
  if (adopted !== undefined && store !== undefined && new URL(adopted.endpoint).host === new URL(store.endpoint).host) {
    problems.push({
      path: ["backup", "store", "endpoint"],
      value: store.endpoint,
      allowed: "another store than foundation.objectStore: what is lost with it would be lost twice",
      remedy: "name a store elsewhere",
      restsOn: [["foundation", "objectStore"]],
    });
  }
  if (backup.copyVaultArn !== undefined) problems.push(refused("copyVaultArn", backup.copyVaultArn, "aws"));
  if (backup.lock !== "none") problems.push(refused("lock", backup.lock, "aws"));
  return problems;
}
