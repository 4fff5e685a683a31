import fc from "fast-check";
import { parseSettings } from "../../components/settings/parse";
import type { Settings } from "../../components/settings/settings";
import { registeredApart } from "./registeredApart";

/** Stack config as it would be written, section by section. */
export type RawConfig = Record<string, unknown>;

const some = <T>(values: readonly T[]) => fc.constantFrom(...values);
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
/** Keys with no value are left out, as a person would. */
const block = (keys: Record<string, fc.Arbitrary<unknown>>) =>
  fc.record(keys).map((value) => Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)));

/** Endpoints that a stack without NAT needs, whatever its sections. */
const everyEndpoint = [
  ...[
    "s3",
    "ecr.api",
    "ecr.dkr",
    "ec2",
    "eks",
    "eks-auth",
    "sts",
    "logs",
    "secretsmanager",
    "elasticloadbalancing",
    "kms",
  ],
  ...[
    "autoscaling",
    "application-autoscaling",
    "ssm",
    "sqs",
    "elasticfilesystem",
    "sagemaker.api",
    "sagemaker.runtime",
    "states",
    "monitoring",
  ],
  ...["sns", "events", "airflow.api", "airflow.env", "airflow.ops"],
];

const madeUpCertificate = `arn:aws:acm:eu-west-1:000000000000:certificate/${"0".repeat(8)}-0000-0000-0000-${"0".repeat(12)}`;

const adoptedNetwork = {
  kind: "adopt",
  vpcId: "vpc-0123456789abcdef0",
  privateSubnetIds: ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"],
  publicSubnetIds: ["subnet-0123456789abcdef2", "subnet-0123456789abcdef3"],
};

const network = fc.oneof(
  fc
    .record({
      cidr: some(["10.0.0.0/16", "10.20.0.0/18", "192.168.0.0/20"]),
      podCidr: some(["100.64.0.0/16", "100.80.0.0/16"]),
      zones: fc.oneof(some([2, 3, 4]), fc.constant(["eu-west-1a", "eu-west-1b"])),
      nat: some(["none", "single", "perZone"]),
      flowLogs: fc.record({ enabled: fc.boolean(), retentionDays: some([1, 30, 365]) }),
    })
    .map((keys) => ({ ...keys, endpoints: keys.nat === "none" ? everyEndpoint : ["s3"] })),
  fc.constant(adoptedNetwork),
);

const groupNames = fc.stringMatching(/^[a-z][a-z0-9]{0,7}(-[a-z0-9]{1,6})?$/).filter((name) => name !== "system");

const plainGroup = (karpenter: boolean) =>
  fc
    .record({
      purpose: some(["apps", "notebooks", "training", "serving"]),
      types: some([
        ["m7i.large"],
        ["m6i.large", "m5.large"],
        ["m7g.xlarge", "m6g.xlarge"],
        ["c7i.2xlarge"],
        ["r6a.xlarge"],
        ["g5.xlarge", "g6.xlarge"],
        ["p4d.24xlarge"],
      ]),
      spot: fc.boolean(),
      minNodes: karpenter ? fc.constant(0) : fc.integer({ min: 0, max: 3 }),
      more: fc.integer({ min: 1, max: 8 }),
      diskGiB: fc.integer({ min: 20, max: 500 }),
    })
    .map(({ types, more, ...group }) => ({
      ...group,
      instanceTypes: types,
      gpu: /^[gp]/.test(types[0] ?? ""),
      maxNodes: group.minNodes + more,
    }));

const cluster = some(["nodeGroups", "karpenter"]).chain((kind) =>
  block({
    version: some(["1.33", "1.34", "1.35", "1.36"]),
    endpoint: fc.oneof(
      fc.constant({ access: "private" }),
      fc.constant({ access: "public", allowedCidrs: ["203.0.113.0/24"] }),
    ),
    sharedStorage: fc.boolean(),
    scaling: fc.constant({ kind }),
    nodeGroups: fc
      .dictionary(groupNames, plainGroup(kind === "karpenter"), { maxKeys: 4, noNullPrototype: true })
      .map((groups) => ({
        system: { purpose: "system", instanceTypes: ["m7i.large"], minNodes: 2, maxNodes: 4 },
        ...groups,
      })),
  }),
);

