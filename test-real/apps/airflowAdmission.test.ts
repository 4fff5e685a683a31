import { expect } from "chai";
import { workerAdmission } from "../../components/apps/airflow/admission";
import { loopAdmission } from "../../components/training/airflow/loopAdmission";
import { celPython, refusals } from "../../test/support/cel";
import { pod, ways } from "../../test/support/podsWithSecrets";

const scheduler = "system:serviceaccount:airflow:airflow-scheduler";
const task = "system:serviceaccount:airflow-tasks:airflow-worker";
const launcher = "system:serviceaccount:airflow-tasks:airflow-loops";
const readable = ["airflow-tasks", "airflow-task-logs", "dags-git"];

describe("What a DAG may ask of its pods", function () {
  this.timeout(150_000);
  let python: string;
  before(async function () {
    python = await celPython(this);
  });

  it("looks at pods of the namespace of tasks alone, as they are made", () => {
    expect(workerAdmission("airflow-tasks", readable)).to.deep.include({
      namespaces: ["airflow-tasks"],
      resource: { group: "", version: "v1", plural: "pods" },
      operations: ["CREATE"],
    });
  });

  it("lets the scheduler alone start pods as who starts loops, and as no other account of the namespace", async () => {
    const only = ["Only Airflow's scheduler starts pods as airflow-loops."];
    const own = ["Pods of tasks run as airflow-worker: leave service_account_name out of executor_config."];
    const as = (user: string, serviceAccountName: string) => ({ user, object: pod({ serviceAccountName }) });
    const told = await refusals(python, workerAdmission("airflow-tasks", readable), [
      as(scheduler, "airflow-worker"),
      as(scheduler, "airflow-loops"),
      as(scheduler, "default"),
      as(scheduler, "airflow-scheduler"),
      as(task, "airflow-loops"),
      as(launcher, "airflow-loops"),
      as("somebody", "airflow-loops"),
      as("somebody", "default"),
    ]);
    expect(told).to.deep.equal([[], [], own, own, only, only, only, []]);
  });

  it("beside Airflow's keys, lets pods of tasks read what is theirs, by any way, and leaves Airflow's own pods alone", async () => {
    const rule = workerAdmission("airflow", readable);
    const refused = [`Pods of tasks may read these Secrets alone: ${readable.join(", ")}.`];
    for (const [way, reading] of Object.entries(ways)) {
      const told = await refusals(python, rule, [
        ...readable.map((secret) => ({ user: scheduler, object: reading(secret) })),
        ...["airflow-fernet-key", "airflow-jwt-secret", "airflow-metadata"].map((secret) => ({
          user: scheduler,
          object: reading(secret),
        })),
        { user: "system:serviceaccount:kube-system:replicaset-controller", object: reading("airflow-metadata") },
      ]);
      expect(told, way).to.deep.equal([[], [], [], refused, refused, refused, []]);
    }
    expect(await refusals(python, rule, [{ user: scheduler, object: pod({}) }])).to.deep.equal([[]]);
    const pulling = pod({ imagePullSecrets: [{ name: "registry" }] });
    expect(await refusals(python, rule, [{ user: scheduler, object: pulling }])).to.deep.equal([[]]);
    expect(workerAdmission("airflow-tasks", readable).demands, "a namespace without keys").to.have.length(2);
  });
});

describe("What a pod beside the data of loops may be", function () {
  this.timeout(150_000);
  let python: string;
  const rule = loopAdmission({
    namespace: "airflow-training",
    launcher: { name: "airflow-loops", namespace: "airflow-tasks" },
    accountPrefix: "training-",
    secretNames: ["training-mlflow", "training-store"],
  });
  before(async function () {
    python = await celPython(this);
  });

  it("runs as a loop only where the loop's own task asks for it, which no label says", async () => {
    const object = pod({ serviceAccountName: "training-churn" });
    const labelled = { ...object, metadata: { labels: { "app.kubernetes.io/name": "training" } } };
    const only = [`Only ${launcher} starts pods as a training loop.`];
    expect(
      await refusals(python, rule, [
        { user: launcher, object },
        { user: task, object: labelled },
        { user: scheduler, object },
        { user: "system:serviceaccount:kube-system:job-controller", object },
        { user: "system:serviceaccount:kube-system:job-controller", object: pod({ serviceAccountName: "default" }) },
      ]),
    ).to.deep.equal([[], only, only, only, []]);
  });

  it("reads what loops read, by any way, whoever asks", async () => {
    const refused = ["Pods here may read these Secrets alone: training-mlflow, training-store."];
    for (const [way, reading] of Object.entries(ways)) {
      const told = await refusals(
        python,
        rule,
        ["training-store", "other"].map((secret) => ({ user: launcher, object: reading(secret) })),
      );
      expect(told, way).to.deep.equal([[], refused]);
    }
  });

  it("keeps its image while it runs; its labels and what it reads are as they were", async () => {
    const before = pod({ initContainers: [{ name: "fetch", image: "tool:1" }] });
    const change = (object: object) => ({ user: launcher, operation: "UPDATE" as const, oldObject: before, object });
    const kept = ["The image of a pod that runs is not changed."];
    expect(
      await refusals(python, rule, [
        change({ ...before, metadata: { labels: { checked: "True" } } }),
        change(pod({ initContainers: [{ name: "fetch", image: "other:1" }] })),
        change(pod({ containers: [{ name: "base", image: "other:1" }] })),
        change(pod({})),
      ]),
    ).to.deep.equal([[], kept, kept, kept]);
  });
});
