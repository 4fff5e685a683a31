import { expect } from "chai";
import { airflowArgs } from "../../components/composition/airflow";
import { airflowLoop, airflowLoopsOf, installAirflowLoops, loopFiles } from "../../components/composition/airflowLoops";
import type { AppContext } from "../../components/composition/surroundings";
import type { ObjectStore } from "../../components/contracts/foundation";
import { stackName } from "../../components/foundation/awsProvider";
import { trainInCluster } from "../../components/identity/policies/trainingPods";
import { onAws, onExisting } from "../settings/fixtures";
import { appContext, compatibleStore, told } from "../support/appContext";
import { account, building, Marker, RecordedIdentity, value } from "../support/foundation";
import { dependencies, inputs, outline } from "../support/outline";

const mlflow = {
  namespace: "mlflow" as const,
  portNumber: 5000 as const,
  uri: "http://mlflow.mlflow.svc:5000" as const,
  credentials: (client: string) => ({
    MLFLOW_TRACKING_USERNAME: told(client),
    MLFLOW_TRACKING_PASSWORD: told(`password of ${client}`),
  }),
};
const training = { engine: "airflow", image: "training", schedule: "cron(30 3 ? * SUN *)", gate: { metric: "auc" } };
const churn = { from: "models:/churn@champion", serve: { flask: {} }, training };
const images = { tag: "1.2.0" };
const sections = (more: object = {}, model: object = {}) => ({
  mlflow: {},
  airflow: {},
  models: { churn: { ...churn, ...model, training: { ...training, ...more } } },
});
const onCloud = (more?: object, model?: object) => appContext(onAws({ images }, sections(more, model)));
const elsewhere = (more?: object, section: object = {}, created = true, model: object = {}) => {
  const raw = onExisting(
    { images: { ...images, registry: "registry.example.com" } },
    { ...sections(more, model), ...section },
  );
  const { stores } = appContext(raw).foundation;
  const data = compatibleStore("data");
  const uri = told("s3://ml-data/platform");
  const expiry = { accessKeyId: told("key id of expiry"), secretAccessKey: told("key of expiry") };
  const compatible = { ...data.compatible!, ...(created ? { narrower: { expiry } } : {}) };
  return appContext(raw, { foundation: { stores: { ...stores, data: { ...data, uri, compatible } as ObjectStore } } });
};
const loopOf = (context: AppContext) => airflowLoop(context, airflowLoopsOf(context.settings)[0]!);

