/** Stacks that between them switch everything on that AWS is asked for: each engine, target, kind of endpoint, role and tool. */
import type { Config } from "../platform/program";
import { registeredApart } from "./registeredApart";

const from = "models:/churn@champion";
const schedule = "cron(0 3 ? * SUN *)";
const gate = { metric: "auc", atLeast: 0.8, beatChampion: true };
const tune = { objective: "validation:auc", ranges: { eta: { type: "continuous", min: 0.01, max: 0.3 } } };
const scaled = { instanceType: "ml.m5.large", minInstances: 2, maxInstances: 4 };
/** Studio has no other way out. */
const endpoints = [
  ...["s3", "sts", "logs", "kms", "states", "athena", "glue"],
  ...["sagemaker.api", "sagemaker.runtime", "sagemaker.featurestore-runtime"],
];
const node = (purpose: string, more: object = {}) => ({ purpose, instanceTypes: ["m7i.large"], maxNodes: 4, ...more });

const features = { entity: "customer_id", columns: { tenure: "Integral" } };

const models = {
  steps: {
    from,
    owner: "team",
    drift: {},
    serve: { flask: {} },
    monitor: { modelQuality: {} },
    batch: { schedule, onNewData: "incoming/steps/" },
    training: {
      ...{ image: "training", schedule, tune, onDrift: true, onDecay: {}, onNewData: "data/steps/" },
      gate: { ...gate, maxDriftPsi: 0.2, checks: [{ kind: "size", maxMiB: 500 }] },
      dataDrift: { maxPsi: 0.2, minPsi: 0.02 },
      approve: "manual",
      features,
      prepare: { with: "glue", script: "churn/prepare.py" },
    },
  },
  pipeline: {
    from,
    serve: { flask: {} },
    training: {
      engine: "sagemakerPipelines",
      image: "training",
      schedule,
      gate,
      tune,
      prepare: { with: "container" },
      features: { ...features, loop: "publish", lookup: true },
    },
  },
  plain: { from, serve: { flask: {} }, training: { engine: "sagemakerPipelines", image: "training" } },
  real: {
    from,
    owner: "team",
    serve: { sagemaker: scaled },
    drift: { dataQuality: { baseline: "baselines/x/" } },
    batch: { with: "sagemaker", schedule, onNewData: "incoming/real/" },
    training: {
      ...{ image: "training", schedule, gate, prepare: { with: "container" } },
      features: { ...features, loop: "read", lookup: true },
    },
    monitor: { modelQuality: {} },
  },
  waits: { from, serve: { sagemaker: { kind: "asynchronous" } } },
  light: { from: "models:/light/3", serve: { sagemaker: { kind: "serverless" } } },
  elsewhere: { from: "s3://elsewhere/churn", serve: { flask: {} }, drift: {} },
  taken: { from: { stack: "dev", approved: true }, serve: { flask: {} } },
  scored: { from: "models:/churn/3", batch: { with: "sagemaker", schedule, onNewData: "incoming/scored/" } },
  hosted: { from: "models:/churn/3", serve: { sagemaker: scaled }, drift: {} },
};

/** Somebody else's, with a key and tables. */
const lake = {
  bucket: "example-company-lake",
  prefix: "sales/orders/",
  keyArn: "arn:aws:kms:eu-west-1:111122223333:key/0a1b2c3d",
  database: "sales",
};

/** Versions of `steps` go to another stack, and those of `taken` come from one. */
const promotion = {
  consumers: { prod: { accountId: "222222222222", models: ["steps"] } },
  producers: {
    dev: {
      accountId: "111111111111",
      region: "eu-west-1",
      bucket: "example-dev-data",
      keyArn: "arn:aws:kms:eu-west-1:111111111111:key/0a1b2c3d",
      publicKey: "0a".repeat(32),
    },
  },
};

/** Repositories of models push to images of their own. */
const delivery = (more: object = {}) => ({
  source: { provider: "github", repository: "example/ml" },
  environments: { dev: {} },
  ...more,
});

const common = {
  mlflow: {},
  delivery: delivery(),
  promotion,
  models,
  training: {
    featureStore: "onlineAndOffline",
    catalog: { crawlSchedule: "cron(0 2 * * ? *)" },
    studio: {
      enabled: true,
      users: { ann: "dataScientist", bob: "mlEngineer", cleo: "approver", dan: "viewer" },
      notebooks: { shared: {}, bench: { role: "mlEngineer" } },
    },
  },
};

const config = ({
  models: blocks,
  ...sections
}: {
  models: Record<string, object>;
  [section: string]: object;
}): Config =>
  Object.fromEntries(
    Object.entries({ ...sections, models: registeredApart(blocks) }).map(([key, value]) => [
      `mlplatform:${key}`,
      value,
    ]),
  ) as Config;

