/** KMS. https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateKey.html */
import { between, describeTypes, longest, oneOf, policyDocument, type Situation } from "./describe";
import * as type from "./tokens";

const keyId = (x: Situation) => `51300000-0000-0000-0000-${x.digits("id", 12)}`;

describeTypes(
  {
    type: type.key,
    id: keyId,
    arn: (x) => `arn:aws:kms:${x.region}:${x.account.number}:key/${keyId(x)}`,
    forces: ["keyUsage", "customerMasterKeySpec", "multiRegion", "customKeyStoreId", "xksKeyId"],
    limits: [
      between("deletionWindowInDays", 7, 30, "days"),
      between("rotationPeriodInDays", 90, 2560, "days"),
      longest("description", 8192),
      policyDocument("policy", 32768),
      oneOf("keyUsage", "ENCRYPT_DECRYPT", "SIGN_VERIFY", "GENERATE_VERIFY_MAC", "KEY_AGREEMENT"),
    ],
    defaults: {
      keyUsage: "ENCRYPT_DECRYPT",
      customerMasterKeySpec: "SYMMETRIC_DEFAULT",
      isEnabled: true,
      bypassPolicyLockoutSafetyCheck: false,
      enableKeyRotation: false,
    },
    computed: {
      keyId,
      description: () => "",
      multiRegion: () => false,
      rotationPeriodInDays: () => 365,
      policy: (x) =>
        JSON.stringify({
          Version: "2012-10-17",
          Statement: [
            {
              Effect: "Allow",
              Principal: { AWS: `arn:aws:iam::${x.account.number}:root` },
              Action: "kms:*",
              Resource: "*",
            },
          ],
        }),
    },
  },
  {
    type: type.keyAlias,
    id: (x) => x.inputs.name,
    arn: "kms:{region}:{account}:{id}",
    // https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateAlias.html
    name: {
      longest: 256,
      allowed: /^alias\/(?!aws\/)[a-zA-Z0-9/_-]+$/,
      allowedMeans: "alias/ and then letters, digits and /_-, not alias/aws/",
      automatic: false,
    },
    refs: { targetKeyId: { to: [type.key], holds: false } },
    computed: { targetKeyArn: (x) => x.referred("targetKeyId")?.outputs.arn, name: (x) => `alias/${x.logicalName}` },
  },
);