describe("the loops of Airflow for a stack's settings", () => {
  it("say what the block says, with whole images and a schedule of five fields", () => {
    expect(loopOf(onCloud())).to.deep.equal({
      model: "churn",
      problemType: "binaryClassification",
      image: "registry.example.com/training:1.2.0",
      hyperparameters: {},
      cpu: "2",
      memoryMiB: 8192,
      gpus: 0,
      timeoutMinutes: 240,
      approve: "manual",
      schedule: "30 3 * * SUN",
      gate: { metric: "auc", direction: "maximize", beatChampion: true },
      rawFolder: "data/churn/",
      sources: [],
      from: "models:/churn@champion",
      targets: ["kubernetes"],
      bakeMinutes: 10,
    });
    const prepared = loopOf(onCloud({ prepare: { with: "container", image: "registry.example.com/own:7" } }));
    expect(prepared.prepare).to.include({ with: "container", image: "registry.example.com/own:7" });
    expect(loopOf(onCloud({}, { serve: { flask: {}, sagemaker: {} } })).targets).to.deep.equal([
      "kubernetes",
      "sagemaker",
    ]);
  });

  it("pass over the columns that the drift check does, where the gate asks for drift", () => {
    const drift = { columns: { when: "ignore", id: "ignore" } };
    expect(loopOf(onCloud({ gate: { metric: "auc", maxDriftPsi: 0.2 } }, { drift })).ignoredColumns).to.deep.equal([
      "id",
      "when",
    ]);
    expect(loopOf(onCloud({}, { drift }))).to.not.have.property("ignoredColumns");
  });

  it("look at live answers where SageMaker does not, and start by what the drift monitor keeps", async () => {
    const monitor = { everyHours: 6, labelDelayHours: 2, modelQuality: { metric: "roc_auc" } };
    const gate = { metric: "roc_auc", atLeast: 0.7 };
    const asked = { gate, onDecay: { windows: 2 } };
    const here = elsewhere(asked, {}, true, { drift: {}, monitor });
    const files = loopFiles(here)!;
    const names = ["training_loops.py", "churn.json", "churn.check.json", "churn.look.json", "churn.decay.json"];
    expect(Object.keys(files)).to.deep.equal(names);
    const look = JSON.parse(await value(files["churn.look.json"] as never));
    expect([look.dag, look.schedule]).to.deep.equal(["look-churn", "17 */6 * * *"]);
    const onAmazon = loopOf(onCloud(asked, { drift: {}, monitor }));
    expect(onAmazon).to.include({ startsOnDecay: true }).and.not.have.property("look");
  });

  it("are told the checks of the gate as texts, without what is so anyway", () => {
    const checks = [
      { kind: "metric", metric: "log_loss", atMost: 0.5 },
      { kind: "fairness", column: "plan type", minRatio: 0.8, effect: "warn" },
      { kind: "latency", maxP99Millis: 50 },
    ];
    const loop = loopOf(onCloud({ gate: { metric: "roc_auc", atLeast: 0.7, checks } }));
    expect(loop.checks).to.have.members([
      "kind=metric,metric=log_loss,atMost=0.5",
      "kind=fairness,column=plan type,measure=predicted,minRatio=0.8,effect=warn",
      "kind=latency,maxP99Millis=50",
    ]);
    expect(loop.gate).to.not.have.property("checks");
    expect(loopOf(onCloud())).to.not.have.property("checks");
  });

  it("are files beside the DAG that reads them, in a bundle of Airflow's; none where no model asks", async () => {
    const context = elsewhere();
    const files = loopFiles(context)!;
    expect(Object.keys(files)).to.deep.equal(["training_loops.py", "churn.json", "churn.check.json"]);
    expect(files["training_loops.py"]).to.contain("KubernetesPodOperator");
    const { dag, schedule, steps } = JSON.parse(await value(files["churn.json"] as never));
    expect([dag, schedule]).to.deep.equal(["train-churn", "30 3 * * SUN"]);
    const [fetch] = steps[0].pod.spec.initContainers;
    expect(fetch.image).to.equal("registry.example.com/release:1.2.0");
    expect(JSON.parse(fetch.args[2]).inputs[0].uri).to.equal("s3://ml-data/platform/data/churn/");
    expect(fetch.envFrom.map((each: object) => Object.values(each)[0].name)).to.deep.equal([
      "training-environment",
      "training-mlflow",
      "training-store",
    ]);
    const record = JSON.parse(steps.at(-1).pod.spec.containers[0].args[2]);
    expect(record.registry).to.include({ stack: stackName(), region: "us-east-1" });
    const given = airflowArgs(context, context.settings.airflow!, undefined);
    expect(Object.keys(given.platformDags!)).to.deep.equal(Object.keys(files));
    const none = appContext(onAws({}, { airflow: {} }));
    expect(airflowArgs(none, none.settings.airflow!, undefined)).to.not.have.property("platformDags");
  });
});

