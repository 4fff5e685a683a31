import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { AwsAccount } from "../../contracts/account";
import { receiveAccessLogs } from "../../identity/policies/data";
import { closedBucket } from "./closedBucket";
import type { DataProtection } from "./protection";

/** Who read and wrote, and who asked. */
export interface AccessLogsArgs {
  account: AwsAccount;
  /** Days that an entry stays. */
  retentionDays: number;
  protection: DataProtection;
}

/** Folders of the bucket. */
export const accessLogFolders = { buckets: "buckets/", loadBalancers: "load-balancers" };

/**
 * A bucket for the access logs of buckets and load balancers, which neither writes under a key of one's own.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html
 * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html
 */
export class AccessLogs extends pulumi.ComponentResource {
  /** Known once logs may be written. */
  readonly bucketName: pulumi.Output<string>;

  constructor(name: string, args: AccessLogsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:foundation:AccessLogs", name, {}, opts);
    const child = { parent: this };
    const { bucket, policy } = closedBucket(name, args.protection, child, (arn) =>
      receiveAccessLogs(args.account, arn, accessLogFolders),
    );
    const of = { bucket: bucket.id };
    new aws.s3.BucketServerSideEncryptionConfiguration(
      name,
      { ...of, rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }] },
      child,
    );
    new aws.s3.BucketLifecycleConfiguration(
      name,
      {
        ...of,
        rules: [{ id: "expire", status: "Enabled", filter: {}, expiration: { days: args.retentionDays } }],
      },
      child,
    );
    this.bucketName = policy.id; // A policy's id is its bucket's name.
    this.registerOutputs({ bucketName: this.bucketName });
  }
}
