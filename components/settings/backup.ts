import { z } from "zod";
import { endpointUrl, s3BucketName, secretName, whole } from "./formats";

/** Hours of which the half divides a day, so that backups come at the same times every day. */
const losses = [4, 6, 8, 12, 24, 48] as const;

const store = z
  .strictObject({
    endpoint: endpointUrl()
      .describe(
        "Address of the store as pods see it. Not that of the stack's own: what is lost with it would be lost twice.",
      )
      .meta({ examples: ["https://s3.backup.example.com"] }),
    bucket: s3BucketName()
      .describe("Bucket of it, which exists; each stack has a folder by its name.")
      .meta({ examples: ["mlplatform-backup"] }),
    secretName: secretName()
      .describe(
        "Name of a Kubernetes Secret in the namespace `mlplatform` with the keys `accessKeyId` and `secretAccessKey`.",
      )
      .meta({ examples: ["backup-store"] }),
  })
  .meta({ title: "store of backups" });

/** `backup`: copies of what the stack cannot make again, in a place of their own. */
export const backup = z
  .strictObject({
    maxLossHours: z
      .union(
        losses.map((hours) => z.literal(hours)),
        `one of ${losses.join(", ")}`,
      )
      .default(24)
      .describe(
        "At most so many hours of work are lost when all but the backups is gone: one is taken every half of it, and has the other half to end. " +
          "An alarm tells when there is none of the database so young. PostgreSQL in a cluster loses less: what it writes is copied every five minutes.",
      ),
    startTime: z
      .string()
      .regex(/^([01]\d|2[0-3]):[0-5]\d$/, "hh:mm in UTC, such as 05:00")
      .default("05:00")
      .describe(
        "Time of the day, UTC, at which one of the backups begins. RDS takes none in the hour before `backupWindow` and " +
          "`maintenanceWindow` of `foundation.database`, nor in them: a backup waits up to three hours, with less than 8 `maxLossHours` up to two or one.",
      ),
    retentionDays: whole(2, 3650)
      .default(35)
      .describe(
        "Days that each backup is kept. A vault's lock keeps the days that it was made with: with a lock this may become more, and not less.",
      ),
    objects: z
      .boolean()
      .default(false)
      .describe(
        "Back up the buckets `artifacts` and `data` too. Without it they have on AWS `foundation.storage.noncurrentVersionDays` alone, which " +
          "helps against a slip and not against the loss of a bucket, and elsewhere nothing. On an existing cluster a pod of the image `release` copies them to `store`.",
      ),
    copyVaultArn: z
      .string()
      .regex(
        /^arn:aws[a-z-]*:backup:[a-z0-9-]+:\d{12}:backup-vault:[A-Za-z0-9_-]{2,50}$/,
        "the ARN of a vault, arn:aws:backup:<region>:<account>:backup-vault:<name>",
      )
      .optional()
      .describe(
        "Vault of another region or account (aws only) that each backup is copied to, and kept in as long. It must exist; docs/backup.md has the commands. " +
          "Without it the backups are lost with the account.",
      )
      .meta({ examples: ["arn:aws:backup:eu-central-1:111122223333:backup-vault:mlplatform"] }),
    lock: z
      .enum(["none", "governance", "compliance"])
      .default("none")
      .describe(
        "Who may delete a backup before its time (aws only). `none`: who has the permission. `governance`: nobody, until somebody takes the lock away, which " +
          "is a permission of its own. `compliance`: three days after `up` nobody, not even AWS, and the lock stays for ever.",
      ),
    store: store
      .optional()
      .describe(
        "S3 store outside of the cluster that gets the backups of PostgreSQL, and with `objects` of the buckets. For an existing cluster, and needed there.",
      ),
  })
  .meta({ title: "backup" });

export type BackupSettings = z.output<typeof backup>;
