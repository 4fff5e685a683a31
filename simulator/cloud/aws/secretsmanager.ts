/** Secrets Manager. Limits: https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html */
import { describeTypes, longest, policyDocument, type Situation } from "./describe";
import * as type from "./tokens";

const arn = (x: Situation) =>
  `arn:aws:secretsmanager:${x.region}:${x.account.number}:secret:${x.inputs.name}-sim${x.digits("arn", 3)}`;
const version = (x: Situation) => `51300000-0000-0000-0000-${x.digits(`version ${JSON.stringify(x.inputs)}`, 12)}`;

describeTypes(
  {
    type: type.secretType,
    id: arn,
    arn,
    name: { longest: 512, allowed: /^[A-Za-z0-9/_+=.@-]+$/, allowedMeans: "letters, digits and /_+=.@-" },
    refs: { kmsKeyId: type.keyReference },
    limits: [
      longest("description", 2048),
      policyDocument("policy", 20480),
      // https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DeleteSecret.html
      {
        path: "recoveryWindowInDays",
        wrong: (value) =>
          value === 0 || (value >= 7 && value <= 30) ? undefined : `is ${value}; 0, or 7 to 30 days are allowed`,
      },
    ],
    defaults: { recoveryWindowInDays: 30, forceOverwriteReplicaSecret: false },
    computed: { policy: () => "", replicas: () => [], name: (x) => x.inputs.name },
  },
  {
    type: "aws:secretsmanager/secretVersion:SecretVersion",
    id: (x) => `${x.referred("secretId")?.id ?? x.inputs.secretId}|${version(x)}`,
    forces: ["secretId", "secretString", "secretBinary"],
    refs: { secretId: { to: [type.secretType], holds: false } },
    limits: [
      {
        path: "secretString",
        wrong: (value) => (Buffer.byteLength(String(value)) > 65536 ? "holds more than 65,536 bytes" : undefined),
      },
    ],
    secretOutputs: ["secretString", "secretBinary"],
    computed: {
      arn: (x) => x.referred("secretId")?.outputs.arn,
      secretArn: (x) => x.referred("secretId")?.outputs.arn,
      versionId: version,
      versionStages: () => ["AWSCURRENT"],
      hasSecretStringWo: (x) => x.inputs.secretStringWo !== undefined,
    },
  },
  {
    type: "aws:secretsmanager/secretPolicy:SecretPolicy",
    id: (x) => x.inputs.secretArn,
    forces: ["secretArn"],
    refs: { secretArn: { to: [type.secretType], holds: false } },
    limits: [policyDocument("policy", 20480)],
    claims: (x) => [`policy of ${x.inputs.secretArn}`],
  },
);
