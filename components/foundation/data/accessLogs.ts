import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { AwsAccount } from "../../contracts/account";
import { denyPlainHttp, receiveAccessLogs } from "../../identity/policies/data";
import { policyDocument } from "../../lib/statements";
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
    const { protection } = args;
    const bucket = new aws.s3.Bucket(name, { forceDestroy: !protection.keep }, { ...child, ...protection.options });
    const of = { bucket: bucket.id };
    new aws.s3.BucketOwnershipControls(name, { ...of, rule: { objectOwnership: "BucketOwnerEnforced" } }, child);
    const closed = new aws.s3.BucketPublicAccessBlock(
      name,
      { ...of, blockPublicAcls: true, blockPublicPolicy: true, ignorePublicAcls: true, restrictPublicBuckets: true },
      child,
    );
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
    const policy = new aws.s3.BucketPolicy(
      name,
      {
        ...of,
        policy: bucket.arn.apply((arn) =>
          policyDocument([...denyPlainHttp(arn), ...receiveAccessLogs(args.account, arn, accessLogFolders)]),
        ),
      },
      { ...child, dependsOn: closed }, // S3 refuses two changes to a bucket's access at once.
    );
    this.bucketName = policy.id; // A policy's id is its bucket's name.
    this.registerOutputs({ bucketName: this.bucketName });
  }
}
