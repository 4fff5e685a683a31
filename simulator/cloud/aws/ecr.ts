/** ECR. https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html */
import { describeTypes, oneOf, policyDocument } from "./describe";
import * as type from "./tokens";

const registryId = (x: { account: { number: string } }) => x.account.number;

describeTypes(
  {
    type: type.repository,
    id: (x) => x.inputs.name,
    arn: "ecr:{region}:{account}:repository/{name}",
    name: {
      longest: 256,
      lowerCase: true,
      allowed: /^(?=.{2,})(?:[a-z0-9]+(?:[._-][a-z0-9]+)*\/)*[a-z0-9]+(?:[._-][a-z0-9]+)*$/,
      allowedMeans: "2 to 256 lower-case letters and digits, separated by single . _ - /",
    },
    forces: ["encryptionConfigurations"],
    refs: { "encryptionConfigurations[].kmsKey": type.keyReference },
    limits: [
      oneOf("imageTagMutability", "MUTABLE", "IMMUTABLE", "IMMUTABLE_WITH_EXCLUSION", "MUTABLE_WITH_EXCLUSION"),
      oneOf("encryptionConfigurations[].encryptionType", "AES256", "KMS", "KMS_DSSE"),
    ],
    defaults: { imageTagMutability: "MUTABLE" },
    computed: {
      registryId,
      repositoryUrl: (x) => `${x.account.number}.dkr.ecr.${x.region}.simulated.invalid/${x.inputs.name}`,
    },
  },
  {
    type: "aws:ecr/lifecyclePolicy:LifecyclePolicy",
    id: (x) => x.inputs.repository,
    forces: ["repository", "policy"],
    refs: { repository: { to: [type.repository], holds: false } },
    limits: [
      {
        path: "policy",
        wrong: (value) => {
          const { rules } = (typeof value === "string" ? JSON.parse(value) : value) as { rules?: unknown[] };
          return Array.isArray(rules) && rules.length > 0 && rules.length <= 50 ? undefined : "needs 1 to 50 rules";
        },
      },
    ],
    computed: { registryId },
    claims: (x) => [`lifecycle of ${x.inputs.repository}`],
  },
  {
    type: "aws:ecr/repositoryPolicy:RepositoryPolicy",
    id: (x) => x.inputs.repository,
    forces: ["repository"],
    refs: { repository: { to: [type.repository], holds: false } },
    limits: [policyDocument("policy", 10240)],
    computed: { registryId },
    claims: (x) => [`policy of ${x.inputs.repository}`],
  },
);
