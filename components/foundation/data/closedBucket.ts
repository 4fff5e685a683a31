import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { denyPlainHttp } from "../../identity/policies/data";
import { policyDocument, type ResourcePolicyStatement } from "../../lib/statements";
import type { DataProtection } from "./protection";

/** A bucket of which nothing can be made public, and to which nobody comes without TLS. */
export interface ClosedBucket {
  bucket: aws.s3.Bucket;
  /** Depend on it to come after who may do what. */
  policy: aws.s3.BucketPolicy;
}

/**
 * Makes one. What encrypts its objects, and how long they stay, is for the caller to say.
 * @param allowed by the bucket's own policy, beside what roles are allowed, once its ARN is known
 * @param bucketName its whole name; without one the engine adds a random end to the name
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html
 */
export function closedBucket(
  name: string,
  protection: DataProtection,
  opts: pulumi.CustomResourceOptions,
  allowed: (arn: string) => ResourcePolicyStatement[] = () => [],
  bucketName?: string,
): ClosedBucket {
  // An unprotected stack must go in one `pulumi destroy`, objects included; a protected one must not go at all.
  const bucket = new aws.s3.Bucket(
    name,
    { forceDestroy: !protection.keep, ...(bucketName === undefined ? {} : { bucket: bucketName }) },
    { ...opts, ...protection.options },
  );
  const of = { bucket: bucket.id };
  new aws.s3.BucketOwnershipControls(name, { ...of, rule: { objectOwnership: "BucketOwnerEnforced" } }, opts);
  const closed = new aws.s3.BucketPublicAccessBlock(
    name,
    { ...of, blockPublicAcls: true, blockPublicPolicy: true, ignorePublicAcls: true, restrictPublicBuckets: true },
    opts,
  );
  const policy = new aws.s3.BucketPolicy(
    name,
    { ...of, policy: bucket.arn.apply((arn) => policyDocument([...denyPlainHttp(arn), ...allowed(arn)])) },
    { ...opts, dependsOn: closed }, // S3 refuses two changes to a bucket's access at once.
  );
  return { bucket, policy };
}
