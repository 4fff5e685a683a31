import { expect } from "chai";
import { parseSettings } from "../../components/settings/parse";
import { SettingsProblems } from "../../components/settings/problems";
import { minimalAws, minimalExisting, onAws, onExisting, problemsOf, systemGroup } from "./fixtures";

const groups = (more: object) => onAws({ cluster: { nodeGroups: { system: systemGroup, ...more } } });
const apps = (more: object) => ({ purpose: "apps", instanceTypes: ["m7i.large"], ...more });
const network = (more: object) => onAws({ network: more });
const model = (more: object, sections: object = {}) => ({
  ...minimalAws(),
  mlflow: {},
  models: { churn: { from: "models:/churn@champion", ...more } },
  ...sections,
});
const training = (more: object) => model({ training: { image: "training", ...more } });
const monitored = (monitor: object, more: object) => ({
  ...onAws({ images: { repositories: ["own"] } }),
  mlflow: {},
  models: {
    churn: {
      from: "models:/churn@champion",
      serve: { flask: {} },
      drift: {},
      training: { image: "training", gate: { metric: "roc_auc", atLeast: 0.7 } },
      monitor,
      ...more,
    },
  },
});
const byAirflow = (training: object) => ({
  ...monitored(
    { modelQuality: {} },
    { training: { engine: "airflow", image: "training", gate: { metric: "auc", atLeast: 0.7 }, ...training } },
  ),
  airflow: {},
});
const elsewhere = "210987654321.dkr.ecr.eu-west-1.amazonaws.com/ml/train:7";
const signIn = { provider: "github", clientId: "ml", clientSecretName: "sign-in", organization: "example" };
const access = (more: object) => ({
  domain: "ml.example.com",
  zoneId: "Z0123456789EXAMPLE",
  signIn,
  groups: { "ml-platform": "admin" },
  ...more,
});
const system = (more: object, cluster: object = {}) =>
  onAws({ cluster: { nodeGroups: { system: { ...systemGroup, ...more } }, ...cluster } });
const budget = (more: object) => ({
  ...minimalAws(),
  governance: { budget: { monthlyUsd: 100, notifyEmails: ["ml@example.com"], ...more } },
});
const role = (name: string) => `arn:aws:iam::000000000000:role/${name}`;
const webhook = { kind: "webhook", secretName: "hook" };
const mail = { kind: "email", addresses: ["ml@example.com"] };
const backupStore = { endpoint: "https://s3.backup.example.com", bucket: "backups", secretName: "backup-store" };
const inGroup = "foundation.cluster.nodeGroups";

const columns = { tenure: "Integral" };
const features = (more: object, sections: object = { training: { featureStore: "offline" } }) =>
  model({ training: { image: "training", features: { entity: "customer_id", columns, ...more } } }, sections);

const prepared = (more: object, sections: object, serve: object = { flask: {} }) =>
  model(
    {
      serve,
      training: {
        ...{ image: "training", prepare: { with: "container" } },
        features: { entity: "customer_id", columns, ...more },
      },
    },
    sections,
  );

const receiving = { monitoring: { receivers: { risk: webhook } } };
const featureDatabase = { writerSecretName: "features-writer", readerSecretName: "features-reader" };
const inPostgres = (training: object, of: object = {}, serve: object = { flask: {} }) =>
  onExisting(
    { images: { registry: "registry.example.com/ml" } },
    {
      ...{ mlflow: {}, airflow: {}, training: { featureDatabase } },
      models: {
        churn: {
          ...{ from: "models:/churn@champion", serve },
          training: {
            ...{ engine: "airflow", image: "training", prepare: { with: "container" } },
            features: { entity: "customer_id", columns, ...of },
            ...training,
          },
        },
      },
    },
  );

const range = { type: "integer", min: 1, max: 9 };
const search = (ranges: object) => ({ objective: "auc", ranges });
const numbered = (count: number, value: () => unknown, name = "p") =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`${name}${at}`, value()]));