describe("what the pods of loops need", () => {
  const made = (context: AppContext) =>
    building(() => {
      installAirflowLoops("loops", context, { mlflow, airflow: [new Marker("airflow")] }, {});
    });

  it("is, on AWS, an account for each model with a grant of its own, MLflow's password, and a way to both", async () => {
    const identity = new RecordedIdentity();
    const context = onCloud({ gate: { metric: "auc", maxDriftPsi: 0.2 } }, { drift: {} });
    const all = await made({ ...context, identity });
    expect(outline(all)).to.deep.equal([
      "LoopPods loops",
      "  kubernetes:admissionregistration.k8s.io/v1:ValidatingAdmissionPolicy loops",
      "  kubernetes:admissionregistration.k8s.io/v1:ValidatingAdmissionPolicyBinding loops",
      "  kubernetes:core/v1:ConfigMap loops-environment",
      "  kubernetes:core/v1:Namespace loops",
      "  kubernetes:core/v1:ResourceQuota loops.pods",
      "  kubernetes:core/v1:Secret loops-mlflow",
      "  kubernetes:core/v1:ServiceAccount loops-churn",
      "  kubernetes:core/v1:ServiceAccount loops.launcher",
      "  kubernetes:networking.k8s.io/v1:NetworkPolicy loops",
      "  kubernetes:networking.k8s.io/v1:NetworkPolicy loops-closed",
      "  kubernetes:rbac.authorization.k8s.io/v1:Role loops.launcher",
      "  kubernetes:rbac.authorization.k8s.io/v1:RoleBinding loops.launcher",
      ...outline(all).filter((line) => line.includes("Marker")),
    ]);
    const grant = identity.grants["loops-churn"]!;
    expect(grant).to.include({ namespace: "airflow-training", serviceAccount: "training-churn" });
    expect(await value(grant.statements as never)).to.deep.equal(
      trainInCluster(account, {
        model: "churn",
        rawFolder: "data/churn/",
        store: { bucketArn: "ARN of data", keyArn: undefined },
        samples: true,
        series: false,
      }),
    );
    expect(inputs(all, "kubernetes:core/v1:ConfigMap loops-environment").data).to.deep.equal({
      AWS_REGION: "eu-west-1",
      AWS_DEFAULT_REGION: "eu-west-1",
      HOME: "/tmp",
    });
    expect(ways(all)).to.deep.equal([["53"], ["443"], ["mlflow 5000"], ["169.254.170.23/32 80"]]);
    expect(dependencies(all, "kubernetes:core/v1:ServiceAccount loops-churn")).to.deep.equal([
      "kubernetes:core/v1:Namespace loops",
      "test:index:Marker airflow",
    ]);
  });

  it("is called apart from the account that starts them, whatever a model is called", async () => {
    const raw = sections();
    const block = (model: string) => ({ ...raw.models.churn, from: `models:/${model}@champion` });
    const models = { launcher: block("launcher"), environment: block("environment") };
    const all = await made(appContext(onAws({ images }, { ...raw, models })));
    const called = outline(all).map((line) => line.trim());
    expect(called.filter((each, at) => called.indexOf(each) !== at)).to.deep.equal([]);
    expect(called).to.include("kubernetes:core/v1:ServiceAccount loops-launcher");
    expect(inputs(all, "kubernetes:core/v1:ResourceQuota loops.pods")).to.deep.include({
      metadata: { name: "pods", namespace: "airflow-training" },
      spec: { hard: { pods: "40" } }, // Ten of each loop, and twenty.
    });
  });

  it("is a namespace apart from tasks of people, and an account that starts pods in it; with Celery that of all tasks", async () => {
    const ofKind = (all: Awaited<ReturnType<typeof made>>, kind: string) =>
      all.filter(({ type }) => type.endsWith(`:${kind}`)).map(({ inputs: given }) => given as unknown as Made);
    const all = await made(onCloud());
    const [space] = ofKind(all, "Namespace");
    expect(space!.metadata).to.deep.include({
      name: "airflow-training",
      labels: { "pod-security.kubernetes.io/enforce": "baseline", "pod-security.kubernetes.io/warn": "restricted" },
    });
    const launcher = { name: "airflow-loops", namespace: "airflow-tasks" };
    expect(ofKind(all, "ServiceAccount").map(({ metadata }) => metadata)).to.deep.include(launcher);
    const [binding] = ofKind(all, "RoleBinding");
    expect(binding!.metadata.namespace).to.equal("airflow-training");
    expect(binding!.subjects).to.deep.equal([{ kind: "ServiceAccount", ...launcher }]);
    const definition = async (context: AppContext) =>
      JSON.parse(await value(loopFiles(context)!["churn.json"] as never)) as { namespace: string; launcher: string };
    expect(await definition(onCloud())).to.deep.include({ namespace: "airflow-training", launcher: "airflow-loops" });
    const celery = elsewhere({}, { airflow: { executor: { kind: "celery" } } });
    expect(await definition(celery)).to.deep.include({ namespace: "airflow-training", launcher: null });
    const withCelery = await made(celery);
    expect(ofKind(withCelery, "RoleBinding")[0]!.subjects).to.deep.equal([
      { kind: "ServiceAccount", name: "airflow-worker", namespace: "airflow" },
    ]);
    expect(ofKind(withCelery, "ServiceAccount").map(({ metadata }) => metadata.name)).to.deep.equal(["training-churn"]);
  });

  it("is, where the store has keys of its own, the key of the data and no grant", async () => {
    const identity = new RecordedIdentity();
    const all = await made({ ...elsewhere(), identity });
    expect(identity.grants).to.deep.equal({});
    expect(inputs(all, "kubernetes:core/v1:Secret loops-store").stringData).to.deep.equal({
      AWS_ENDPOINT_URL_S3: "endpoint",
      AWS_ACCESS_KEY_ID: "key id of data",
      AWS_SECRET_ACCESS_KEY: "key of data",
    });
    expect(ways(all)).to.deep.equal([["53"], ["8333"], ["mlflow 5000"]]);
  });

  it("is, where a loop publishes features, the writing user of their database for those who prepare, and a way there", async () => {
    const featureDatabase = { writerSecretName: "writer", readerSecretName: "reader", portNumber: 5433 };
    const features = { entity: "customer_id", columns: { tenure: "Integral" }, loop: "publish" };
    const context = elsewhere({ prepare: { with: "container" }, features }, { training: { featureDatabase } });
    const all = await made(context);
    expect(inputs(all, "kubernetes:core/v1:Secret loops-features").stringData).to.deep.equal({
      FEATURE_STORE: "url of writer",
    });
    expect(ways(all)).to.deep.equal([["53"], ["8333"], ["mlflow 5000"]]); // Those of loops without features.
    const toDatabase = inputs(all, "kubernetes:networking.k8s.io/v1:NetworkPolicy loops.features");
    expect(toDatabase.spec).to.deep.equal({
      podSelector: {
        matchLabels: { "app.kubernetes.io/name": "training" },
        matchExpressions: [{ key: "mlplatform/model", operator: "In", values: ["churn"] }],
      },
      policyTypes: ["Egress"],
      egress: [{ ports: [{ port: 5433, protocol: "TCP" }] }],
    });
    const { steps } = JSON.parse(await value(loopFiles(context)!["churn.json"] as never)) as {
      steps: { id: string; pod: { spec: { containers: Container[]; initContainers?: Container[] } } }[];
    };
    const signedIn = steps.flatMap(({ id, pod }) =>
      [...(pod?.spec.initContainers ?? []), ...(pod?.spec.containers ?? [])]
        .filter(({ envFrom = [] }) => JSON.stringify(envFrom).includes("training-features"))
        .map(({ env }) => [id, env.map(({ name }) => name)]),
    );
    expect(signedIn).to.deep.equal([["prepare", ["SM_HP_PROBLEM_TYPE", "FEATURES", "FEATURE_GROUP"]]]);
  });

  it("is, where the store has no rules of its own, what deletes old extracts and reports once a night, by a key that opens no more", async () => {
    const all = await made(elsewhere());
    const [job] = all.filter(({ type }) => type === "kubernetes:batch/v1:CronJob");
    const { schedule, concurrencyPolicy, jobTemplate } = (job!.inputs as { spec: CronJob }).spec;
    expect([schedule, concurrencyPolicy]).to.deep.equal(["41 2 * * *", "Forbid"]);
    const { metadata, spec } = jobTemplate.spec.template;
    const [container] = spec.containers as [Record<string, unknown>];
    expect(container.image).to.equal("registry.example.com/release:1.2.0");
    expect(container.args).to.deep.equal([
      ...["expire", "--days", "90"],
      ...["--below", "s3://ml-data/platform/extracts/", "--below", "s3://ml-data/platform/outputs/"],
    ]);
    expect(container.envFrom).to.deep.equal([{ secretRef: { name: "training-expiry" } }]);
    expect(spec).to.include({ automountServiceAccountToken: false, restartPolicy: "Never" });
    expect(inputs(all, "kubernetes:core/v1:Secret loops-expiry").stringData).to.include({
      AWS_ACCESS_KEY_ID: "key id of expiry",
    });
    const policy = inputs(all, "kubernetes:networking.k8s.io/v1:NetworkPolicy loops-expiry") as unknown as Policy;
    expect(policy.spec.podSelector.matchLabels).to.deep.equal(metadata.labels);
    expect(policy.spec.egress.flatMap(({ ports }) => ports.map(({ port }) => port))).to.deep.equal([53, 53, 8333]);
    const adopted = await made(elsewhere({}, {}, false));
    expect(inputs(adopted, "kubernetes:core/v1:Secret loops-expiry").stringData, "one key was given").to.include({
      AWS_ACCESS_KEY_ID: "key id of data",
    });
    const kept = elsewhere({}, { training: { logRetentionDays: 7 } });
    expect(JSON.stringify(await made(kept))).to.contain('"--days","30"');
    expect(outline(await made(onCloud())).join(), "the bucket does so itself").to.not.contain("CronJob");
  });

  it("is nothing where no model is trained by Airflow", async () => {
    expect(outline(await made(appContext(onAws({}, { mlflow: {}, airflow: {} })))).join()).to.not.contain("LoopPods");
  });

  interface Container {
    env: { name: string }[];
    envFrom?: object[];
  }
  interface Made {
    metadata: { name: string; namespace: string; labels?: object };
    subjects?: object[];
  }
  interface CronJob {
    schedule: string;
    concurrencyPolicy: string;
    jobTemplate: { spec: { template: { metadata: { labels: object }; spec: Record<string, unknown> } } };
  }
  interface Policy {
    spec: { podSelector: { matchLabels: object }; egress: Rule[] };
  }
  interface Rule {
    to?: { ipBlock?: { cidr: string }; namespaceSelector?: { matchLabels: Record<string, string> } }[];
    ports: { port: number }[];
  }
  const ways = (all: Awaited<ReturnType<typeof made>>) => {
    const { spec } = inputs(all, "kubernetes:networking.k8s.io/v1:NetworkPolicy loops") as unknown as {
      spec: { podSelector: object; policyTypes: string[]; egress: Rule[] };
    };
    expect(spec.podSelector).to.deep.equal({ matchLabels: { "app.kubernetes.io/name": "training" } });
    expect(spec.policyTypes).to.deep.equal(["Egress"]);
    return spec.egress.map(({ to = [], ports }) => {
      const where = to.map((each) => each.ipBlock?.cidr ?? Object.values(each.namespaceSelector!.matchLabels)[0]);
      return [[...where, [...new Set(ports.map(({ port }) => port))].join()].join(" ")];
    });
  };
});
