import { z } from "zod";
import { momentUtc, whole } from "./formats";

/** Of the 65536 GiB that RDS allows a tenth must be left to grow. */
const mostStorageGiB = 59578;

/** Major versions of PostgreSQL that a stack may have on RDS. */
export const postgresVersions = ["15", "16", "17"] as const;

const automatedBackup = /^arn:aws[a-z-]*:rds:[a-z0-9-]+:\d{12}:auto-backup:ab-[a-z0-9]+$/;
const instanceName = /^[a-z](?!.*--)[a-z0-9-]{0,61}[a-z0-9]$/;

/** What the server is made of where it does not exist yet. */
const restoreFrom = z.discriminatedUnion("kind", [
  z
    .strictObject({
      kind: z
        .literal("snapshot")
        .describe("A snapshot: one of RDS, of AWS Backup, or the last one of a stack that was destroyed."),
      snapshot: z
        .string()
        .regex(/^[A-Za-z][\w.:/-]{0,254}$/, "the name of a snapshot of RDS in this account and region, or an ARN")
        .describe("Its name, or its ARN.")
        .meta({ examples: ["mlplatform-prod-before-0-1-0"] }),
    })
    .meta({ title: "snapshot" }),
  z
    .strictObject({
      kind: z.literal("pointInTime").describe("Any second that the backups of another server reach back to."),
      source: z
        .string()
        .refine(
          (text) => automatedBackup.test(text) || instanceName.test(text),
          "the identifier of an instance that lives, or the ARN of the automated backups that one left: arn:aws:rds:…:auto-backup:ab-…",
        )
        .describe("Identifier of an instance that lives, or the ARN of the automated backups of one that is gone.")
        .meta({ examples: ["mlplatform-old"] }),
      time: momentUtc().optional().describe("The moment, in UTC. Without it the latest that there is."),
    })
    .meta({ title: "point in time" }),
]);

/** `foundation.database` on AWS: the PostgreSQL server that holds one database and one user per application. */
export const database = z
  .strictObject({
    instanceClass: z
      .string()
      .regex(/^db\.[a-z0-9-]+\.[a-z0-9]+$/, "an RDS instance class such as db.t4g.medium")
      .default("db.t4g.medium")
      .describe("RDS instance class. Changing it restarts the database in the maintenance window."),
    engineVersion: z
      .enum(postgresVersions)
      .default("17")
      .describe("Major version of PostgreSQL, in quotes. A higher one upgrades in place and cannot be undone."),
    storageGiB: whole(20, mostStorageGiB)
      .default(20)
      .describe("Storage at first, in GiB. It can grow but never shrink."),
    maxStorageGiB: whole(20, 65536)
      .default(100)
      .describe(
        "Storage may grow by itself up to this many GiB, at least a tenth more than `storageGiB`; at " +
          "the limit the database stops accepting writes.",
      ),
    multiZone: z
      .boolean()
      .default(false)
      .describe("Keep a standby in another zone: fails over in about a minute, costs twice as much."),
    backupRetentionDays: whole(0, 35)
      .default(7)
      .describe("Days that any second can be restored to. 0 turns backups off, refused while `dataProtection` is on."),
    insights: z
      .enum(["none", "standard", "advanced"])
      .default("none")
      .describe(
        "CloudWatch Database Insights: what the database waits for, by statement. `standard` keeps 7 days, free of charge; `advanced` 15 months, billed by vCPU. " +
          "It is where Performance Insights' own console has gone. Statements, with what stands in them, can be read by whoever may look.",
      ),
    iamSignIn: z
      .boolean()
      .default(false)
      .describe(
        "Let people sign in to the database with tokens of IAM in place of passwords, as users that were granted `rds_iam`. Apps keep their passwords.",
      ),
    backupWindow: z
      .string()
      .regex(/^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$/, "hh:mm-hh:mm in UTC, at least 30 minutes")
      .optional()
      .describe("Daily time of the backup in UTC, such as 02:00-03:00. Without it AWS picks one."),
    maintenanceWindow: z
      .string()
      .regex(
        /^(mon|tue|wed|thu|fri|sat|sun):([01]\d|2[0-3]):[0-5]\d-(mon|tue|wed|thu|fri|sat|sun):([01]\d|2[0-3]):[0-5]\d$/,
        "ddd:hh:mm-ddd:hh:mm in UTC, such as sun:03:00-sun:04:00",
      )
      .optional()
      .describe("Weekly time of maintenance in UTC, such as sun:03:00-sun:04:00. Without it AWS picks one."),
    restoreFrom: restoreFrom
      .optional()
      .describe(
        "What a server that is not there yet is made of, in place of an empty one. Refused while one of another origin lives. It may be taken out once the " +
          "server is back: nothing is replaced then.",
      ),
  })
  .meta({ title: "database" });

/** `foundation.database.restoreFrom`. */
export type RestoreFrom = z.output<typeof restoreFrom>;

export type DatabaseSettings = z.output<typeof database>;