/** Valid `foundation` sections on AWS. */
export const awsFoundations: fc.Arbitrary<RawConfig> = block({
  kind: fc.constant("aws"),
  region: fc.constant("eu-west-1"),
  tags: some([{}, { team: "ml", environment: "test" }]),
  dataProtection: fc.boolean(),
  network,
  cluster: fc.oneof(
    { weight: 4, arbitrary: cluster },
    { weight: 1, arbitrary: fc.constant({ kind: "adopt", name: "company" }) },
  ),
  database: optional(fc.record({ instanceClass: some(["db.t4g.medium", "db.m7g.large"]), multiZone: fc.boolean() })),
  storage: optional(fc.record({ noncurrentVersionDays: fc.integer({ min: 1, max: 400 }) })),
}).map((foundation) =>
  // An adopted cluster stands in a VPC already.
  (foundation.cluster as RawConfig | undefined)?.kind === "adopt"
    ? { ...foundation, network: adoptedNetwork }
    : foundation,
);

/** Valid `foundation` sections on an existing cluster. */
export const existingFoundations: fc.Arbitrary<RawConfig> = block({
  kind: fc.constant("existing"),
  context: some(["kind-mlplatform", "k3s"]),
  dataProtection: fc.boolean(),
  storageClass: optional(some(["standard", "local-path"])),
  database: fc.oneof(
    fc.record({ instances: some([1, 3]), storageGiB: fc.integer({ min: 1, max: 100 }) }),
    fc.constant({ kind: "adopt", host: "postgres.data.svc", adminSecretName: "postgres-admin" }),
  ),
  objectStore: fc.oneof(
    fc.record({ storageGiB: fc.integer({ min: 1, max: 100 }) }),
    fc.constant({ kind: "adopt", endpoint: "https://s3.example.com", bucket: "ml-data", secretName: "store" }),
  ),
  certificates: some([{ kind: "certManager" }, { kind: "adopt", secretName: "wildcard-tls" }]),
  images: fc.constant({ registry: "registry.example.com/ml" }),
});

/** Without two dashes together, which models on SageMaker must not have. */
const modelNames = fc.stringMatching(/^[a-z][a-z0-9]{0,5}(-[a-z0-9]{1,5})?$/);
const model = (aws: boolean) =>
  anyModel(aws)
    .map((each) => ("training" in each ? { ...each, from: "models:/churn@champion" } : each))
    // Nothing is promised by a model that answers nobody.
    .map(({ objectives, ...each }) =>
      Object.keys(each.serve as object).length === 0 || objectives === undefined ? each : { ...each, objectives },
    );
const anyModel = (aws: boolean) =>
  block({
    from: some(["models:/churn@champion", "models:/churn/3", "s3://bucket/model"]),
    objectives: optional(fc.record({ p99Millis: fc.integer({ min: 10, max: 900 }) })),
    serve: block({
      flask: optional(fc.record({ minReplicas: some([1, 2]), maxReplicas: some([2, 6]) })),
      sagemaker: aws
        ? optional(some([{}, { kind: "serverless" }, { kind: "asynchronous", maxInstances: 3 }]))
        : fc.constant(undefined),
    }),
    training: optional(
      fc.record({
        image: fc.constant("training"),
        engine: fc.constant(aws ? "stepFunctions" : "airflow"),
        schedule: fc.constant("rate(1 day)"),
      }),
    ),
  });

const sections = (aws: boolean): Record<string, fc.Arbitrary<unknown>> => ({
  access: optional(
    fc.constant({
      domain: "ml.example.com",
      ...(aws ? { zoneId: "Z0123456789EXAMPLE" } : {}),
      signIn: { provider: "github", clientId: "ml", clientSecretName: "sign-in", organization: "example" },
      groups: { "ml-platform": "admin" },
    }),
  ),
  jupyterhub: optional(fc.record({ homeGiB: fc.integer({ min: 1, max: 50 }) })),
  monitoring: optional(fc.constant({})),
  training: aws ? optional(fc.constant({})) : fc.constant(undefined),
  governance: optional(fc.constant({})),
});

/** Valid stack config of both foundations, as it would be written. */
export const validConfigs: fc.Arbitrary<RawConfig> = fc.boolean().chain((aws) =>
  block({
    foundation: aws ? awsFoundations : existingFoundations,
    ...sections(aws),
    // Models lean on both.
    airflow: fc.constant({}),
    mlflow: fc.constant({}),
    models: optional(fc.dictionary(modelNames, model(aws), { maxKeys: 3, noNullPrototype: true }).map(registeredApart)),
  }).map(withoutInternet),
);