/** By what starts nodes and runs DAGs. */
export const everythingOn: Record<string, Config> = {
  "node groups and Airflow in the cluster": config({
    ...common,
    foundation: {
      kind: "aws",
      region: "eu-west-1",
      network: { endpoints },
      images: { repositories: ["own-training", "steps-serving"] },
      cluster: {
        sharedStorage: true,
        nodeGroups: { system: node("system", { minNodes: 2 }), apps: node("apps"), training: node("training") },
      },
    },
    access: {
      domain: "ml.example.com",
      zoneId: "Z0123456789",
      groups: { team: "admin" },
      signIn: {
        ...{ provider: "oidc", issuer: "https://id.example.com" },
        ...{ clientId: "mlplatform", clientSecretName: "mlplatform-sign-in" },
      },
    },
    data: { sources: { lake } },
    airflow: {
      dags: { kind: "git", repository: "https://github.com/example/dags" },
      reads: ["lake"],
      trainsFor: ["team"],
    },
    jupyterhub: { reads: ["lake"] },
    training: { ...common.training, studio: { ...common.training.studio, reads: ["lake"] } },
    monitoring: {
      cloudWatch: true,
      logs: {},
      defaultReceiver: "team",
      receivers: { team: { kind: "email", addresses: ["ml@example.com"] } },
    },
    backup: {
      objects: true,
      lock: "governance",
      copyVaultArn: "arn:aws:backup:eu-central-1:111122223333:backup-vault:mlplatform",
    },
    delivery: delivery({
      models: { own: { repository: "example/own", score: true } },
      codePipeline: { enabled: true },
    }),
    models: {
      ...models,
      own: {
        ...{ from, serve: { sagemaker: scaled }, batch: { with: "sagemaker", schedule } },
        training: { image: "own-training", gate },
      },
      steps: { ...models.steps, reads: ["lake"] },
      pipeline: { ...models.pipeline, reads: ["lake"] },
      dags: {
        ...{ from, serve: { flask: {} }, reads: ["lake"] },
        training: { engine: "airflow", image: "training", prepare: { with: "container" } },
      },
    },
  }),
  "Karpenter and MWAA": config({
    ...common,
    foundation: {
      kind: "aws",
      region: "eu-west-1",
      network: { endpoints },
      cluster: {
        scaling: { kind: "karpenter" },
        nodeGroups: { system: node("system", { minNodes: 2 }), apps: node("apps") },
      },
    },
    airflow: { executor: { kind: "mwaa" }, dags: { kind: "bucket" }, trainsFor: ["team"] },
  }),
  "off at night": config({
    foundation: {
      kind: "aws",
      region: "eu-west-1",
      dataProtection: false,
      network: { endpoints },
      cluster: { nodeGroups: { system: node("system", { minNodes: 2 }), apps: node("apps") } },
    },
    mlflow: {},
    monitoring: { receivers: { team: { kind: "email", addresses: ["ml@example.com"] } } },
    governance: { offHours: {} },
    training: { studio: { enabled: true, notebooks: { bench: {} } } },
    models: {},
  }),
  "stopped by its budget": config({
    foundation: {
      kind: "aws",
      region: "eu-west-1",
      dataProtection: false,
      network: { endpoints },
      cluster: {
        nodeGroups: { system: node("system", { minNodes: 2 }), apps: node("apps"), people: node("notebooks") },
      },
    },
    mlflow: {},
    jupyterhub: {},
    monitoring: { receivers: { team: { kind: "email", addresses: ["ml@example.com"] } } },
    governance: { budget: { monthlyUsd: 500, notifyEmails: ["ml@example.com"], stop: {} } },
    training: { studio: { enabled: true, notebooks: { bench: {} } } },
    models: {
      trial: { from: "models:/trial/1", serve: { sagemaker: { maxInstances: 1, ttlHours: 48 } } },
      real: { from, serve: { sagemaker: scaled }, training: { image: "training", gate, onDrift: false } },
    },
  }),
  "no cluster": config({
    foundation: {
      kind: "aws",
      region: "eu-west-1",
      dataProtection: false,
      network: { nat: "none" },
      cluster: { kind: "none" },
    },
    monitoring: { receivers: { team: { kind: "email", addresses: ["ml@example.com"] } } },
    models: {
      trial: {
        from: "s3://elsewhere/trial/4/model.tar.gz",
        owner: "team",
        serve: { sagemaker: { instanceType: "ml.m5.large", maxInstances: 1, ttlHours: 72 } },
      },
    },
  }),
};
