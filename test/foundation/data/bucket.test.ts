import { expect } from "chai";
import { Bucket, type BucketArgs } from "../../../components/foundation/data/bucket";
import { building, dropped, kept, keyArn, value } from "../../support/foundation";
import { dependencies, inputs, outline, statements } from "../../support/outline";

const args: BucketArgs = { keyArn, noncurrentVersionDays: 30, abortUploadDays: 7, protection: kept };
const made = (over: Partial<BucketArgs> = {}) => building(() => new Bucket("artifacts", { ...args, ...over }));
const lifecycle = async (over: Partial<BucketArgs>) =>
  inputs(await made(over), "s3.BucketLifecycleConfiguration artifacts").rules;
const settings = [
  "  s3.BucketLifecycleConfiguration artifacts",
  "  s3.BucketOwnershipControls artifacts",
  "  s3.BucketPolicy artifacts",
  "  s3.BucketPublicAccessBlock artifacts",
  "  s3.BucketServerSideEncryptionConfiguration artifacts",
  "  s3.BucketVersioning artifacts",
];

const oldVersions = {
  id: "old-versions",
  status: "Enabled",
  filter: {},
  noncurrentVersionExpiration: { noncurrentDays: 30 },
  abortIncompleteMultipartUpload: { daysAfterInitiation: 7 },
};

describe("a bucket", () => {
  it("that is kept: protected and retained itself, its settings not, and never emptied", async () => {
    const registrations = await made();
    expect(outline(registrations)).to.deep.equal([
      "Bucket artifacts",
      "  s3.Bucket artifacts (protected, retained)",
      ...settings,
    ]);
    expect(inputs(registrations, "s3.Bucket artifacts")).to.deep.equal({ forceDestroy: false });
  });

  it("that is dropped: goes with the stack, objects included", async () => {
    const registrations = await made({ protection: dropped });
    expect(outline(registrations)).to.deep.equal(["Bucket artifacts", "  s3.Bucket artifacts", ...settings]);
    expect(inputs(registrations, "s3.Bucket artifacts")).to.deep.equal({ forceDestroy: true });
  });

  it("is private, encrypted with the given key, versioned, and owns every object", async () => {
    const registrations = await made();
    const of = { bucket: "artifacts-id" };
    for (const [setting, expected] of Object.entries({
      BucketPublicAccessBlock: {
        ...of,
        blockPublicAcls: true,
        blockPublicPolicy: true,
        ignorePublicAcls: true,
        restrictPublicBuckets: true,
      },
      BucketServerSideEncryptionConfiguration: {
        ...of,
        rules: [
          {
            applyServerSideEncryptionByDefault: { sseAlgorithm: "aws:kms", kmsMasterKeyId: keyArn },
            bucketKeyEnabled: true,
          },
        ],
      },
      BucketVersioning: { ...of, versioningConfiguration: { status: "Enabled" } },
      BucketOwnershipControls: { ...of, rule: { objectOwnership: "BucketOwnerEnforced" } },
    })) {
      expect(inputs(registrations, `s3.${setting} artifacts`), setting).to.deep.equal(expected);
    }
  });

  it("refuses plain HTTP to everybody, once it is closed to the public", async () => {
    const registrations = await made();
    const arn = "arn:aws:fake:eu-west-1:000000000000:aws:s3/bucket:Bucket/artifacts";
    expect(statements(registrations, "s3.BucketPolicy artifacts")).to.deep.equal([
      {
        Sid: "DenyPlainHttp",
        Effect: "Deny",
        Principal: "*",
        Action: ["s3:*"],
        Resource: [arn, `${arn}/*`],
        Condition: { Bool: { "aws:SecureTransport": "false" } },
      },
    ]);
    expect(dependencies(registrations, "s3.BucketPolicy artifacts")).to.include("s3.BucketPublicAccessBlock artifacts");
  });

  it("sets rules on versions only after versioning is on", async () => {
    expect(dependencies(await made(), "s3.BucketLifecycleConfiguration artifacts")).to.include(
      "s3.BucketVersioning artifacts",
    );
  });

  for (const [what, over, rules] of [
    ["cleans up versions and unfinished uploads, and nothing else, by default", {}, [oldVersions]],
    [
      "moves objects to cheaper storage when asked",
      { infrequentAccessDays: 90 },
      [
        oldVersions,
        {
          id: "cheaper-storage",
          status: "Enabled",
          filter: {},
          transitions: [{ days: 90, storageClass: "STANDARD_IA" }],
        },
      ],
    ],
    [
      "deletes objects below the given prefixes alone",
      { expirePrefixDays: { "airflow/": 14 } },
      [
        oldVersions,
        { id: "expire-airflow-", status: "Enabled", filter: { prefix: "airflow/" }, expiration: { days: 14 } },
      ],
    ],
  ] as const) {
    it(what, async () => {
      expect(await lifecycle(over)).to.deep.equal(rules);
    });
  }

  it("tells its name, ARN, address and key", async () => {
    let bucket!: Bucket;
    const outputs = (type: string) => (type === "aws:s3/bucket:Bucket" ? { bucket: "artifacts-made-up" } : undefined);
    await building(() => (bucket = new Bucket("artifacts", args)), { outputs });
    expect(await value(bucket.uri)).to.equal("s3://artifacts-made-up");
    expect(await value(bucket.bucketName)).to.equal("artifacts-made-up");
    expect(await value(bucket.bucketArn)).to.contain("s3");
    expect(await value(bucket.keyArn)).to.equal(keyArn);
  });
});