/** Without a way out nobody signs in by a provider on the internet, and nobody writes records to Route 53. */
function withoutInternet(config: RawConfig): RawConfig {
  const { network } = config.foundation as { network?: { nat?: string } };
  if (network?.nat !== "none" || config.access === undefined) return config;
  const { zoneId: _, ...access } = config.access as RawConfig;
  const client = { clientId: "ml", clientSecretName: "sign-in" };
  const signIn = { provider: "oidc", issuer: "https://id.example.com/realms/ml", ...client };
  return { ...config, access: { ...access, signIn, certificate: { kind: "adopt", arn: madeUpCertificate } } };
}

/** Valid stack config on AWS with no application at all. */
export const validFoundationConfigs: fc.Arbitrary<RawConfig> = awsFoundations.map((foundation) => ({ foundation }));

/** Settings as the program gets them. */
export const validSettings: fc.Arbitrary<Settings> = validConfigs.map((raw) => parseSettings(raw));

/** One thing spoiled in a valid config on AWS, and the path that must be named for it. */
export interface Mutation {
  what: string;
  path: string;
  spoil: (config: RawConfig) => RawConfig;
}

const inside = (config: RawConfig, keys: readonly string[], value: unknown): RawConfig => {
  const [key = "", ...rest] = keys;
  const here = (config[key] ?? {}) as RawConfig;
  return { ...config, [key]: rest.length === 0 ? value : inside(here, rest, value) };
};
const put = (path: string, value: unknown, what: string, named = path): Mutation => ({
  what,
  path: named,
  spoil: (config) => inside(config, path.split("."), value),
});

/** Single mistakes, each fatal on its own to any config of `validFoundationConfigs`. */
export const mutations: readonly Mutation[] = [
  put("foundation.regoin", "eu-west-1", "unknown key"),
  put("foundation.region", "europe", "unknown region"),
  put("foundation.region", 7, "number for a text"),
  put("foundation.dataProtection", "yes", "text for a boolean"),
  put("foundation.accountId", 12345678901, "account id without quotes"),
  put("foundation.tags", { "aws:owner": "x" }, "reserved tag", 'foundation.tags["aws:owner"]'),
  put("foundation.network", { cidr: "10.0.0.1/16" }, "host bits in a block", "foundation.network.cidr"),
  put("foundation.network", { cidr: "10.0.0.0/24" }, "too few addresses", "foundation.network.cidr"),
  put("foundation.network", { cidr: "100.64.0.0/16" }, "overlapping blocks", "foundation.network.podCidr"),
  put("foundation.network", { zones: ["us-east-1a", "eu-west-1b"] }, "zone elsewhere", "foundation.network.zones[0]"),
  put("foundation.network", { nat: "none" }, "no way out and no endpoints", "foundation.network.endpoints"),
  put("foundation.network", true, "boolean for a block"),
  put("foundation.cluster", { version: "1.20" }, "old Kubernetes", "foundation.cluster.version"),
  put(
    "foundation.cluster",
    { endpoint: { access: "public", allowedCidrs: ["0.0.0.0/0"] } },
    "open endpoint",
    "foundation.cluster.endpoint.allowedCidrs[0]",
  ),
  put(
    "foundation.cluster",
    { nodeGroups: { Big_Box: { purpose: "apps", instanceTypes: ["m7i.large"] } } },
    "name no DNS label allows",
    "foundation.cluster.nodeGroups.Big_Box",
  ),
  put("foundation.cluster", { nodeGroups: {} }, "no system group", "foundation.cluster.nodeGroups"),
  put("foundation.database", { storageGiB: "100Gi" }, "unit in a value", "foundation.database.storageGiB"),
  put(
    "foundation.database",
    { instanceClass: "db.z9.large" },
    "database class that does not exist",
    "foundation.database.instanceClass",
  ),
  put("airflow", true, "boolean for a section"),
  put("monitring", {}, "unknown section"),
];

/** A valid config, one mistake, and the config with that mistake in it. */
export const spoiledConfigs: fc.Arbitrary<{ config: RawConfig; mutation: Mutation }> = fc
  .tuple(validFoundationConfigs, some(mutations))
  .map(([config, mutation]) => ({ config: mutation.spoil(config), mutation }));
