import { minimalAws, onAws, onExisting } from "../fixtures";
import { backupStore } from "./configs";
import { accept, refuse } from "./table";

describe("rules between settings: database", () => {
  refuse([
    [
      "database class that does not exist",
      onAws({ database: { instanceClass: "db.t4.medium" } }),
      "foundation.database.instanceClass",
      /write db\.t4g\.medium/,
    ],
    [
      "storage limit below storage",
      onAws({ database: { storageGiB: 200 } }),
      "foundation.database.maxStorageGiB",
      /at least storageGiB, 200/,
    ],
    [
      "protected data without backup",
      onAws({ database: { backupRetentionDays: 0 } }),
      "foundation.database.backupRetentionDays",
      /dataProtection/,
    ],
    [
      "storage limit too close to storage",
      onAws({ database: { storageGiB: 100, maxStorageGiB: 109 } }),
      "foundation.database.maxStorageGiB",
      /a tenth of it more.*write maxStorageGiB: 110$/,
    ],
    [
      "storage with nothing left to grow",
      onAws({ database: { storageGiB: 60000, maxStorageGiB: 65536 } }),
      "foundation.database.storageGiB",
      /59578/,
    ],
    ["PostgreSQL too old", onAws({ database: { engineVersion: "14" } }), "foundation.database.engineVersion", /15/],
    [
      "backup window too short",
      onAws({ database: { backupWindow: "23:50-00:10" } }),
      "foundation.database.backupWindow",
      /at least 30 minutes; this is 20/,
    ],
    [
      "maintenance window too short",
      onAws({ database: { maintenanceWindow: "sun:23:50-mon:00:10" } }),
      "foundation.database.maintenanceWindow",
      /at least 30 minutes; this is 20/,
    ],
    [
      "maintenance during the backup",
      onAws({ database: { backupWindow: "02:00-03:00", maintenanceWindow: "sun:02:30-sun:04:00" } }),
      "foundation.database.maintenanceWindow",
      /apart from backupWindow/,
    ],
    [
      "maintenance that a backup starts in",
      onAws({ database: { backupWindow: "02:00-03:00", maintenanceWindow: "sat:23:00-sun:02:30" } }),
      "foundation.database.maintenanceWindow",
      /apart from backupWindow/,
    ],
    [
      "maintenance during a backup over the end of the week",
      onAws({ database: { backupWindow: "23:45-00:30", maintenanceWindow: "mon:00:00-mon:01:00" } }),
      "foundation.database.maintenanceWindow",
      /apart from backupWindow/,
    ],
    [
      "a server of backups without their store",
      onExisting({ database: { restoreFrom: { folder: "mlplatform-dev/database-0a1b2c3d" } } }),
      "foundation.database.restoreFrom",
      /write backup: \{ store/,
    ],
    [
      "a server of a folder that no server writes to",
      { ...onExisting({ database: { restoreFrom: { folder: "database" } } }), backup: { store: backupStore } },
      "foundation.database.restoreFrom.folder",
      /database-0a1b2c3d/,
    ],
    [
      "denied family of the database",
      { ...minimalAws(), governance: { deniedInstanceFamilies: ["t4g"] } },
      "foundation.database.instanceClass",
      /deniedInstanceFamilies/,
    ],
    [
      "family of the database that is not allowed",
      { ...minimalAws(), governance: { allowedInstanceFamilies: ["m7i"] } },
      "foundation.database.instanceClass",
      /allowedInstanceFamilies: m7i/,
    ],
  ]);

  accept([
    [
      "windows that touch",
      onAws({ database: { backupWindow: "23:30-00:00", maintenanceWindow: "mon:00:00-mon:00:30" } }),
    ],
    ["a tenth more storage to grow into", onAws({ database: { storageGiB: 200, maxStorageGiB: 220 } })],
  ]);
});
