import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";

/** Where in AWS a stack lives. Plain values: they are read before the first resource is made. */
export interface AwsAccount {
  accountId: string;
  region: string;
  /** `aws`, or `aws-cn` and `aws-us-gov` in their regions. */
  partition: string;
}

/** Reads account and partition with the credentials the stack will be built with. */
export async function readAccount(region: string, opts: pulumi.InvokeOptions): Promise<AwsAccount> {
  const [identity, partition] = await Promise.all([aws.getCallerIdentity({}, opts), aws.getPartition({}, opts)]);
  return { accountId: identity.accountId, region, partition: partition.partition };
}