/** Each row is refused for exactly this path, by a message that says this. */
const refused: [what: string, raw: unknown, path: string, says: RegExp][] = [
  [
    "a source that nobody declared",
    { ...minimalAws(), jupyterhub: { reads: ["lake"] } },
    "jupyterhub.reads[0]",
    /add data\.sources\.lake/,
  ],
  [
    "a source under another name",
    { ...minimalAws(), data: { sources: { lake: { bucket: "company-lake" } } }, airflow: { reads: ["lak"] } },
    "airflow.reads[0]",
    /lake: names from data\.sources/,
  ],
  [
    "a source for a model that nobody prepares",
    model(
      { training: { image: "training" }, reads: ["lake"] },
      { data: { sources: { lake: { bucket: "company-lake" } } } },
    ),
    "models.churn.reads",
    /add models\.churn\.training\.prepare/,
  ],
  [
    "a source for a Studio that is off",
    {
      ...minimalAws(),
      data: { sources: { lake: { bucket: "company-lake" } } },
      training: { studio: { reads: ["lake"] } },
    },
    "training.studio.reads",
    /studio\.enabled: true/,
  ],
  [
    "tables of a source for notebooks without a workgroup",
    {
      ...minimalAws(),
      data: { sources: { lake: { bucket: "company-lake", database: "sales" } } },
      jupyterhub: { reads: ["lake"] },
      training: { catalog: { enabled: false } },
    },
    "training.catalog.enabled",
    /write enabled: true, or remove data\.sources\.lake\.database/,
  ],
  [
    "a source of a cluster that exists",
    { ...minimalExisting(), data: { sources: { lake: { bucket: "company-lake" } } } },
    "data.sources",
    /only on foundation\.kind: aws/,
  ],
  [
    "a bucket that S3 would not take",
    { ...minimalAws(), data: { sources: { lake: { bucket: "Company_Lake" } } } },
    "data.sources.lake.bucket",
    /the name of a bucket/,
  ],
  [
    "a prefix that leaves its bucket",
    { ...minimalAws(), data: { sources: { lake: { bucket: "company-lake", prefix: "sales/../" } } } },
    "data.sources.lake.prefix",
    /a folder of the bucket/,
  ],
  ["host bits behind the mask", network({ cidr: "10.0.5.0/16" }), "foundation.network.cidr", /write 10\.0\.0\.0\/16/],
  ["number above 255", network({ cidr: "10.0.300.0/16" }), "foundation.network.cidr", /0 to 255/],
  ["mask above 32", network({ cidr: "10.0.0.0/40" }), "foundation.network.cidr", /mask from \/0 to \/32/],
  [
    "VPC wider than AWS allows",
    network({ cidr: "10.0.0.0/8" }),
    "foundation.network.cidr",
    /write cidr: 10\.0\.0\.0\/16/,
  ],
  [
    "too few addresses",
    network({ cidr: "10.0.0.0/24" }),
    "foundation.network.cidr",
    /256 addresses are too few.*write cidr: 10\.0\.0\.0\/20/,
  ],
  [
    "too few pod addresses",
    network({ podCidr: "100.64.0.0/20" }),
    "foundation.network.podCidr",
    /prefix delegation.*100\.64\.0\.0\/18/,
  ],
  ["pods on public addresses", network({ podCidr: "8.8.0.0/16" }), "foundation.network.podCidr", /inside one of/],
  [
    "pods on top of nodes",
    network({ cidr: "10.0.0.0/16", podCidr: "10.0.0.0/17" }),
    "foundation.network.podCidr",
    /apart from network\.cidr.*100\.64/,
  ],
  [
    "nodes inside the pods' block",
    network({ cidr: "100.64.16.0/20", podCidr: "100.64.0.0/16" }),
    "foundation.network.podCidr",
    /apart from network\.cidr.*100\.80\.0\.0\/16/,
  ],
  [
    "an adopted cluster in a VPC to be made",
    onAws({ cluster: { kind: "adopt", name: "company" } }),
    "foundation.network.kind",
    /adopted cluster stands in a VPC already/,
  ],
  ["pods on top of services", network({ podCidr: "172.20.0.0/16" }), "foundation.network.podCidr", /172\.20\.0\.0\/16/],
  ["nodes on top of services", network({ cidr: "172.20.0.0/16" }), "foundation.network.cidr", /172\.20\.0\.0\/16/],
  [
    "zone of another region",
    network({ zones: ["eu-west-1a", "us-east-1b"] }),
    "foundation.network.zones[1]",
    /write eu-west-1b/,
  ],
  ["one zone twice", network({ zones: ["eu-west-1a", "eu-west-1a"] }), "foundation.network.zones[1]", /each zone once/],
  [
    "no NAT and no endpoints",
    network({ nat: "none" }),
    "foundation.network.endpoints",
    /missing are ecr\.api, ecr\.dkr/,
  ],
  [
    "one subnet twice",
    network({ kind: "adopt", vpcId: "vpc-01234567", privateSubnetIds: ["subnet-01234567", "subnet-01234567"] }),
    "foundation.network.privateSubnetIds[1]",
    /once/,
  ],
  [
    "Kubernetes API open to all",
    onAws({ cluster: { endpoint: { access: "public", allowedCidrs: ["0.0.0.0/0"] } } }),
    "foundation.cluster.endpoint.allowedCidrs[0]",
    /whole internet/,
  ],
  [
    "host bits in a block of the private endpoint",
    onAws({ cluster: { endpoint: { allowedCidrs: ["10.8.0.1/16"] } } }),
    "foundation.cluster.endpoint.allowedCidrs[0]",
    /write 10\.8\.0\.0\/16/,
  ],
  [
    "one block twice at the endpoint",
    onAws({ cluster: { endpoint: { allowedCidrs: ["10.8.0.0/16", "10.8.0.0/16"] } } }),
    "foundation.cluster.endpoint.allowedCidrs[1]",
    /each once/,
  ],
  [
    "wildcard among administrators",
    onAws({ cluster: { admins: ["arn:aws:iam::000000000000:role/*"] } }),
    "foundation.cluster.admins[0]",
    /without wildcards/,
  ],
  [
    "family that does not exist",
    groups({ a: apps({ instanceTypes: ["z9i.large"] }) }),
    `${inGroup}.a.instanceTypes[0]`,
    /nearest known family is z1d/,
  ],
  [
    "family without generation letter",
    groups({ a: apps({ instanceTypes: ["m7.large"] }) }),
    `${inGroup}.a.instanceTypes[0]`,
    /nearest known family is m7/,
  ],
  [
    "size that does not exist",
    groups({ a: apps({ instanceTypes: ["m7i.gigantic"] }) }),
    `${inGroup}.a.instanceTypes[0]`,
    /a size of m7i/,
  ],
  [
    "GPU group without GPU type",
    groups({ a: apps({ gpu: true }) }),
    `${inGroup}.a.instanceTypes[0]`,
    /GPU family.*gpu: false/,
  ],
  [
    "GPU type without GPU group",
    groups({ a: apps({ instanceTypes: ["g6.xlarge"] }) }),
    `${inGroup}.a.instanceTypes[0]`,
    /write gpu: true/,
  ],
  [
    "two CPU architectures in a group",
    groups({ a: apps({ instanceTypes: ["m7i.large", "m7g.large"] }) }),
    `${inGroup}.a.instanceTypes[1]`,
    /one CPU architecture/,
  ],
  [
    "label that decides what runs where",
    groups({ a: apps({ labels: { "mlplatform/purpose": "serving" } }) }),
    `${inGroup}.a.labels["mlplatform/purpose"]`,
    /the platform's own/,
  ],
  [
    "label kept for Kubernetes",
    groups({ a: apps({ labels: { "node-role.kubernetes.io/apps": "x" } }) }),
    `${inGroup}.a.labels["node-role.kubernetes.io/apps"]`,
    /may not give them to itself/,
  ],
  [
    "one type twice",
    groups({ a: apps({ instanceTypes: ["m7i.large", "m7i.large"] }) }),
    `${inGroup}.a.instanceTypes[1]`,
    /each type once/,
  ],
  [
    "fewer nodes at most than at least",
    groups({ a: apps({ minNodes: 4, maxNodes: 2 }) }),
    `${inGroup}.a.maxNodes`,
    /write maxNodes: 4/,
  ],
  [
    "group name too long",
    groups({ ["a".repeat(39)]: apps({}) }),
    `${inGroup}.${"a".repeat(39)}`,
    /at most 38 characters; rename it to a{38}$/,
  ],
  [
    "no system group",
    onAws({ cluster: { nodeGroups: { a: apps({}) } } }),
    inGroup,
    /at least one group with the purpose system/,
  ],
  [
    "system group on spot",
    onAws({ cluster: { nodeGroups: { system: { ...systemGroup, spot: true } } } }),
    `${inGroup}.system.spot`,
    /write spot: false/,
  ],
  [
    "system group that scales to zero",
    onAws({ cluster: { nodeGroups: { system: { ...systemGroup, minNodes: 0 } } } }),
    `${inGroup}.system.minNodes`,
    /at least 1/,
  ],
  [
    "standing nodes under Karpenter",
    onAws({
      cluster: { scaling: { kind: "karpenter" }, nodeGroups: { system: systemGroup, a: apps({ minNodes: 1 }) } },
    }),
    `${inGroup}.a.minNodes`,
    /0 with Karpenter/,
  ],
  [
    "database class that does not exist",
    onAws({ database: { instanceClass: "db.t4.medium" } }),
    "foundation.database.instanceClass",
    /write db\.t4g\.medium/,
  ],
  [
    "storage limit below storage",
    onAws({ database: { storageGiB: 200 } }),
    "foundation.database.maxStorageGiB",
    /at least storageGiB, 200/,
  ],
  [
    "protected data without backup",
    onAws({ database: { backupRetentionDays: 0 } }),
    "foundation.database.backupRetentionDays",
    /dataProtection/,
  ],
  [
    "too many tags",
    onAws({ tags: Object.fromEntries(Array.from({ length: 41 }, (_, at) => [`t${at}`, "x"])) }),
    "foundation.tags",
    /at most 40/,
  ],
  [
    "tags that IAM takes for one",
    onAws({ tags: { team: "ml", Team: "ml" } }),
    "foundation.tags.Team",
    /each key once: IAM takes it for team/,
  ],
  [
    "a tag that the platform writes",
    onAws({ tags: { "MLplatform/stack": "x" } }),
    'foundation.tags["MLplatform/stack"]',
    /platform's own/,
  ],
  [
    "host outside the domain",
    { ...minimalAws(), access: access({ hosts: { mlflow: "mlflow.example.org" } }) },
    "access.hosts.mlflow",
    /ends with \.ml\.example\.com/,
  ],
  [
    "the models' host for another tool",
    { ...minimalAws(), access: access({ hosts: { mlflow: "models" } }) },
    "access.hosts.models",
    /another host than access\.hosts\.mlflow.*choose another label/,
  ],
  ["a tag that moves", onAws({ images: { tag: "latest" } }), "foundation.images.tag", /an exact tag such as 1\.2\.0/],
  ["a tag that moves, of a branch", onExisting({ images: { tag: "main-latest" } }), "foundation.images.tag", /exact/],
  ...["default", "drift-monitor", "release-controller"].map((name): (typeof refused)[number] => [
    `a model named ${name}`,
    { ...minimalAws(), models: { [name]: { from: "s3://bucket/model" } } },
    `models.${name}`,
    /which are taken.*another name/,
  ]),
  ...["churn-canary", "churn-release"].map((name): (typeof refused)[number] => [
    `a model named ${name}`,
    { ...minimalAws(), models: { [name]: { from: "s3://bucket/model" } } },
    `models.${name}`,
    /stands beside a model.*write churn/,
  ]),
  [
    "a model named after another's batch scoring",
    { ...minimalAws(), models: { churn: { from: "s3://b1b/m" }, "churn-batch": { from: "s3://b1b/m" } } },
    "models.churn-batch",
    /beside the model churn/,
  ],
  [
    "a model on an existing cluster without a place for images",
    onExisting({}, { models: { churn: { from: "s3://bucket/model", serve: { flask: {} } } } }),
    "foundation.images.registry",
    /model-server and release, which the model churn needs/,
  ],
  [
    "one host for two tools",
    { ...minimalAws(), access: access({ hosts: { mlflow: "airflow" } }) },
    "access.hosts.mlflow",
    /another host than access\.hosts\.airflow/,
  ],
  [
    "sign-in without check on AWS",
    { ...minimalAws(), access: access({ signIn: { provider: "dummy" } }) },
    "access.signIn.provider",
    /a real provider/,
  ],
  [
    "public tools without sign-in",
    { ...minimalAws(), access: access({ signIn: undefined, visibility: "internetFacing" }) },
    "access.visibility",
    /internal, while there is no signIn/,
  ],
  [
    "ACM without a zone to prove the domain",
    { ...minimalAws(), access: access({ zoneId: undefined }) },
    "access.zoneId",
    /ACM proves the domain/,
  ],
  [
    "sign-in without TLS",
    onExisting({}, { access: access({ zoneId: undefined }) }),
    "foundation.certificates.kind",
    /certManager/,
  ],
  [
    "public load balancer without public subnets",
    onAws(
      { network: { kind: "adopt", vpcId: "vpc-01234567", privateSubnetIds: ["subnet-01234567", "subnet-89abcdef"] } },
      { access: access({ visibility: "internetFacing" }) },
    ),
    "access.visibility",
    /publicSubnetIds/,
  ],
  [
    "MWAA with DAGs from git",
    { ...minimalAws(), airflow: { executor: { kind: "mwaa" } } },
    "airflow.dags.kind",
    /bucket with MWAA/,
  ],
  [
    "DAG volume without shared storage",
    { ...minimalAws(), airflow: { dags: { kind: "volume" } } },
    "airflow.dags.kind",
    /sharedStorage/,
  ],
  [
    "git sync together with a DAG volume",
    { ...minimalAws(), airflow: { dags: { kind: "git", repository: "https://example.com/dags.git", storageGiB: 5 } } },
    "airflow.dags.storageGiB",
    /goes with kind: volume/,
  ],
  [
    "GPU profile without GPU nodes",
    { ...minimalAws(), jupyterhub: { profiles: { gpu: { gpus: 1 } } } },
    "jupyterhub.profiles.gpu.gpus",
    /no GPU nodes have the purpose notebooks/,
  ],
  ["features without a store", features({}, {}), "models.churn.training.features", /featureStore: offline/],
  [
    "a feature store that keeps nothing",
    { ...minimalAws(), training: { featureStore: "offline" } },
    "training.featureStore",
    /no model declares training\.features/,
  ],
  [
    "a loop that would publish without anybody who prepares",
    features({ loop: "publish" }, { training: { featureStore: "onlineAndOffline" } }),
    "models.churn.training.features.loop",
    /prepare: \{ with: container \}/,
  ],
  [
    "a loop that would publish where nothing says what is known",
    prepared({ loop: "publish" }, { training: { featureStore: "offline" } }),
    "models.churn.training.features.loop",
    /featureStore: onlineAndOffline/,
  ],
  [
    "a loop that would read without tables",
    prepared({ loop: "read" }, { training: { featureStore: "offline", catalog: { enabled: false } } }),
    "models.churn.training.features.loop",
    /catalog: \{ enabled: true \}/,
  ],
  [
    "features looked up where only the history is kept",
    prepared({ lookup: true }, { training: { featureStore: "offline" } }),
    "models.churn.training.features.lookup",
    /featureStore: onlineAndOffline/,
  ],
  [
    "features looked up for a model that answers nobody",
    prepared({ lookup: true }, { training: { featureStore: "onlineAndOffline" } }, {}),
    "models.churn.training.features.lookup",
    /serve: \{ flask: \{\} \}/,
  ],
  [
    "more features than a variable on SageMaker takes",
    prepared(
      { lookup: true, columns: numbered(40, () => "Fractional", "feature_of_customers_") },
      { training: { featureStore: "onlineAndOffline" } },
      { sagemaker: { kind: "serverless" } },
    ),
    "models.churn.training.features.lookup",
    /1024 characters/,
  ],
  [
    "DAGs that train for an owner of nothing",
    model({ owner: "risk" }, { airflow: { trainsFor: ["sales"] }, ...receiving }),
    "airflow.trainsFor[0]",
    /models\.<name>\.owner: sales/,
  ],
  [
    "DAGs that train for owners of many models",
    {
      ...minimalAws(),
      ...{ mlflow: {}, airflow: { trainsFor: ["risk"] }, ...receiving },
      models: numbered(21, () => ({ from: "models:/churn@champion", owner: "risk" }), "m"),
    },
    "airflow.trainsFor",
    /at most 20 models/,
  ],
  ...(["data/", "raw", "samples/"] as const).map((onNewData): [string, unknown, string, RegExp] => [
    `DAGs that would read more than the data of an owner, below ${onNewData}`,
    {
      ...minimalAws(),
      ...{ mlflow: {}, airflow: { trainsFor: ["risk"] }, ...receiving },
      models: {
        churn: { from: "models:/churn@champion", owner: "risk", training: { image: "training", onNewData } },
        salaries: { from: "models:/salaries@champion" },
        rates: { from: "models:/rates@champion", training: { image: "training", onNewData: "raw/rates/" } },
      },
    },
    "models.churn.training.onNewData",
    /onNewData: data\/churn\/, or take risk out of airflow\.trainsFor/,
  ]),
  [
    "DAGs that train on a cluster that exists",
    onExisting(
      { images: { registry: "registry.example.com/ml" } },
      {
        ...{ mlflow: {}, airflow: { trainsFor: ["risk"] }, ...receiving },
        models: { churn: { from: "models:/churn@champion", owner: "risk", serve: { flask: {} } } },
      },
    ),
    "airflow.trainsFor",
    /leave trainsFor out/,
  ],
  ...["feature_time", "record_number", "xmin"].map((name): [string, unknown, string, RegExp] => [
    `a feature called ${name}, where loops and servers use the group`,
    prepared(
      { lookup: true, columns: { ...columns, [name]: "String" } },
      { training: { featureStore: "onlineAndOffline" } },
    ),
    `models.churn.training.features.columns.${name}`,
    /rename it/,
  ]),
  ["features of nobody", features({ columns: {} }), "models.churn.training.features.columns", /add a column/],
  [
    "one column for whom and when",
    features({ entity: "event_time" }),
    "models.churn.training.features.eventTime",
    /another column than entity/,
  ],
  [
    "a column that is there already",
    features({ columns: { ...columns, customer_id: "String" } }),
    "models.churn.training.features.columns.customer_id",
    /remove columns\.customer_id/,
  ],
  [
    "a column that Feature Store has",
    features({ columns: { ...columns, write_time: "String" } }),
    "models.churn.training.features.columns.write_time",
    /names other than/,
  ],
  [
    "a column that Athena would only read in quotes",
    features({ columns: { "Tenure Months": "Integral" } }),
    'models.churn.training.features.columns["Tenure Months"]',
    /small letters/,
  ],
  [
    "features on a cluster that exists",
    onExisting(
      { images: { registry: "registry.example.com/ml" } },
      {
        mlflow: {},
        airflow: {},
        models: {
          churn: {
            from: "models:/churn@champion",
            training: { engine: "airflow", image: "training", features: { entity: "customer_id", columns } },
          },
        },
      },
    ),
    "models.churn.training.features",
    /featureDatabase/,
  ],
  [
    "a database of features on AWS",
    features({}, { training: { featureStore: "offline", featureDatabase } }),
    "training.featureDatabase",
    /featureStore: onlineAndOffline/,
  ],
  [
    "a database of features that nobody declares",
    inPostgres({ features: undefined }),
    "training.featureDatabase",
    /remove featureDatabase/,
  ],
  ["features that nobody uses", inPostgres({}), "models.churn.training.features.loop", /loop: publish/],
  [
    "features that nobody prepares, on a cluster that exists",
    inPostgres({ prepare: undefined }, { loop: "publish" }),
    "models.churn.training.features.loop",
    /prepare: \{ with: container \}/,
  ],
  [
    "features that nobody asks for, on a cluster that exists",
    inPostgres({}, { lookup: true }, {}),
    "models.churn.training.features.lookup",
    /serve: \{ flask: \{\} \}/,
  ],
  [
    "a column that PostgreSQL would cut",
    inPostgres({}, { lookup: true, columns: { ["c".repeat(64)]: "String" } }),
    "models.churn.training.features.columns",
    /at most 63 letters/,
  ],
  [
    "a check of requests that nobody captures",
    model({ serve: { flask: {} }, drift: { dataQuality: { baseline: "baselines/churn" } } }),
    "models.churn.drift.dataQuality",
    /kind realtime/,
  ],
  [
    "people in a Studio that is off",
    { ...minimalAws(), training: { studio: { users: { ann: "viewer" } } } },
    "training.studio.users",
    /write enabled: true/,
  ],
  [
    "a Studio without a way to AWS",
    { ...minimalAws(), training: { studio: { enabled: true } } },
    "foundation.network.endpoints",
    /sagemaker\.api.*write endpoints/s,
  ],
  [
    "a rate where Glue knows none",
    { ...minimalAws(), training: { catalog: { crawlSchedule: "rate(1 day)" } } },
    "training.catalog.crawlSchedule",
    /Glue knows no rate/,
  ],
  [
    "cron with five fields where six are due",
    training({ schedule: "cron(0 3 * * SUN)" }),
    "models.churn.training.schedule",
    /6 fields here, not 5/,
  ],
  [
    "schedule on a day that never comes",
    training({ schedule: "cron(0 3 30 2 ? *)" }),
    "models.churn.training.schedule",
    /never has a day 30/,
  ],
  [
    "both day fields given",
    training({ schedule: "cron(0 3 1 * SUN *)" }),
    "models.churn.training.schedule",
    /must be \?/,
  ],
  [
    "hour that does not exist",
    training({ schedule: "cron(0 24 ? * SUN *)" }),
    "models.churn.training.schedule",
    /hour cannot be "24"/,
  ],
  [
    "rate in the wrong number",
    training({ schedule: "rate(1 days)" }),
    "models.churn.training.schedule",
    /write rate\(1 day\)/,
  ],
  [
    "training of a version that never moves",
    model({ from: "models:/churn/3", training: { image: "training" } }),
    "models.churn.training",
    /models:\/name@champion/,
  ],
  [
    "approvers who are in no group",
    model({ training: { image: "training", approvers: ["leads"] } }, { access: access({}) }),
    "models.churn.training.approvers[0]",
    /with the role admin or editor: ml-platform.*add leads: editor to access\.groups/s,
  ],
  [
    "approvers who may change nothing in MLflow",
    model(
      { training: { image: "training", approvers: ["leads"] } },
      { access: access({ groups: { leads: "viewer", "ml-platform": "admin" } }) },
    ),
    "models.churn.training.approvers[0]",
    /write leads: editor in access\.groups/,
  ],
  [
    "two models with a gate on one registered model",
    {
      ...model({ training: { image: "training", approve: "manual" } }),
      models: {
        churn: { from: "models:/churn@champion", training: { image: "training", approve: "manual" } },
        quick: { from: "models:/churn@quick", training: { image: "training", gate: { metric: "auc", atLeast: 0.7 } } },
      },
    },
    "models.quick.from",
    /gate or the approvers of models\.churn.*write from: models:\/quick@champion, or leave gate out of models\.quick\.training/s,
  ],
  [
    "alias by which people ask, as the one that goes live",
    model({ from: "models:/churn@candidate", training: { image: "training" } }),
    "models.churn.from",
    /write from: models:\/churn@champion/,
  ],
  [
    "drift in the gate of a model whose traffic nobody keeps",
    training({ gate: { metric: "auc", maxDriftPsi: 0.2 } }),
    "models.churn.training.gate.maxDriftPsi",
    /add drift: \{\}/,
  ],
  [
    "comparison with the live version's rows from which nothing follows",
    training({ dataDrift: { effect: "warn" } }),
    "models.churn.training.dataDrift",
    /add maxPsi: 0\.2/,
  ],
  [
    "change that makes a training worth it, larger than the one that forbids it",
    training({ schedule: "cron(0 3 ? * SUN *)", dataDrift: { maxPsi: 0.1, minPsi: 0.1 } }),
    "models.churn.training.dataDrift.minPsi",
    /less than maxPsi, 0\.1.*swap minPsi and maxPsi/s,
  ],
  [
    "change that makes a training worth it, of runs that all are",
    training({ dataDrift: { minPsi: 0.02 } }),
    "models.churn.training.dataDrift.minPsi",
    /add schedule or onNewData/,
  ],
  [
    "more columns without drift than the job that compares new rows may be told",
    model({
      serve: { flask: {} },
      training: { image: "training", dataDrift: { maxPsi: 0.2 } },
      drift: { columns: numbered(100, () => "ignore") },
    }),
    "models.churn.drift.columns",
    /at most 99 with dataDrift and the engine stepFunctions: the job that validates/,
  ],
  [
    "hyperparameter longer than a variable of a processing job",
    training({ hyperparameters: { columns: "a".repeat(257) } }),
    "models.churn.training.hyperparameters.columns",
    /at most 256 characters.*put it into a file/s,
  ],
  [
    "hyperparameter of two lines",
    training({ engine: "sagemakerPipelines", hyperparameters: { columns: "a\nb" } }),
    "models.churn.training.hyperparameters.columns",
    /one line of at most 256/,
  ],
  [
    "two hyperparameters that are one variable",
    training({ hyperparameters: { depth: "1", Depth: "2" } }),
    "models.churn.training.hyperparameters.Depth",
    /SM_HP_DEPTH.*rename Depth or depth/s,
  ],
  [
    "hyperparameters that leave no room for the problem type among variables",
    training({ hyperparameters: numbered(100, () => "1") }),
    "models.churn.training.hyperparameters",
    /at most 99, which validate and evaluate get as variables/,
  ],
  [
    "more hyperparameters than a job takes",
    training({ hyperparameters: numbered(101, () => "1") }),
    "models.churn.training.hyperparameters",
    /at most 100/,
  ],
  [
    "hyperparameters and ranges that are too many for a search, which adds one",
    training({ hyperparameters: numbered(98, () => "1"), tune: search(numbered(2, () => range, "r")) }),
    "models.churn.training.hyperparameters",
    /at most 99/,
  ],
  [
    "more ranges than a search takes",
    training({ tune: search(numbered(31, () => range)) }),
    "models.churn.training.tune.ranges",
    /at most 30, of all types together/,
  ],
  [
    "more variables than a task on Fargate may be told",
    training({ prepare: { with: "container" }, hyperparameters: numbered(30, () => "a".repeat(250)) }),
    "models.churn.training.hyperparameters",
    /at most 7000 characters in all.*prepare\.with: glue/s,
  ],
  [
    "search that needs what no setting says",
    training({ tune: { ...search({ depth: range }), strategy: "Hyperband" } }),
    "models.churn.training.tune.strategy",
    /Bayesian.*Random/,
  ],
  [
    "metric that no pattern of a job could find",
    training({ gate: { metric: "a".repeat(201), atLeast: 0.5 } }),
    "models.churn.training.gate.metric",
    /200/,
  ],
  [
    "training image that the registry does not have",
    training({ image: "trainning:7" }),
    "models.churn.training.image",
    /foundation\.images\.repositories, or write training/,
  ],
  [
    "more of the section training than an existing cluster has",
    onExisting({}, { training: { maxParallelRuns: 2 } }),
    "training",
    /all of training but logRetentionDays/,
  ],
  [
    "a column that is dropped twice",
    training({ prepare: { with: "container", drop: ["email", "phone", "email"] } }),
    "models.churn.training.prepare.drop[2]",
    /each once/,
  ],
  [
    "a column whose name would end the text that it stands in",
    training({ prepare: { with: "container", drop: ["o'clock"] } }),
    "models.churn.training.prepare.drop[0]",
    /without quotes, commas, braces and backslashes/,
  ],
  [
    "columns that are too many to be told to a task on Fargate",
    training({ prepare: { with: "container", drop: Object.keys(numbered(60, () => "", "c".repeat(110))) } }),
    "models.churn.training.hyperparameters",
    /at most 7000 characters in all/,
  ],
  [
    "more columns without drift than a job may be told",
    model({
      serve: { flask: {} },
      training: { image: "training", gate: { metric: "auc", maxDriftPsi: 0.2 } },
      drift: { columns: numbered(100, () => "ignore") },
    }),
    "models.churn.drift.columns",
    /at most 99 with gate.maxDriftPsi/,
  ],
  [
    "a column without drift whose name is longer than what a job may be told",
    model({
      serve: { flask: {} },
      training: { image: "training", gate: { metric: "auc", maxDriftPsi: 0.2 } },
      drift: { columns: { ["c".repeat(248)]: "ignore" } },
    }),
    `models.churn.drift.columns.${"c".repeat(248)}`,
    /at most 247 characters with gate.maxDriftPsi/,
  ],
  [
    "columns that a script of Glue would have to drop itself",
    training({ prepare: { with: "glue", script: "churn/prepare.py", drop: ["email"] } }),
    "models.churn.training.prepare.drop",
    /remove/,
  ],
  [
    "task on Fargate whose image has no tag",
    { ...training({ image: "own", prepare: { with: "container" } }), ...onAws({ images: { repositories: ["own"] } }) },
    "models.churn.training.prepare.image",
    /write image: own:1/,
  ],
  [
    "task larger than Fargate has",
    training({ prepare: { with: "container", cpu: "32" } }),
    "models.churn.training.prepare.memoryMiB",
    /write with: glue/,
  ],
  [
    "name of a trained model that no role could have",
    {
      ...minimalAws(),
      mlflow: {},
      models: { ["churn".padEnd(28, "x")]: { from: "models:/churn@champion", training: { image: "training" } } },
    },
    `models.${"churn".padEnd(28, "x")}`,
    /at most 27 characters/,
  ],
  [
    "model called like who registers",
    { ...minimalAws(), models: { registrar: { from: "s3://bucket/m" } } },
    "models.registrar",
    /registrar and default/,
  ],
  ["gate without metric", training({ gate: { atLeast: 0.8 } }), "models.churn.training.gate.metric", /add metric/],
  [
    "gate that lets everything through",
    training({ gate: { metric: "auc", beatChampion: false } }),
    "models.churn.training.gate",
    /lets everything through/,
  ],
  [
    "gate that nothing passes",
    training({ gate: { metric: "auc", atLeast: 0.9, atMost: 0.8 } }),
    "models.churn.training.gate.atMost",
    /nothing could pass/,
  ],
  [
    "range upside down",
    training({ tune: { objective: "auc", ranges: { eta: { type: "continuous", min: 1, max: 0.1 } } } }),
    "models.churn.training.tune.ranges.eta.max",
    /more than min/,
  ],
  [
    "logarithm of zero",
    training({
      tune: { objective: "auc", ranges: { eta: { type: "continuous", min: 0, max: 1, scale: "logarithmic" } } },
    }),
    "models.churn.training.tune.ranges.eta.min",
    /more than 0/,
  ],
  [
    "more parallel jobs than jobs",
    training({
      tune: { objective: "auc", maxJobs: 2, parallel: 4, ranges: { n: { type: "integer", min: 1, max: 4 } } },
    }),
    "models.churn.training.tune.parallel",
    /at most maxJobs/,
  ],
  [
    "a search of a pipeline that should learn from those before it",
    training({ engine: "sagemakerPipelines", tune: { ...search({ depth: range }), warmStart: true } }),
    "models.churn.training.tune.warmStart",
    /names its searches itself.*write engine: stepFunctions/s,
  ],
  [
    "a random search that should learn",
    training({ tune: { ...search({ depth: range }), strategy: "Random", warmStart: true } }),
    "models.churn.training.tune.warmStart",
    /looks at no results.*strategy: Bayesian/s,
  ],
  [
    "a search that is too large to learn from any",
    training({ tune: { ...search({ depth: range }), maxJobs: 500, warmStart: true } }),
    "models.churn.training.tune.warmStart",
    /may have 500.*write maxJobs: 100/s,
  ],
  [
    "a search that is too large to learn from one of its size",
    training({ tune: { ...search({ depth: range }), maxJobs: 251, warmStart: true } }),
    "models.churn.training.tune.warmStart",
    /may have 500.*write maxJobs: 100/s,
  ],
  [
    "a metric of numbers for a model of yes and no",
    training({ gate: { metric: "validation:rmse" } }),
    "models.churn.training.gate.metric",
    /such as roc_auc, .*write problemType: regression, with gate\.atMost as its bound, or metric: /,
  ],
  [
    "a metric of yes and no for a model of several classes",
    model({
      problemType: "multiclassClassification",
      training: { image: "training", gate: { metric: "roc_auc", atLeast: 0.7 } },
    }),
    "models.churn.training.gate.metric",
    /problemType: multiclassClassification.*f1_macro.*or metric: roc_auc_ovr/,
  ],
  [
    "an error with a least alone, which the worst passes",
    model({
      problemType: "regression",
      training: { image: "training", gate: { metric: "rmse", atLeast: 5, beatChampion: false } },
    }),
    "models.churn.training.gate.atLeast",
    /less is better.*write atMost: 5/,
  ],
  [
    "a metric of which more is better with a most alone",
    training({ gate: { metric: "roc_auc", atMost: 0.9 } }),
    "models.churn.training.gate.atMost",
    /more is better.*write atLeast: 0\.9/,
  ],
  [
    "an own metric with a bound on the side where all is better",
    training({ gate: { metric: "profit", direction: "maximize", atMost: 5 } }),
    "models.churn.training.gate.atMost",
    /write atLeast: 5/,
  ],
  [
    "a gate that looks for the worst",
    model({
      problemType: "regression",
      training: { image: "training", gate: { metric: "mae", direction: "maximize", atMost: 3 } },
    }),
    "models.churn.training.gate.direction",
    /minimize with mae, of which less is better; leave direction out/,
  ],
  [
    "a search for the worst",
    training({ tune: { ...search({ depth: range }), objective: "validation:log_loss", direction: "maximize" } }),
    "models.churn.training.tune.direction",
    /minimize with validation:log_loss/,
  ],
  [
    "a search by a metric of numbers for a model of yes and no",
    training({ tune: { ...search({ depth: range }), objective: "validation:rmse" } }),
    "models.churn.training.tune.objective",
    /write problemType: regression, or objective: /,
  ],
  [
    "a problem type that is none",
    model({ problemType: "forecast" }),
    "models.churn.problemType",
    /binaryClassification.*multiclassClassification.*regression/,
  ],
  [
    "a problem type told twice",
    training({ hyperparameters: { problem_type: "regression" } }),
    "models.churn.training.hyperparameters.problem_type",
    /write problemType beside training/,
  ],
  [
    "retraining on drift without drift check",
    training({ onDrift: true }),
    "models.churn.training.onDrift",
    /no drift check/,
  ],
  [
    "a check of the gate whose bound lets the worst through",
    training({
      gate: { metric: "roc_auc", atLeast: 0.7, checks: [{ kind: "metric", metric: "log_loss", atLeast: 0.5 }] },
    }),
    "models.churn.training.gate.checks[0].atLeast",
    /write atMost: 0.5/,
  ],
  [
    "a check of the gate that asks nothing",
    training({ gate: { metric: "roc_auc", atLeast: 0.7, checks: [{ kind: "metric", metric: "log_loss" }] } }),
    "models.churn.training.gate.checks[0]",
    /this check asks nothing/,
  ],
  [
    "a check of fairness without a bound",
    training({ gate: { metric: "roc_auc", atLeast: 0.7, checks: [{ kind: "fairness", column: "plan" }] } }),
    "models.churn.training.gate.checks[0]",
    /maxDifference or minRatio/,
  ],
  [
    "a check of what is not measured of groups",
    training({
      gate: {
        ...{ metric: "roc_auc", atLeast: 0.7 },
        checks: [{ kind: "fairness", column: "plan", measure: "mae", maxDifference: 1 }],
      },
    }),
    "models.churn.training.gate.checks[0].measure",
    /problemType: binaryClassification: predicted, rate, roc_auc/,
  ],
  [
    "a check of a metric of another type of problem",
    training({
      gate: { metric: "roc_auc", atLeast: 0.7, checks: [{ kind: "metric", metric: "rmse", atMost: 5 }] },
    }),
    "models.churn.training.gate.checks[0].metric",
    /problemType/,
  ],
  [
    "looks in the cluster at hours that no clock has",
    {
      ...onExisting({ images: { registry: "registry.example.com" } }),
      ...{ mlflow: {}, airflow: {} },
      models: {
        churn: {
          ...{ from: "models:/churn@champion", serve: { flask: {} }, drift: {} },
          training: { engine: "airflow", image: "training", gate: { metric: "roc_auc", atLeast: 0.7 } },
          monitor: { everyHours: 30, modelQuality: {} },
        },
      },
    },
    "models.churn.monitor.everyHours",
    /write everyHours: 24/,
  ],
  [
    "retraining on decay where no labels are judged",
    training({ onDecay: {} }),
    "models.churn.training.onDecay",
    /no monitor judges labelled answers/,
  ],
  [
    "retraining on the decay of a metric of another type of problem",
    monitored(
      { modelQuality: {} },
      { training: { image: "training", gate: { metric: "roc_auc", atLeast: 0.7 }, onDecay: { metric: "rmse" } } },
    ),
    "models.churn.training.onDecay.metric",
    /problemType: binaryClassification/,
  ],
  [
    "training in an Airflow that is off",
    training({ engine: "airflow" }),
    "models.churn.training.engine",
    /airflow, which is off/,
  ],
  [
    "fewer replicas at most than at least",
    model({ serve: { flask: { minReplicas: 4, maxReplicas: 2 } } }),
    "models.churn.serve.flask.maxReplicas",
    /write maxReplicas: 4/,
  ],
  [
    "fewer instances at most than at least",
    model({ serve: { sagemaker: { minInstances: 4, maxInstances: 2 } } }),
    "models.churn.serve.sagemaker.maxInstances",
    /write maxInstances: 4/,
  ],
  [
    "SageMaker type that does not exist",
    model({ serve: { sagemaker: { instanceType: "ml.q5.large" } } }),
    "models.churn.serve.sagemaker.instanceType",
    /no family q5/,
  ],
  ["canary of everything", model({ canary: { percent: 100 } }), "models.churn.canary.percent", /lower it to 99/],
  [
    "canary larger than SageMaker allows",
    model({ serve: { sagemaker: {} }, canary: { percent: 60 } }),
    "models.churn.canary.percent",
    /write percent: 50/,
  ],
  [
    "error rate of everything",
    model({ objectives: { errorRatePercent: 100 } }),
    "models.churn.objectives.errorRatePercent",
    /lower it to less than 100/,
  ],
  ["pinned to an alias", model({ release: "pinned" }), "models.churn.release", /release: continuous/],
  [
    "continuous without an alias",
    model({ from: "models:/churn/3", release: "continuous" }),
    "models.churn.release",
    /write release: pinned/,
  ],
  [
    "model from a registry that is off",
    { ...minimalAws(), models: { churn: { from: "models:/churn/3" } } },
    "models.churn.from",
    /add mlflow: \{\}/,
  ],
  [
    "a dead-man's switch that is no receiver",
    { ...minimalAws(), monitoring: { receivers: { night: webhook, day: webhook }, watchdogReceiver: "nigth" } },
    "monitoring.watchdogReceiver",
    /one of night, day.*write watchdogReceiver: night/s,
  ],
  [
    "a dead-man's switch without any receiver",
    { ...minimalAws(), monitoring: { watchdogReceiver: "night" } },
    "monitoring.watchdogReceiver",
    /which is empty.*add it to monitoring\.receivers/s,
  ],
  [
    "a dead-man's switch that is a person",
    { ...minimalAws(), monitoring: { receivers: { ml: mail }, watchdogReceiver: "ml" } },
    "monitoring.receivers.ml.kind",
    /webhook, since monitoring\.watchdogReceiver names it.*or leave watchdogReceiver out/s,
  ],
  [
    "a dead-man's switch that is to get alerts by default",
    {
      ...minimalAws(),
      monitoring: { receivers: { a: webhook, b: webhook }, watchdogReceiver: "a", defaultReceiver: "a" },
    },
    "monitoring.defaultReceiver",
    /nothing but the sign of life.*name another/s,
  ],
  [
    "a model whose owner is a dead-man's switch",
    model({ owner: "a" }, { monitoring: { receivers: { a: webhook, b: webhook }, watchdogReceiver: "a" } }),
    "models.churn.owner",
    /nothing but the sign of life.*name another/s,
  ],
  [
    "owner nobody knows",
    model({ owner: "markting" }, { monitoring: { receivers: { marketing: { kind: "webhook", secretName: "hook" } } } }),
    "models.churn.owner",
    /write owner: marketing/,
  ],
  ["batch that never starts", model({ batch: {} }), "models.churn.batch", /a schedule, or onNewData/],
  [
    "a schedule that Kubernetes does not know",
    model({ batch: { schedule: "cron(0 3 L * ? *)" } }),
    "models.churn.batch.schedule",
    /L or W in the day of month.*28.*or write with: sagemaker/,
  ],
  [
    "a rate that does not divide the day",
    model({ batch: { schedule: "rate(5 hours)" } }),
    "models.churn.batch.schedule",
    /every 5 hours.*write rate\(4 hours\)/,
  ],
  [
    "results scored again for ever",
    model({ batch: { onNewData: "predictions/churn/" } }),
    "models.churn.batch.onNewData",
    /outside predictions\/.*write onNewData: incoming\/churn\//,
  ],
  [
    "raw data where training's runs write, which is emptied after a while",
    training({ onNewData: "extracts/churn/" }),
    "models.churn.training.onNewData",
    /outside extracts\/.*write onNewData: data\/churn\//,
  ],
  [
    "uploads from notebooks to where the code of others lies",
    { ...training({ onNewData: "landing/churn" }), jupyterhub: { uploads: ["landing/churn/", "source/churn/"] } },
    "jupyterhub.uploads[1]",
    /landing\/churn\/: what models of the stack read.*write landing\/churn\//,
  ],
  [
    "uploads from notebooks to where a model looks, but customers' requests lie",
    { ...training({ onNewData: "samples/churn" }), jupyterhub: { uploads: ["samples/churn/"] } },
    "jupyterhub.uploads[0]",
    /none, since no model of the stack.*remove it/,
  ],
  [
    "uploads from notebooks that no model reads",
    { ...minimalAws(), jupyterhub: { uploads: ["data/churn/"] } },
    "jupyterhub.uploads[0]",
    /none, since no model of the stack.*remove it/,
  ],
  [
    "an algorithm that SageMaker brings along",
    training({ image: "141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-xgboost:1.7-1" }),
    "models.churn.training.image",
    /trains and does nothing else; write image: training and algorithm: \{ name: xgboost/,
  ],
  [
    "another one that SageMaker brings along",
    training({ image: "438346466558.dkr.ecr.eu-west-1.amazonaws.com/linear-learner:1" }),
    "models.churn.training.image",
    /built-in linear-learner has none of them, and no MLflow model is made/,
  ],
  [
    "a check by Model Monitor without anything to compare with",
    model({ serve: { sagemaker: {} }, drift: { dataQuality: {} } }),
    "models.churn.drift.dataQuality.baseline",
    /not trained on AWS.*write baseline: baselines\/churn\//s,
  ],
  ["a monitor that looks at nothing", monitored({}, {}), "models.churn.monitor", /looks at nothing.*add dataQuality/s],
  [
    "a monitor without answers to look at",
    monitored({ modelQuality: {} }, { drift: undefined }),
    "models.churn.monitor",
    /no drift check.*add drift: \{\}/s,
  ],
  [
    "a monitor without an evaluation to compare with",
    monitored({ modelQuality: {} }, { training: { image: "training" } }),
    "models.churn.monitor",
    /the evaluation of its runs.*add training\.gate/s,
  ],
  [
    "a monitor of data quality without anything that was kept of training",
    monitored({ dataQuality: {} }, { training: undefined }),
    "models.churn.monitor",
    /what its runs keep of a version/,
  ],
  [
    "a monitor in an image that SageMaker does not take, with which pods may train",
    byAirflow({ image: "ghcr.io/own/train:7" }),
    "models.churn.monitor",
    /of Amazon ECR.*platform's registry/s,
  ],
  [
    "hyperparameters that pods take and a look at live answers does not",
    byAirflow({ hyperparameters: { project: "x".repeat(257) } }),
    "models.churn.training.hyperparameters.project",
    /256 characters with monitor/,
  ],
  [
    "more hyperparameters than a look at live answers takes",
    byAirflow({ hyperparameters: numbered(101, () => "1") }),
    "models.churn.training.hyperparameters",
    /at most 99 with monitor/,
  ],
  [
    "a monitor in an image of which the newest would have to be looked for",
    monitored({ bias: { columns: ["sex"] } }, { training: { image: "own", gate: { metric: "auc", atLeast: 0.7 } } }),
    "models.churn.monitor",
    /write training\.image: own:1/,
  ],
  [
    "labels where training's runs write",
    monitored({ modelQuality: {}, labels: "outputs/labels" }, {}),
    "models.churn.monitor.labels",
    /objects are deleted after a while/,
  ],
  [
    "notebook instances without Studio",
    { ...minimalAws(), training: { studio: { notebooks: { ann: {} } } } },
    "training.studio.notebooks",
    /write enabled: true, or leave notebooks out/,
  ],
  [
    "rows to score where training's runs write",
    model({ training: { image: "training" }, batch: { onNewData: "outputs/rows/" } }),
    "models.churn.batch.onNewData",
    /objects are deleted after a while/,
  ],
  [
    "a batch input that nothing reads",
    model({ batch: { onNewData: "incoming/churn/", input: "all/churn/" } }),
    "models.churn.batch.input",
    /only with schedule/,
  ],
  [
    "instances of batch transform that do not exist",
    model({
      from: "models:/churn/3",
      batch: { with: "sagemaker", schedule: "rate(1 day)", instanceType: "ml.m5.huge" },
    }),
    "models.churn.batch.instanceType",
    /a size of ml\.m5/,
  ],
  [
    "batch transform on an existing cluster",
    onExisting(
      {},
      {
        mlflow: {},
        models: { churn: { from: "models:/churn/3", batch: { with: "sagemaker", schedule: "rate(1 day)" } } },
      },
    ),
    "models.churn.batch.with",
    /only on foundation\.kind: aws/,
  ],
  [
    "SageMaker on an existing cluster",
    onExisting({}, { mlflow: {}, models: { churn: { from: "models:/churn/3", serve: { sagemaker: {} } } } }),
    "models.churn.serve.sagemaker",
    /only on foundation\.kind: aws/,
  ],
  [
    "Step Functions on an existing cluster",
    onExisting({}, { mlflow: {}, models: { churn: { from: "models:/churn@champion", training: { image: "x:1" } } } }),
    "models.churn.training.engine",
    /write engine: airflow/,
  ],
  [
    "MWAA on an existing cluster",
    onExisting({}, { airflow: { executor: { kind: "mwaa" }, dags: { kind: "bucket" } } }),
    "airflow.executor.kind",
    /only on foundation\.kind: aws/,
  ],
  [
    "SNS on an existing cluster",
    onExisting(
      {},
      { monitoring: { receivers: { a: { kind: "sns", topicArn: "arn:aws:sns:eu-west-1:000000000000:x" } } } },
    ),
    "monitoring.receivers.a.kind",
    /slack or kind: webhook/,
  ],
  [
    "required tag left out",
    { ...minimalAws(), governance: { requiredTags: ["team"] } },
    "foundation.tags.team",
    /add the tag team/,
  ],
  [
    "denied family",
    { ...minimalAws(), governance: { deniedInstanceFamilies: ["m7i"] } },
    `${inGroup}.system.instanceTypes[0]`,
    /deniedInstanceFamilies/,
  ],
  [
    "family that is not allowed",
    {
      ...minimalAws(),
      governance: { allowedInstanceFamilies: ["t3"] },
      ...onAws({ database: { instanceClass: "db.t3.medium" } }),
    },
    `${inGroup}.system.instanceTypes[0]`,
    /allowedInstanceFamilies: t3/,
  ],
  [
    "administrator twice",
    onAws({ cluster: { admins: [role("a"), role("b"), role("a")] } }),
    "foundation.cluster.admins[2]",
    /each once/,
  ],
  [
    "viewer twice",
    onAws({ cluster: { viewers: [role("a"), role("a")] } }),
    "foundation.cluster.viewers[1]",
    /each once/,
  ],
  [
    "administrator who is a viewer too",
    onAws({ cluster: { admins: [role("a")], viewers: [role("b"), role("a")] } }),
    "foundation.cluster.viewers[1]",
    /one access entry/,
  ],
  [
    "administrator who creates the cluster",
    onAws({ assumeRoleArn: role("deploy"), cluster: { admins: [role("a"), role("deploy")] } }),
    "foundation.cluster.admins[1]",
    /creates the cluster.*remove it/,
  ],
  [
    "viewer who creates the cluster",
    onAws({ assumeRoleArn: role("deploy"), cluster: { viewers: [role("deploy")] } }),
    "foundation.cluster.viewers[0]",
    /creates the cluster/,
  ],
  [
    "image repository twice",
    onAws({ images: { repositories: ["team/a", "team/a"] } }),
    "foundation.images.repositories[1]",
    /each once/,
  ],
  [
    "image repository of the platform's own",
    onAws({ images: { repositories: ["notebook"] } }),
    "foundation.images.repositories[0]",
    /model-server, release, drift, notebook, training.*team\/notebook/,
  ],
  ["endpoint twice", network({ endpoints: ["s3", "sts", "s3"] }), "foundation.network.endpoints[2]", /each once/],
  ["budget alert twice", budget({ alertAtPercent: [80, 80] }), "governance.budget.alertAtPercent[1]", /each once/],
  [
    "budget mail twice",
    budget({ notifyEmails: ["ml@example.com", "ML@example.com"] }),
    "governance.budget.notifyEmails[1]",
    /each once/,
  ],
  [
    "receiver's address twice",
    {
      ...minimalAws(),
      monitoring: { receivers: { ml: { kind: "email", addresses: ["ml@example.com", "ml@example.com"] } } },
    },
    "monitoring.receivers.ml.addresses[1]",
    /each once/,
  ],
  [
    "one system node under Karpenter",
    system({ minNodes: 1 }, { scaling: { kind: "karpenter" } }),
    `${inGroup}.system.minNodes`,
    /nothing resizes system groups.*write minNodes: 2/,
  ],
  [
    "taint on system nodes",
    system({ taints: [{ key: "soft", effect: "PreferNoSchedule" }, { key: "dedicated" }] }),
    `${inGroup}.system.taints[1]`,
    /controllers do not tolerate it/,
  ],
  ...["t2.large", "m4.large", "c4.large", "r4.large", "i3.large"].map((type): [string, unknown, string, RegExp] => [
    `Xen type ${type}`,
    groups({ a: apps({ instanceTypes: [type] }) }),
    `${inGroup}.a.instanceTypes[0]`,
    /prefix delegation.*write m7i\.large/,
  ]),
  [
    "Xen type with GPU",
    groups({ a: apps({ instanceTypes: ["p3.2xlarge"], gpu: true }) }),
    `${inGroup}.a.instanceTypes[0]`,
    /write g6\.xlarge/,
  ],
  ...["t3.nano", "t3a.micro", "t3.small"].map((type): [string, unknown, string, RegExp] => [
    `${type}, too small for a node`,
    groups({ a: apps({ instanceTypes: [type] }) }),
    `${inGroup}.a.instanceTypes[0]`,
    /110 pods.*write t3\.medium/,
  ]),
  [
    "Graviton type too small for a node",
    groups({ a: apps({ instanceTypes: ["t4g.small"] }) }),
    `${inGroup}.a.instanceTypes[0]`,
    /write t4g\.medium/,
  ],
  ...["inf1.xlarge", "inf2.xlarge", "trn1.2xlarge", "trn1n.32xlarge"].map((type): [string, unknown, string, RegExp] => [
    `${type}, whose device plugin is not here`,
    groups({ a: apps({ instanceTypes: [type] }) }),
    `${inGroup}.a.instanceTypes[0]`,
    /not supported yet/,
  ]),
  [
    "storage limit too close to storage",
    onAws({ database: { storageGiB: 100, maxStorageGiB: 109 } }),
    "foundation.database.maxStorageGiB",
    /a tenth of it more.*write maxStorageGiB: 110$/,
  ],
  [
    "storage with nothing left to grow",
    onAws({ database: { storageGiB: 60000, maxStorageGiB: 65536 } }),
    "foundation.database.storageGiB",
    /59578/,
  ],
  ["PostgreSQL too old", onAws({ database: { engineVersion: "14" } }), "foundation.database.engineVersion", /15/],
  [
    "backup window too short",
    onAws({ database: { backupWindow: "23:50-00:10" } }),
    "foundation.database.backupWindow",
    /at least 30 minutes; this is 20/,
  ],
  [
    "maintenance window too short",
    onAws({ database: { maintenanceWindow: "sun:23:50-mon:00:10" } }),
    "foundation.database.maintenanceWindow",
    /at least 30 minutes; this is 20/,
  ],
  [
    "maintenance during the backup",
    onAws({ database: { backupWindow: "02:00-03:00", maintenanceWindow: "sun:02:30-sun:04:00" } }),
    "foundation.database.maintenanceWindow",
    /apart from backupWindow/,
  ],
  [
    "maintenance that a backup starts in",
    onAws({ database: { backupWindow: "02:00-03:00", maintenanceWindow: "sat:23:00-sun:02:30" } }),
    "foundation.database.maintenanceWindow",
    /apart from backupWindow/,
  ],
  [
    "maintenance during a backup over the end of the week",
    onAws({ database: { backupWindow: "23:45-00:30", maintenanceWindow: "mon:00:00-mon:01:00" } }),
    "foundation.database.maintenanceWindow",
    /apart from backupWindow/,
  ],
  ["public addresses for nodes", network({ cidr: "8.8.0.0/16" }), "foundation.network.cidr", /inside one of 100\.64/],
  ...(
    [
      ["10.0.0.0/16", "172.16.0.0/16", "172.16.0.0/12"],
      ["10.0.0.0/16", "192.168.0.0/16", "192.168.0.0/16"],
      ["10.1.0.0/16", "10.0.0.0/16", "10.0.0.0/16"],
      ["172.16.0.0/16", "10.0.0.0/16", "10.0.0.0/8"],
      ["172.16.0.0/16", "172.31.0.0/16", "172.31.0.0/16"],
      ["192.168.0.0/16", "172.16.0.0/16", "172.16.0.0/12"],
      ["100.64.0.0/16", "10.0.0.0/16", "10.0.0.0/8"],
    ] as const
  ).map(([cidr, podCidr, range]): [string, unknown, string, RegExp] => [
    `pods in ${podCidr} beside nodes in ${cidr}`,
    network({ cidr, podCidr }),
    "foundation.network.podCidr",
    new RegExp(`no block of ${range}: AWS refuses it`),
  ]),
  ...["10.0.0.0/8", "192.168.7.0/24", "100.64.0.0/16", "127.0.0.0/8"].map(
    (block): [string, unknown, string, RegExp] => [
      `Kubernetes API open to ${block}, which nothing calls from`,
      onAws({ cluster: { endpoint: { access: "public", allowedCidrs: ["203.0.113.0/24", block] } } }),
      "foundation.cluster.endpoint.allowedCidrs[1]",
      /EKS refuses it.*public addresses/,
    ],
  ),
  [
    "host deeper than ACM's certificate",
    { ...minimalAws(), access: access({ hosts: { mlflow: "mlflow.eu.ml.example.com" } }) },
    "access.hosts.mlflow",
    /covers \*\.ml\.example\.com and nothing deeper; write mlflow: mlflow/,
  ],
  [
    "sign-in without groups",
    { ...minimalAws(), access: access({ groups: {} }) },
    "access.groups",
    /nobody could sign in/,
  ],
  ["backups of a cluster without a store", { ...minimalExisting(), backup: {} }, "backup.store", /write store/],
  [
    "a server of backups without their store",
    onExisting({ database: { restoreFrom: { folder: "mlplatform-dev/database-0a1b2c3d" } } }),
    "foundation.database.restoreFrom",
    /write backup: \{ store/,
  ],
  [
    "a server of a folder that no server writes to",
    { ...onExisting({ database: { restoreFrom: { folder: "database" } } }), backup: { store: backupStore } },
    "foundation.database.restoreFrom.folder",
    /database-0a1b2c3d/,
  ],
  [
    "backups of a server that somebody else keeps",
    {
      ...onExisting({ database: { kind: "adopt", host: "postgres.data.svc", adminSecretName: "admin" } }),
      backup: { store: backupStore },
    },
    "backup",
    /leave the section out, or write objects: true/,
  ],
  ["a store of backups on AWS", { ...minimalAws(), backup: { store: backupStore } }, "backup.store", /leave store out/],
  [
    "copies of buckets in the store that they are copied from",
    {
      ...onExisting({
        objectStore: { kind: "adopt", endpoint: backupStore.endpoint, bucket: "ml-data", secretName: "object-store" },
      }),
      backup: { store: backupStore, objects: true },
    },
    "backup.store.endpoint",
    /name a store elsewhere/,
  ],
  [
    "a lock in a cluster",
    { ...minimalExisting(), backup: { store: backupStore, lock: "governance" } },
    "backup.lock",
    /leave/,
  ],
  [
    "a vault for a cluster",
    {
      ...minimalExisting(),
      backup: { store: backupStore, copyVaultArn: "arn:aws:backup:eu-west-1:111122223333:backup-vault:copy" },
    },
    "backup.copyVaultArn",
    /leave/,
  ],
  [
    "a lock for compliance where data is to go with the stack",
    { ...onAws({ dataProtection: false }), backup: { lock: "compliance" } },
    "backup.lock",
    /lock: governance, or dataProtection: true/,
  ],
  [
    "a copy beside the backup",
    {
      ...onAws({ accountId: "000000000000" }),
      backup: { copyVaultArn: "arn:aws:backup:eu-west-1:000000000000:backup-vault:copy" },
    },
    "backup.copyVaultArn",
    /a vault elsewhere/,
  ],
  [
    "a loss of which the half does not divide a day",
    { ...minimalAws(), backup: { maxLossHours: 10 } },
    "backup.maxLossHours",
    /4, 6, 8, 12, 24, 48/,
  ],
  [
    "a copy in what is no vault",
    { ...minimalAws(), backup: { copyVaultArn: "arn:aws:s3:::copy" } },
    "backup.copyVaultArn",
    /ARN of a vault/,
  ],
  [
    "denied family of the database",
    { ...minimalAws(), governance: { deniedInstanceFamilies: ["t4g"] } },
    "foundation.database.instanceClass",
    /deniedInstanceFamilies/,
  ],
  [
    "family of the database that is not allowed",
    { ...minimalAws(), governance: { allowedInstanceFamilies: ["m7i"] } },
    "foundation.database.instanceClass",
    /allowedInstanceFamilies: m7i/,
  ],
  ...["cn-north-1", "us-iso-east-1", "us-isob-east-1", "eu-isoe-west-1"].map(
    (region): [string, unknown, string, RegExp] => [
      `region ${region}`,
      onAws({ region }),
      "foundation.region",
      /not supported yet/,
    ],
  ),
  ["equals sign in a tag's key", onAws({ tags: { "a=b": "c" } }), 'foundation.tags["a=b"]', /no = or comma/],
  ["equals sign in a tag's value", onAws({ tags: { a: "b=c" } }), "foundation.tags.a", /no = or comma/],
  ["comma in a tag's value", onAws({ tags: { a: "b,c" } }), "foundation.tags.a", /no = or comma/],
  [
    "required tag that no tag can be",
    { ...minimalAws(), governance: { requiredTags: ["a=b"] } },
    "governance.requiredTags[0]",
    /no = or comma/,
  ],
  [
    "many workers in the smallest MWAA",
    {
      ...minimalAws(),
      airflow: { executor: { kind: "mwaa", environmentClass: "mw1.micro" }, dags: { kind: "bucket" } },
    },
    "airflow.executor.maxWorkers",
    /write maxWorkers: 1, or/,
  ],
];

/** What stands close to each refusal and must pass. */
const accepted: [what: string, raw: unknown][] = [
  [
    "a loop that publishes, and a server that looks up",
    prepared({ loop: "publish", lookup: true }, { training: { featureStore: "onlineAndOffline" } }),
  ],
  ["features in PostgreSQL, published and looked up", inPostgres({}, { loop: "publish", lookup: true })],
  ["DAGs that train for an owner", model({ owner: "risk" }, { airflow: { trainsFor: ["risk"] }, ...receiving })],
  ["a loop that reads a history", prepared({ loop: "read" }, { training: { featureStore: "offline" } })],
  [
    "a check by Model Monitor of a model whose training makes what it compares with",
    model({ serve: { sagemaker: {} }, drift: { dataQuality: {} }, training: { image: "training" } }),
  ],
  [
    "a monitor of data quality alone of training without a gate",
    monitored({ dataQuality: {} }, { training: { image: "training" } }),
  ],
  ["a monitor of what Airflow trains", byAirflow({})],
  ["a monitor of what Airflow trains by an image of ECR elsewhere", byAirflow({ image: elsewhere })],
  [
    "a monitor of what a pipeline trains",
    monitored(
      { modelQuality: {} },
      { training: { engine: "sagemakerPipelines", image: "training", gate: { metric: "auc", atLeast: 0.7 } } },
    ),
  ],
  ["training on an image of somebody else", training({ image: "registry.example.com/ml/train:7" })],
  [
    "training on an image without a tag",
    { ...training({ image: "own" }), ...onAws({ images: { repositories: ["own"] } }) },
  ],
  ["the widest and the narrowest VPC", network({ cidr: "192.168.0.0/16" })],
  ["a /20 over three zones", network({ cidr: "10.0.0.0/20", podCidr: "100.64.0.0/18" })],
  [
    "a network without NAT that lists what it needs",
    network({
      nat: "none",
      endpoints: [
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
        "autoscaling",
      ],
    }),
  ],
  ["a private block at the private endpoint", onAws({ cluster: { endpoint: { allowedCidrs: ["10.8.0.0/16"] } } })],
  ["nodes and pods in one private range", network({ cidr: "10.1.0.0/16", podCidr: "10.2.0.0/16" })],
  ["nodes in shared addresses", network({ cidr: "100.64.0.0/16", podCidr: "100.80.0.0/16" })],
  ["the smallest burst nodes that hold enough pods", groups({ a: apps({ instanceTypes: ["t3.medium"] }) })],
  ["Xen's family on bare metal", groups({ a: apps({ instanceTypes: ["i3.metal"] }) })],
  ["a Nitro sister of a Xen family", groups({ a: apps({ instanceTypes: ["p3dn.24xlarge"], gpu: true }) })],
  ["the longest group name", groups({ ["a".repeat(38)]: apps({}) })],
  [
    "two system groups of one node under Karpenter",
    onAws({
      cluster: {
        scaling: { kind: "karpenter" },
        nodeGroups: { a: { ...systemGroup, minNodes: 1 }, b: { ...systemGroup, minNodes: 1 } },
      },
    }),
  ],
  [
    "a copy in another region of the account",
    {
      ...onAws({ accountId: "000000000000" }),
      backup: { copyVaultArn: "arn:aws:backup:eu-central-1:000000000000:backup-vault:copy" },
    },
  ],
  [
    "a copy in another account of the region",
    {
      ...onAws({ accountId: "000000000000" }),
      backup: { copyVaultArn: "arn:aws:backup:eu-west-1:111122223333:backup-vault:copy" },
    },
  ],
  ["backups of a cluster", { ...minimalExisting(), backup: { store: backupStore } }],
  ["copies of its buckets", { ...minimalExisting(), backup: { store: backupStore, objects: true } }],
  [
    "copies of buckets beside a server that somebody else keeps",
    {
      ...onExisting({ database: { kind: "adopt", host: "postgres.data.svc", adminSecretName: "admin" } }),
      backup: { store: backupStore, objects: true },
    },
  ],
  [
    "a server of a cluster's backups",
    {
      ...onExisting({
        database: { restoreFrom: { folder: "mlplatform-dev/database-0a1b2c3d", time: "2026-11-30T12:00:00Z" } },
      }),
      backup: { store: backupStore },
    },
  ],
  ["a lock for compliance on protected data", { ...minimalAws(), backup: { lock: "compliance" } }],
  ["one system node without Karpenter", system({ minNodes: 1 })],
  [
    "windows that touch",
    onAws({ database: { backupWindow: "23:30-00:00", maintenanceWindow: "mon:00:00-mon:00:30" } }),
  ],
  ["a tenth more storage to grow into", onAws({ database: { storageGiB: 200, maxStorageGiB: 220 } })],
  [
    "a full host name right below the domain",
    { ...minimalAws(), access: access({ hosts: { mlflow: "runs.ml.example.com" } }) },
  ],
  [
    "a deep host name under a certificate of one's own",
    {
      ...minimalAws(),
      access: access({
        hosts: { mlflow: "mlflow.eu.ml.example.com" },
        certificate: {
          kind: "adopt",
          arn: "arn:aws:acm:eu-west-1:000000000000:certificate/00000000-0000-0000-0000-000000000000",
        },
      }),
    },
  ],
  [
    "one worker in the smallest MWAA",
    {
      ...minimalAws(),
      airflow: { executor: { kind: "mwaa", environmentClass: "mw1.micro", maxWorkers: 1 }, dags: { kind: "bucket" } },
    },
  ],
  ["a GPU group that scales to zero", groups({ gpu: apps({ gpu: true, instanceTypes: ["g6.xlarge", "g5.xlarge"] }) })],
  ["a Graviton group", groups({ arm: apps({ instanceTypes: ["m7g.large", "c7g.large"] }) })],
  [
    "a GPU profile with GPU nodes",
    {
      ...groups({ gpu: { purpose: "notebooks", gpu: true, instanceTypes: ["g6.xlarge"] } }),
      jupyterhub: { profiles: { gpu: { gpus: 1 } } },
    },
  ],
  [
    "no real sign-in on one's own machine",
    onExisting({}, { access: { domain: "ml.localhost", signIn: { provider: "dummy" } } }),
  ],
  [
    "TLS from cert-manager",
    onExisting({ certificates: { kind: "certManager" } }, { access: access({ zoneId: undefined }) }),
  ],
  [
    "an adopted certificate without a zone",
    {
      ...minimalAws(),
      access: access({
        zoneId: undefined,
        certificate: {
          kind: "adopt",
          arn: "arn:aws:acm:eu-west-1:000000000000:certificate/00000000-0000-0000-0000-000000000000",
        },
      }),
    },
  ],
  [
    "the largest search that may learn from one of its size",
    training({ tune: { ...search({ depth: range }), maxJobs: 250, warmStart: true } }),
  ],
  [
    "every form of schedule",
    {
      ...minimalAws(),
      mlflow: {},
      models: Object.fromEntries(
        [
          "cron(0 3 ? * SUN *)",
          "cron(0/15 8-17 ? * MON-FRI *)",
          "cron(0 0 L * ? *)",
          "cron(0 0 ? * 6#1 2027-2030)",
          "rate(5 minutes)",
        ].map((schedule, at) => [
          `m${at}`,
          { from: `models:/m${at}@champion`, training: { image: "training", schedule } },
        ]),
      ),
    },
  ],
  [
    "names that only look like those beside a model",
    { ...minimalAws(), models: { "churn-batch": { from: "s3://b1b/m" }, canary: { from: "s3://b1b/m" } } },
  ],
  [
    "an existing cluster with everything it can do",
    {
      ...onExisting({ images: { registry: "registry.example.com/ml" } }),
      airflow: {},
      mlflow: {},
      jupyterhub: {},
      monitoring: {},
      models: {
        churn: { from: "models:/churn@champion", serve: { flask: {} }, training: { engine: "airflow", image: "x:1" } },
      },
    },
  ],
];

describe("the stack's name", () => {
  const named = (stackName: string | undefined, raw: unknown = minimalAws()) => {
    try {
      parseSettings(raw, stackName === undefined ? {} : { stackName });
      return [];
    } catch (error) {
      if (error instanceof SettingsProblems) return error.problems;
      throw error;
    }
  };

  for (const [name, instead] of [
    ["Dev", "dev"],
    ["my_stack", "my-stack"],
    ["1st", "st"],
    ["a--b", "a-b"],
    ["dev-", "dev"],
    ["-", "dev"],
    ["a".repeat(53), "a".repeat(52)],
  ]) {
    it(`refuse: ${name}`, () => {
      const problems = named(name);
      expect(problems).to.have.length(1);
      expect(problems[0]).to.include({
        path: "(stack name)",
        value: `"${name}"`,
        remedy: `make the stack under another name: pulumi stack init ${instead}`,
      });
      expect(problems[0]?.allowed).to.match(/lower-case letters.*at most 52 characters.*mlplatform-<stack>/);
    });
  }

  for (const name of ["dev", "team-a-prod2", "a".repeat(52), undefined]) {
    it(`accept: ${name}`, () => {
      expect(named(name)).to.deep.equal([]);
    });
  }

  it("is left alone on an existing cluster, which names nothing in an account after it", () => {
    expect(named("My_Stack", minimalExisting())).to.deep.equal([]);
  });

  it("is named beside what else is wrong", () => {
    expect(named("Dev", network({ cidr: "10.0.5.0/16" })).map(({ path }) => path)).to.deep.equal([
      "(stack name)",
      "foundation.network.cidr",
    ]);
  });
});

describe("rules between settings", () => {
  for (const [what, raw, path, says] of refused) {
    it(`refuse: ${what}`, () => {
      const problems = problemsOf(raw);
      expect(problems.map((problem) => problem.path)).to.deep.equal([path]);
      const [problem] = problems;
      expect(`${problem?.allowed}; ${problem?.remedy}`).to.match(says);
    });
  }
  for (const [what, raw] of accepted) {
    it(`accept: ${what}`, () => {
      expect(problemsOf(raw)).to.deep.equal([]);
    });
  }
});
