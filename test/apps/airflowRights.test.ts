import { expect } from "chai";
import { airflowRights, loopRights, type Rights } from "../../components/apps/airflow/rights";
import { mayDo, type RbacObject, type RbacRequest } from "../support/rbac";

const objects = (all: Rights[]): RbacObject[] =>
  all.flatMap(
    ({ name, namespace, rules, subjects }): RbacObject[] =>
      [
        { kind: "Role", metadata: { name, namespace }, rules: rules as RbacObject["rules"] },
        {
          kind: "RoleBinding",
          metadata: { name, namespace },
          roleRef: { kind: "Role", name },
          subjects: subjects.map((subject) => ({ kind: "ServiceAccount", ...subject })),
        },
      ] as RbacObject[],
  );

const namespaces = ["airflow", "airflow-tasks", "airflow-pods", "airflow-training", "models", "kube-system"];
const asked = [
  "create pods",
  "get pods",
  "patch pods",
  "delete pods",
  "create pods/exec",
  "get pods/log",
  "get secrets",
  "list secrets",
  "create serviceaccounts/token",
  "create batch/jobs",
  "create rbac.authorization.k8s.io/rolebindings",
];

describe("What of Kubernetes Airflow's accounts may do", () => {
  const workers = { namespace: "airflow-tasks", kind: "kubernetes" } as const;
  const launcher = { name: "airflow-loops", namespace: "airflow-tasks" };
  const all = objects([...airflowRights(workers), loopRights("airflow-training", launcher)]);
  const allowed = (given: RbacObject[], account: string) =>
    namespaces.flatMap((namespace) =>
      asked
        .map((text): RbacRequest & { text: string } => {
          const [verb, resource] = text.split(" ");
          return { text, verb: verb!, resource: resource!, namespace };
        })
        .filter((request) => mayDo(given, account, request))
        .map(({ text }) => `${namespace}: ${text}`),
    );

  it("is, for a task of people's DAGs, to run pods in the namespace for those and to look into them, and nothing anywhere else", () => {
    expect(allowed(all, "airflow-tasks/airflow-worker")).to.deep.equal([
      "airflow-pods: create pods",
      "airflow-pods: get pods",
      "airflow-pods: patch pods",
      "airflow-pods: delete pods",
      "airflow-pods: create pods/exec",
      "airflow-pods: get pods/log",
    ]);
  });

  it("is, for a pod that a DAG has started, nothing, whatever it calls itself", () => {
    for (const account of ["airflow-worker", "default", "airflow-loops"]) {
      expect(allowed(all, `airflow-pods/${account}`)).to.deep.equal([]);
    }
  });

  it("is, for the task of a loop, to run pods beside the loops' data, without a way into them", () => {
    expect(allowed(all, "airflow-tasks/airflow-loops")).to.deep.equal([
      "airflow-training: create pods",
      "airflow-training: get pods",
      "airflow-training: patch pods",
      "airflow-training: delete pods",
      "airflow-training: get pods/log",
    ]);
  });

  it("is, for the scheduler, to run pods of tasks; others read logs, end what is over, or watch what DAGs wait for", () => {
    expect(allowed(all, "airflow/airflow-scheduler")).to.deep.equal(
      ["create pods", "get pods", "patch pods", "delete pods", "get pods/log"].map((text) => `airflow-tasks: ${text}`),
    );
    expect(allowed(all, "airflow/airflow-api-server")).to.deep.equal([
      "airflow-tasks: get pods",
      "airflow-tasks: get pods/log",
    ]);
    expect(allowed(all, "airflow/airflow-cleanup")).to.deep.equal([
      "airflow-tasks: delete pods",
      "airflow-pods: delete pods",
    ]);
    expect(allowed(all, "airflow/airflow-dag-processor")).to.deep.equal([]);
    const deferred = allowed(all, "airflow/airflow-triggerer");
    expect(new Set(deferred.map((each) => each.split(":")[0]))).to.deep.equal(new Set(["airflow-pods"]));
  });

  it("is the same where tasks stand beside Airflow, which gives them no pod there", () => {
    const beside = objects(airflowRights({ namespace: "airflow", kind: "kubernetes" }));
    expect(allowed(beside, "airflow/airflow-worker").filter((each) => !each.startsWith("airflow-pods"))).to.deep.equal(
      [],
    );
    expect(allowed(beside, "airflow/airflow-scheduler")).to.include("airflow: create pods");
    const celery = objects(airflowRights({ namespace: "airflow", kind: "celery" }));
    expect(allowed(celery, "airflow/airflow-worker").filter((each) => !each.startsWith("airflow-pods"))).to.deep.equal(
      [],
    );
    expect(allowed(celery, "airflow/airflow-scheduler"), "Celery's scheduler makes no pods").to.deep.equal([]);
  });
});

describe("the evaluator of roles", () => {
  const role = {
    kind: "Role",
    metadata: { name: "r", namespace: "a" },
    rules: [{ apiGroups: [""], resources: ["secrets"], resourceNames: ["one"], verbs: ["get"] }],
  };
  const binding = {
    kind: "RoleBinding",
    metadata: { name: "b", namespace: "a" },
    roleRef: { kind: "Role", name: "r" },
    subjects: [{ kind: "ServiceAccount", name: "s", namespace: "x" }],
  };
  const may = (account: string, request: Partial<RbacRequest>) =>
    mayDo([role, binding], account, { verb: "get", resource: "secrets", namespace: "a", ...request });

  it("heeds names, namespaces, verbs, parts and subjects", () => {
    expect(may("x/s", { name: "one" })).to.equal(true);
    for (const [account, request] of [
      ["x/s", { name: "two" }],
      ["x/s", {}],
      ["x/s", { name: "one", namespace: "b" }],
      ["x/s", { name: "one", verb: "list" }],
      ["x/s", { name: "one", resource: "secrets/status" }],
      ["y/s", { name: "one" }],
      ["x/t", { name: "one" }],
    ] as const) {
      expect(may(account, request), JSON.stringify([account, request])).to.equal(false);
    }
  });
});
