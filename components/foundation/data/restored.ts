import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import type { RestoreFrom } from "../../settings/database";
import { otherServerLives } from "../restoreRefusal";

/** Tag of a server that says what it was made of. */
const originTag = "mlplatform/restored-from";

/** What the tag says: the snapshot, or the source and the moment. */
export const originOf = (from: RestoreFrom): string =>
  from.kind === "snapshot" ? from.snapshot : `${from.source} ${from.time ?? "latest"}`;

/** The inputs of a server that is made of what another left. All of them are of its making alone. */
export function restoredInputs(from: RestoreFrom): Partial<aws.rds.InstanceArgs> {
  const tags = { [originTag]: originOf(from) };
  if (from.kind === "snapshot") return { snapshotIdentifier: from.snapshot, tags };
  return {
    restoreToPointInTime: {
      ...(from.source.startsWith("arn:")
        ? { sourceDbInstanceAutomatedBackupsArn: from.source }
        : { sourceDbInstanceIdentifier: from.source }),
      ...(from.time === undefined ? { useLatestRestorableTime: true } : { restoreTime: from.time }),
    },
    tags,
  };
}

/**
 * What a server was made of is past: none is made anew since the setting is taken out, nor since a snapshot brought the key with it that it was
 * encrypted by.
 */
export const madeOnce = ["snapshotIdentifier", "restoreToPointInTime", "kmsKeyId"];

/**
 * Looks whether the server that is to be restored lives.
 * @throws SettingsProblems where one lives that was made of something else: nothing would be restored
 */
export async function lookAtRestored(from: RestoreFrom, identifier: string, opts: pulumi.InvokeOptions): Promise<void> {
  const filters = [{ name: "db-instance-id", values: [identifier] }];
  const { instanceIdentifiers } = await aws.rds.getInstances({ filters }, opts);
  if (instanceIdentifiers.length === 0) return;
  const { tags } = await aws.rds.getInstance({ dbInstanceIdentifier: identifier }, opts);
  const origin = tags[originTag];
  if (origin === originOf(from)) return;
  throw otherServerLives(
    identifier,
    originOf(from),
    origin,
    "rename the server that lives, which keeps it: " +
      `aws rds modify-db-instance --db-instance-identifier ${identifier} --new-db-instance-identifier ${identifier}-old --apply-immediately`,
  );
}
