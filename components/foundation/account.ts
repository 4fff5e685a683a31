import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import type { AwsAccount } from "../contracts/account";
import { SettingsProblems } from "../settings/problems";
import { Lookups } from "./lookups";

/**
 * Reads account and partition with the credentials the stack will be built with.
 * @throws SettingsProblems when there are none, or not for this account.
 */
export async function readAccount(region: string, opts: pulumi.InvokeOptions): Promise<AwsAccount> {
  const lookups = new Lookups();
  const [identity, partition] = await Promise.all([
    lookups.find(
      "foundation.region",
      region,
      "a region, and credentials that hold in it",
      aws.getCallerIdentity({}, opts),
    ),
    aws.getPartition({}, opts),
  ]);
  if (identity === undefined) throw new SettingsProblems(lookups.problems);
  return { accountId: identity.accountId, region, partition: partition.partition };
}
