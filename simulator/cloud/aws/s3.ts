/** S3. https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
import { describeTypes, type Limit, longest, oneOf, policyDocument, type Situation } from "./describe";
import * as type from "./tokens";

/** Parts of a bucket's configuration go with the bucket, so they never keep it from being deleted. */
function part(
  name: string,
  more: {
    limits?: Limit[];
    refs?: Record<string, { to: string[]; holds?: boolean }>;
    computed?: Record<string, (x: Situation) => unknown>;
    defaults?: Record<string, unknown>;
  } = {},
) {
  return {
    type: `aws:s3/${name[0]!.toLowerCase()}${name.slice(1)}:${name}`,
    id: (x: Situation) => x.inputs.bucket,
    forces: ["bucket"],
    claims: (x: Situation) => [`${name} of ${x.inputs.bucket}`],
    ...more,
    refs: { bucket: { to: [type.bucket], holds: false }, ...more.refs },
  };
}

const bucketName =
  /^(?!\d+\.\d+\.\d+\.\d+$)(?!xn--|sthree-|amzn-s3-demo-)(?!.*(-s3alias|--ol-s3|\.mrap|--x-s3)$)(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

describeTypes(
  {
    type: type.bucket,
    id: (x) => x.inputs.bucket,
    arn: (x) => `arn:aws:s3:::${x.inputs.bucket}`,
    name: {
      property: "bucket",
      longest: 63,
      lowerCase: true,
      allowed: bucketName,
      allowedMeans: "3 to 63 lower-case letters, digits, . and -, with a letter or digit at both ends",
      uniqueIn: "everywhere",
    },
    forces: ["objectLockEnabled", "bucketNamespace"],
    limits: [policyDocument("policy", 20480)],
    defaults: { forceDestroy: false },
    computed: {
      bucketDomainName: (x) => `${x.inputs.bucket}.s3.simulated.invalid`,
      bucketRegionalDomainName: (x) => `${x.inputs.bucket}.s3.${x.region}.simulated.invalid`,
      bucketRegion: (x) => x.region,
      hostedZoneId: () => "Z000SIMULATED",
      acl: () => "private",
      requestPayer: () => "BucketOwner",
      objectLockEnabled: () => false,
      versioning: () => ({ enabled: false, mfaDelete: false }),
      serverSideEncryptionConfiguration: () => ({
        rule: { applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } },
      }),
      websiteDomain: () => "",
      websiteEndpoint: () => "",
      grants: () => [],
    },
  },
  part("BucketVersioning", { limits: [oneOf("versioningConfiguration.status", "Enabled", "Suspended", "Disabled")] }),
  part("BucketServerSideEncryptionConfiguration", {
    refs: { "rules[].applyServerSideEncryptionByDefault.kmsMasterKeyId": type.keyReference },
    limits: [oneOf("rules[].applyServerSideEncryptionByDefault.sseAlgorithm", "AES256", "aws:kms", "aws:kms:dsse")],
  }),
  {
    type: "aws:s3/bucketObjectv2:BucketObjectv2",
    id: (x) => `${x.inputs.bucket}/${x.inputs.key}`,
    arn: (x) => `arn:aws:s3:::${x.inputs.bucket}/${x.inputs.key}`,
    forces: ["bucket", "key"],
    // https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html
    mostTags: 10,
    refs: { bucket: { to: [type.bucket], holds: false }, kmsKeyId: type.keyReference },
    limits: [longest("key", 1024)],
    claims: (x) => [`object ${x.inputs.bucket}/${x.inputs.key}`],
    defaults: { acl: "private", forceDestroy: false },
    computed: {
      storageClass: () => "STANDARD",
      serverSideEncryption: () => "aws:kms",
      etag: () => "simulated",
      versionId: (x) => x.digits("version", 32),
    },
  },
  part("BucketPublicAccessBlock"),
  part("BucketPolicy", { limits: [policyDocument("policy", 20480)] }),
  part("BucketLifecycleConfiguration", {
    limits: [
      oneOf("rules[].status", "Enabled", "Disabled"),
      oneOf(
        "rules[].transitions[].storageClass",
        "GLACIER",
        "STANDARD_IA",
        "ONEZONE_IA",
        "INTELLIGENT_TIERING",
        "DEEP_ARCHIVE",
        "GLACIER_IR",
      ),
    ],
    computed: { transitionDefaultMinimumObjectSize: () => "all_storage_classes_128K" },
  }),
  part("BucketOwnershipControls", {
    limits: [oneOf("rule.objectOwnership", "BucketOwnerPreferred", "ObjectWriter", "BucketOwnerEnforced")],
  }),
  part("BucketLogging", { refs: { targetBucket: { to: [type.bucket], holds: false } } }),
  part("BucketCorsConfiguration"),
  part("BucketNotification", {
    refs: {
      "lambdaFunctions[].lambdaFunctionArn": { to: [type.lambda], holds: false },
      "queues[].queueArn": { to: [type.queue], holds: false },
      "topics[].topicArn": { to: [type.topic], holds: false },
    },
  }),
);
