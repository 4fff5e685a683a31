import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { ObjectStore } from "../../contracts/foundation";
import type { ResourcePolicyStatement } from "../../lib/statements";
import { closedBucket } from "./closedBucket";
import type { DataProtection } from "./protection";

/** How a bucket treats what is put into it. */
export interface BucketArgs {
  /** Whole name, for a bucket that is looked for by it. Without one the engine adds a random end to the name. */
  bucketName?: string;
  /** Key that encrypts every object. */
  keyArn: pulumi.Input<string>;
  /** Overwritten and deleted versions stay this long, in days. */
  noncurrentVersionDays: number;
  /** Parts of uploads that were never finished stay this long, in days. */
  abortUploadDays: number;
  /** Objects below a prefix are deleted at this age, in days, by prefix. */
  expirePrefixDays?: Record<string, number>;
  /** Objects move to cheaper storage at this age, in days; absent: never. */
  infrequentAccessDays?: number;
  /** What its own policy lets others do, once its ARN is known. */
  allowed?: (arn: string) => ResourcePolicyStatement[];
  protection: DataProtection;
}

/**
 * A private bucket: encrypted, versioned, reached over TLS alone.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html
 */
export class Bucket extends pulumi.ComponentResource implements ObjectStore {
  readonly bucketName: pulumi.Output<string>;
  readonly bucketArn: pulumi.Output<string>;
  readonly uri: pulumi.Output<string>;
  readonly keyArn: pulumi.Output<string>;

  constructor(name: string, args: BucketArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:foundation:Bucket", name, {}, opts);
    const child = { parent: this };
    const { bucket } = closedBucket(name, args.protection, child, args.allowed, args.bucketName);
    const of = { bucket: bucket.id };
    new aws.s3.BucketServerSideEncryptionConfiguration(
      name,
      {
        ...of,
        rules: [
          {
            applyServerSideEncryptionByDefault: { sseAlgorithm: "aws:kms", kmsMasterKeyId: args.keyArn },
            bucketKeyEnabled: true, // One request to KMS per bucket and while, not one per object.
          },
        ],
      },
      child,
    );
    const versioned = new aws.s3.BucketVersioning(
      name,
      { ...of, versioningConfiguration: { status: "Enabled" } },
      child,
    );
    new aws.s3.BucketLifecycleConfiguration(
      name,
      {
        ...of,
        rules: [
          {
            id: "old-versions",
            status: "Enabled",
            filter: {},
            noncurrentVersionExpiration: { noncurrentDays: args.noncurrentVersionDays },
            abortIncompleteMultipartUpload: { daysAfterInitiation: args.abortUploadDays },
          },
          ...(args.infrequentAccessDays === undefined
            ? []
            : [
                {
                  id: "cheaper-storage",
                  status: "Enabled",
                  filter: {},
                  transitions: [{ days: args.infrequentAccessDays, storageClass: "STANDARD_IA" }],
                },
              ]),
          ...Object.entries(args.expirePrefixDays ?? {}).map(([prefix, days]) => ({
            id: `expire-${prefix.replace(/\W+/g, "-")}`,
            status: "Enabled",
            filter: { prefix },
            expiration: { days },
          })),
        ],
      },
      { ...child, dependsOn: versioned }, // A rule on versions is refused before versioning is on.
    );

    this.bucketName = bucket.bucket;
    this.bucketArn = bucket.arn;
    this.uri = pulumi.interpolate`s3://${bucket.bucket}`;
    this.keyArn = pulumi.output(args.keyArn);
    this.registerOutputs({ bucketName: this.bucketName });
  }
}
