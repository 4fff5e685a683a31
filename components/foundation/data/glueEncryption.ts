import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";

/**
 * Has Glue encrypt what it writes, its logs and its bookmarks with the key of a store; nothing where the store has none.
 * @see https://docs.aws.amazon.com/glue/latest/dg/console-security-configurations.html
 */
export function glueEncryption(
  name: string,
  kmsKeyArn: pulumi.Output<string> | undefined,
  opts: pulumi.CustomResourceOptions,
): { securityConfiguration?: pulumi.Output<string> } {
  if (kmsKeyArn === undefined) return {};
  const made = new aws.glue.SecurityConfiguration(
    name,
    {
      encryptionConfiguration: {
        cloudwatchEncryption: { cloudwatchEncryptionMode: "SSE-KMS", kmsKeyArn },
        jobBookmarksEncryption: { jobBookmarksEncryptionMode: "CSE-KMS", kmsKeyArn },
        s3Encryption: { s3EncryptionMode: "SSE-KMS", kmsKeyArn },
      },
    },
    opts,
  );
  return { securityConfiguration: made.name };
}
