import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import type { AirflowArgs } from "../../components/apps/airflow/component";
import { airflowArgs, buildAirflow, chartValues, secretData } from "../support/airflow";
import { database, store } from "../support/apps";
import { Marker, RecordedIdentity } from "../support/foundation";
import { dependencies, inputs, outline, secretInputs } from "../support/outline";

const chart = "kubernetes:helm.sh/v4:Chart airflow";
const ingress = () => ({
  className: "alb",
  annotations: { "alb.ingress.kubernetes.io/certificate-arn": pulumi.output("arn:made-up") },
  ready: [new Marker("ingress-controller")],
});
const published = (): Partial<AirflowArgs> => ({
  address: { host: "airflow.example.com", url: "https://airflow.example.com", ingress: ingress() },
  signIn: {
    provider: "github",
    organization: "example-company",
    clientId: "made-up-client",
    clientSecret: pulumi.secret("made-up-client-secret"),
    groups: { platform: "admin" },
  },
});

describe("Airflow", () => {
  it("is a namespace, its secrets, its traffic, the chart and its upkeep", async () => {
    expect(outline(await buildAirflow())).to.deep.equal([
      "Airflow airflow",
      "  AirflowSecrets airflow-secrets",
      "    kubernetes:core/v1:Secret airflow-secrets-admin",
      "    kubernetes:core/v1:Secret airflow-secrets-apiSecretKey",
      "    kubernetes:core/v1:Secret airflow-secrets-environment",
      "    kubernetes:core/v1:Secret airflow-secrets-fernetKey",
      "    kubernetes:core/v1:Secret airflow-secrets-jwtSecret",
      "    kubernetes:core/v1:Secret airflow-secrets-metadata",
      "    random:index/randomBytes:RandomBytes airflow-secrets-fernetKey",
      "    random:index/randomPassword:RandomPassword airflow-secrets-admin",
      "    random:index/randomPassword:RandomPassword airflow-secrets-apiSecretKey",
      "    random:index/randomPassword:RandomPassword airflow-secrets-jwtSecret",
      "  AirflowTasks airflow-tasks",
      "    kubernetes:admissionregistration.k8s.io/v1:ValidatingAdmissionPolicy airflow-tasks-workers",
      "    kubernetes:admissionregistration.k8s.io/v1:ValidatingAdmissionPolicyBinding airflow-tasks-workers",
      ...["ConfigMap", "LimitRange", "Namespace", "ResourceQuota", "ServiceAccount"].flatMap((kind) =>
        ["pods", "workers"].map((role) => `    kubernetes:core/v1:${kind} airflow-tasks-${role}`),
      ),
      ...["pods", "workers"].map((role) => `    kubernetes:networking.k8s.io/v1:NetworkPolicy airflow-tasks-${role}`),
      ...["Role", "RoleBinding"].flatMap((kind) =>
        ["pods-cleanup", "pods-launcher", "workers-cleanup", "workers-executor", "workers-log-reader"].map(
          (role) => `    kubernetes:rbac.authorization.k8s.io/v1:${kind} airflow-tasks-${role}`,
        ),
      ),
      "  AirflowUpkeep airflow-upkeep",
      "    kubernetes:batch/v1:CronJob airflow-upkeep-history",
      "  kubernetes:core/v1:ConfigMap airflow-environment",
      "  kubernetes:core/v1:Namespace airflow",
      "  kubernetes:helm.sh/v4:Chart airflow",
      "  kubernetes:networking.k8s.io/v1:NetworkPolicy airflow-among-themselves",
      "  kubernetes:networking.k8s.io/v1:NetworkPolicy airflow-api",
      "  kubernetes:networking.k8s.io/v1:NetworkPolicy airflow-closed",
      "  kubernetes:networking.k8s.io/v1:NetworkPolicy airflow-task-metrics",
    ]);
  });

  it("bounds what tasks, and pods that they start, ask for together, and lets no pod be refused that asks for nothing", async () => {
    const made = await buildAirflow(() => ({ taskQuota: { maxPods: 20, cpu: "7500m", memoryGiB: 30, gpus: 0 } }));
    const namespaces = { pods: "airflow-pods", workers: "airflow-tasks" };
    for (const [role, namespace] of Object.entries(namespaces)) {
      const metadata = { name: "tasks", namespace };
      expect(inputs(made, `kubernetes:core/v1:ResourceQuota airflow-tasks-${role}`)).to.deep.include({
        metadata,
        spec: {
          hard: { pods: "20", "requests.cpu": "7500m", "requests.memory": "30Gi", "requests.nvidia.com/gpu": "0" },
        },
      });
      expect(inputs(made, `kubernetes:core/v1:LimitRange airflow-tasks-${role}`)).to.deep.include({
        metadata,
        spec: { limits: [{ type: "Container", defaultRequest: { cpu: "500m", memory: "1Gi" } }] },
      });
    }
    const quotas = made.filter(({ type }) => type === "kubernetes:core/v1:ResourceQuota");
    expect(quotas.map(({ inputs: { metadata } }) => (metadata as { namespace: string }).namespace)).to.have.members(
      Object.values(namespaces), // Airflow itself has none: its scheduler must be able to come back.
    );
  });

  it("has DAGs of the platform in a ConfigMap of their own, which the chart only names; another DAG changes nothing else", async () => {
    const having = (text: string) => buildAirflow(() => ({ platformDags: { "a.py": text } }));
    const made = await having("one");
    const object = "kubernetes:core/v1:ConfigMap airflow-dags";
    expect(inputs(made, object)).to.deep.include({
      metadata: { name: "airflow-platform-dags", namespace: "airflow" },
      data: { "a.py": "one", ".airflowignore": "..*\n" },
    });
    expect(dependencies(made, chart)).to.include("kubernetes:core/v1:ConfigMap airflow-dags");
    expect(JSON.stringify(chartValues(made))).to.contain('"configMap":{"name":"airflow-platform-dags"}');
    expect(chartValues(await having("another"))).to.deep.equal(chartValues(made));
    expect(JSON.stringify(chartValues(await buildAirflow()))).to.not.contain("platform-dags");
  });

  it("spreads many DAGs over ConfigMaps of 25 files, which one volume brings together", async () => {
    const files = Object.fromEntries(Array.from({ length: 60 }, (_, at) => [`m${at}.json`, `${at}`]));
    const made = await buildAirflow(() => ({ platformDags: files }));
    const objects = ["airflow-dags", "airflow-dags-2", "airflow-dags-3"].map(
      (name) => inputs(made, `kubernetes:core/v1:ConfigMap ${name}`) as { metadata: { name: string }; data: object },
    );
    expect(objects.map(({ data }) => Object.keys(data).length)).to.deep.equal([25, 25, 11]);
    expect(Object.assign({}, ...objects.map(({ data }) => data))).to.deep.equal({
      ...files,
      ".airflowignore": "..*\n",
    });
    const sources = objects.map(({ metadata: { name } }) => ({ configMap: { name } }));
    expect(sources.map(({ configMap }) => configMap.name)).to.deep.equal([
      "airflow-platform-dags",
      "airflow-platform-dags-2",
      "airflow-platform-dags-3",
    ]);
    const { dagProcessor } = chartValues(made) as { dagProcessor: { extraVolumes: object[] } };
    expect(dagProcessor.extraVolumes).to.deep.equal([{ name: "platform-dags", projected: { sources } }]);
  });

  it("keeps the Fernet key and its namespace where data is kept, and only that: without it stored connections cannot be read", async () => {
    const kept = outline(await buildAirflow(() => ({ keepData: true }))).filter((line) => line.includes("("));
    expect(kept).to.deep.equal([
      "    kubernetes:core/v1:Secret airflow-secrets-fernetKey (protected, retained)",
      "    random:index/randomBytes:RandomBytes airflow-secrets-fernetKey (protected, retained)",
      "  kubernetes:core/v1:Namespace airflow (protected, retained)",
    ]);
  });

  it("makes a Fernet key of 32 bytes in the alphabet that Fernet reads", async () => {
    const key = secretData(await buildAirflow(), "fernetKey")["fernet-key"]!;
    expect(key).to.match(/^[A-Za-z0-9_-]{43}=$/);
    expect(Buffer.from(key, "base64url")).to.have.length(32);
  });

  it("reaches the database over TLS by both drivers, whatever the password is", async () => {
    const made = await buildAirflow(() => ({
      database: database("airflow", { password: pulumi.secret("a/b@c:d?e%") }),
    }));
    const at = "airflow:a%2Fb%40c%3Ad%3Fe%25@database.fake.invalid:5432/airflow";
    expect(secretData(made, "metadata")).to.deep.equal({ connection: `postgresql+psycopg2://${at}?sslmode=require` });
    expect(secretData(made, "environment")).to.deep.equal({
      AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC: `postgresql+asyncpg://${at}?ssl=require`,
      AIRFLOW_CONN_AWS_DEFAULT: "aws://",
    });
  });

  it("puts secrets into Secrets and nowhere else", async () => {
    const made = await buildAirflow(() => ({
      ...published(),
      executor: { kind: "celery", minWorkers: 1, maxWorkers: 2 },
    }));
    for (const line of secretInputs(made)) expect(line).to.match(/^kubernetes:core\/v1:Secret .*: stringData$/);
    expect(JSON.stringify(chartValues(made))).to.not.contain("made-up-client");
  });

  it("starts pods after secrets, grants, traffic rules and the database, and upkeep after the pods", async () => {
    const made = await buildAirflow();
    expect(dependencies(made, chart)).to.include.members([
      "kubernetes:core/v1:Secret airflow-secrets-metadata",
      "kubernetes:core/v1:ConfigMap airflow-environment",
      "kubernetes:networking.k8s.io/v1:NetworkPolicy airflow-closed",
      ...["worker", "triggerer", "api"].map((role) => `test:index:Marker granted-airflow-${role}`),
      "test:index:Marker database",
    ]);
    expect(dependencies(made, "kubernetes:core/v1:Namespace airflow")).to.deep.equal(["test:index:Marker cluster"]);
    expect(dependencies(made, "kubernetes:core/v1:Secret airflow-secrets-metadata")).to.include(
      "kubernetes:core/v1:Namespace airflow",
    );
    const pods = "kubernetes:apps/v1:Deployment airflow-pods";
    expect(dependencies(made, "kubernetes:batch/v1:CronJob airflow-upkeep-history")).to.include(pods);
  });

  it("lets workers and the triggerer write logs, the API server read them, and nobody else anything", async () => {
    const identity = new RecordedIdentity();
    const statements = [
      { Sid: "Train", Effect: "Allow" as const, Action: ["sagemaker:CreateTrainingJob"], Resource: ["arn"] },
    ];
    await buildAirflow(() => ({ identity, taskStatements: statements }));
    const granted: Record<string, string[]> = {};
    for (const { namespace, serviceAccount, statements: given } of Object.values(identity.grants)) {
      granted[`${namespace}/${serviceAccount}`] = await new Promise((resolve) =>
        pulumi.output(given).apply((all) => resolve(all.flatMap(({ Action }) => Action))),
      );
    }
    const read = ["s3:ListBucket", "s3:GetBucketLocation", "s3:GetObject", "kms:Decrypt"];
    const write = ["s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"];
    expect(granted).to.deep.equal({
      "airflow-tasks/airflow-worker": [...read, ...write, "kms:GenerateDataKey", "sagemaker:CreateTrainingJob"],
      "airflow-pods/airflow-worker": ["sagemaker:CreateTrainingJob"],
      "airflow/airflow-triggerer": [...read, ...write, "kms:GenerateDataKey"],
      "airflow/airflow-api-server": read,
    });
  });

  it("is closed to all but its own pods, the API, and metrics where something monitors", async () => {
    const made = await buildAirflow(() => ({ monitoringNamespace: "monitoring", monitors: [new Marker("monitors")] }));
    const spec = (role: string) => inputs(made, `kubernetes:networking.k8s.io/v1:NetworkPolicy airflow-${role}`).spec;
    expect(spec("closed")).to.deep.equal({ podSelector: {}, policyTypes: ["Ingress"] });
    expect(spec("api")).to.deep.include({ ingress: [{ ports: [{ port: 8080, protocol: "TCP" }] }] });
    expect(spec("metrics")).to.have.nested.property(
      "ingress[0].from[0].namespaceSelector.matchLabels.kubernetes\\.io/metadata\\.name",
      "monitoring",
    );
    const monitor = "kubernetes:monitoring.coreos.com/v1:ServiceMonitor airflow-metrics";
    expect(dependencies(made, monitor)).to.include("test:index:Marker monitors");
    expect(outline(await buildAirflow()).join()).to.not.contain("ServiceMonitor");
  });

  it("is published after the controller of its ingress is there, with what only the cloud knows", async () => {
    const made = await buildAirflow(published);
    const name = "kubernetes:networking.k8s.io/v1:Ingress airflow";
    expect(dependencies(made, name)).to.include("test:index:Marker ingress-controller");
    expect(inputs(made, name).metadata).to.have.property("annotations").deep.equal({
      "alb.ingress.kubernetes.io/certificate-arn": "arn:made-up",
      "alb.ingress.kubernetes.io/healthcheck-path": "/api/v2/monitor/health",
    });
    expect(inputs(made, name).spec).to.have.nested.property("rules[0].host", "airflow.example.com");
    expect(inputs(made, name).spec).to.not.have.property("tls");
    expect(secretData(made, "signIn")).to.deep.equal({
      "client-id": "made-up-client",
      "client-secret": "made-up-client-secret",
    });
    expect(outline(made).join()).to.not.contain("secrets-admin");
  });

  it("with Celery: a password for Redis, and the address that holds it", async () => {
    const made = await buildAirflow(() => ({ executor: { kind: "celery", minWorkers: 1, maxWorkers: 2 } }));
    const { password } = secretData(made, "redisPassword");
    expect(secretData(made, "brokerUrl").connection).to.equal(`redis://:${password}@airflow-redis:6379/0`);
  });

  it("tells DAGs of nodes and MLflow, and restarts pods when that changes", async () => {
    const plain = await buildAirflow();
    const made = await buildAirflow(() => ({
      nodeClasses: { gpu: { nodeSelector: { gpu: "yes" }, tolerations: [] } },
      driftColumns: { churn: { id: "ignore" } },
      mlflow: { trackingUri: "http://mlflow.mlflow.svc:5000", credentials: { MLFLOW_TRACKING_TOKEN: "made-up" } },
    }));
    expect(inputs(made, "kubernetes:core/v1:ConfigMap airflow-environment").data).to.deep.equal({
      AWS_DEFAULT_REGION: "eu-west-1",
      AIRFLOW_VAR_NODE_CLASSES: '{"gpu":{"nodeSelector":{"gpu":"yes"},"tolerations":[]}}',
      AIRFLOW_VAR_DRIFT_COLUMNS: '{"churn":{"id":"ignore"}}',
      AIRFLOW_CONN_KUBERNETES_DEFAULT:
        '{"conn_type":"kubernetes","extra":{"in_cluster":true,"namespace":"airflow-pods"}}',
      MLFLOW_TRACKING_URI: "http://mlflow.mlflow.svc:5000",
      MODEL_DATA_URI: "s3://made-up-data",
      AIRFLOW__LOGGING__REMOTE_BASE_LOG_FOLDER: "s3://made-up-logs/airflow/tasks",
    });
    expect(secretData(made, "tasks-airflow-tasks")).to.deep.equal({ MLFLOW_TRACKING_TOKEN: "made-up" });
    const elsewhere = await buildAirflow(() => ({
      data: {
        ...store("made-up-data"),
        compatible: {
          endpoint: pulumi.output("http://store:8333"),
          portNumber: 8333,
          accessKeyId: pulumi.output("me"),
          secretAccessKey: pulumi.secret("made-up"),
        },
      },
    }));
    expect(secretData(elsewhere, "tasks-airflow-tasks")).to.deep.equal({
      AWS_ENDPOINT_URL_S3: "http://store:8333",
      AWS_ACCESS_KEY_ID: "me",
      AWS_SECRET_ACCESS_KEY: "made-up",
    });
    const annotations = (each: typeof made) =>
      (chartValues(each).scheduler as { podAnnotations: object }).podAnnotations;
    expect(annotations(made)).to.not.deep.equal(annotations(plain));
    expect(annotations(await buildAirflow())).to.deep.equal(annotations(plain));
  });

  it("gives tasks the key for what they do with the data, writers and readers of logs one each, and all other pods none", async () => {
    const key = (name: string) => ({
      accessKeyId: pulumi.output(name),
      secretAccessKey: pulumi.secret(`made-up-${name}`),
    });
    const made = await buildAirflow(() => ({
      data: {
        ...store("made-up-data"),
        compatible: {
          ...{ endpoint: pulumi.output("http://store:8333"), portNumber: 8333 },
          ...key("all-of-it"),
          narrower: { tasks: key("tasks") },
        },
      },
      s3: { endpointUrl: "http://store:8333", region: "us-east-1", writing: key("writer"), reading: key("reader") },
    }));
    expect(secretData(made, "tasks-airflow-tasks")).to.include({
      AWS_ACCESS_KEY_ID: "tasks",
      AWS_SECRET_ACCESS_KEY: "made-up-tasks",
    });
    const login = (role: string) => JSON.parse(secretData(made, role).AIRFLOW_CONN_AWS_DEFAULT!).login;
    expect([login("taskLogs"), login("taskLogsReading")]).to.deep.equal(["writer", "reader"]);
    expect(Object.keys(secretData(made, "environment"))).to.deep.equal(["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC"]);
    expect(JSON.stringify(made.map(({ inputs: given }) => given))).to.not.contain("all-of-it");
  });

  it("keeps keys of pods whose variables a stack's values give", async () => {
    const more = { name: "MORE", value: "yes" };
    const made = await buildAirflow(() => ({
      mlflow: { trackingUri: "http://mlflow.mlflow.svc:5000", credentials: { MLFLOW_TRACKING_TOKEN: "made-up" } },
      values: { workers: { env: [more] }, triggerer: { env: [more] } },
    }));
    const values = chartValues(made) as {
      workers: { kubernetes: { env: { name: string }[] } };
      triggerer: { env: { name: string }[] };
    };
    expect(values.workers.kubernetes.env.map(({ name }) => name)).to.deep.equal(["MLFLOW_TRACKING_TOKEN", "MORE"]);
    expect(values.triggerer.env).to.deep.equal([more]);
  });

  it("removes runs older than asked for, and keeps pools by a Job that is another where they are others", async () => {
    const made = await buildAirflow(() => ({ historyDays: 30, pools: { training: 4 } }));
    const other = await buildAirflow(() => ({ pools: { training: 5 } }));
    expect(JSON.stringify(inputs(made, "kubernetes:batch/v1:CronJob airflow-upkeep-history"))).to.contain("-30 days");
    const job = (each: typeof made) =>
      JSON.stringify(inputs(each, "kubernetes:batch/v1:Job airflow-upkeep-pools").metadata);
    expect(job(made)).to.not.equal(job(other));
  });

  it("lays the stack's own values over the platform's", async () => {
    const values = chartValues(
      await buildAirflow(() => ({ values: { scheduler: { replicas: 3 }, config: { core: { parallelism: 64 } } } })),
    );
    expect(values).to.have.nested.property("scheduler.replicas", 3);
    expect(values).to.have.nested.property("scheduler.serviceAccount.name", "airflow-scheduler");
    expect(values).to.have.nested.property("config.core").deep.include({ parallelism: 64, load_examples: "False" });
  });

  it("gives every value as a literal, so that a preview shows every object", async () => {
    const made = await buildAirflow(published);
    expect(chartValues(made)).to.deep.equal(JSON.parse(JSON.stringify(chartValues(made))));
    expect(airflowArgs().values).to.deep.equal({});
  });
});
