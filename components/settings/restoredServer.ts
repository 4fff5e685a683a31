import { z } from "zod";
import { momentUtc } from "./formats";

/** `foundation.database.restoreFrom` of PostgreSQL in the cluster. */
export const restoredServer = z
  .strictObject({
    folder: z
      .string()
      .max(253)
      .regex(
        /^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*$/,
        "the folder of a server in the bucket of backup.store: STACK/database-MARK",
      )
      .describe("Folder that the server wrote its backups to, in the bucket of `backup.store`.")
      .meta({ examples: ["mlplatform-prod/database-0a1b2c3d"] }),
    time: momentUtc()
      .optional()
      .describe(
        "The moment, in UTC: after the end of a backup, and before the last thing that was written. Without it the latest that there is.",
      ),
  })
  .meta({ title: "restored server" });

export type RestoredServer = z.output<typeof restoredServer>;
