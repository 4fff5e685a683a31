import { expect } from "chai";
import { problemsOf } from "./fixtures";

const group = { purpose: "system", instanceTypes: ["m7i.large"], minNodes: 2, maxNodes: 3 };
const foundation = { kind: "aws", region: "eu-west-1", cluster: { nodeGroups: { system: group } } };
const domain = { domain: "ml.example.com", zoneId: "Z0123456789" };
const signIn = (over: object) => ({
  foundation,
  access: {
    ...domain,
    groups: { team: "admin" },
    signIn: {
      ...{ provider: "oidc", issuer: "https://id.example.com", clientId: "mlplatform" },
      ...{ clientSecretName: "mlplatform-sign-in", ...over },
    },
  },
});
const dags = (over: object) => ({
  foundation,
  mlflow: {},
  airflow: { dags: { kind: "git", repository: "https://github.com/example/dags", ...over } },
});
const cluster = (over: object) => ({
  foundation: { ...foundation, cluster: { ...foundation.cluster, ...over } },
});

const adopted = (over: object) => ({
  foundation: {
    ...{ kind: "existing", context: "kind", ingress: { className: "traefik" } },
    database: { kind: "adopt", adminSecretName: "db", ...over },
  },
  mlflow: {},
});

/** What passed, and would have died later or meant another thing, by where it stands. */
const refused: [path: string, config: object, remedy?: string][] = [
  ["airflow.dags.branch", dags({ branch: "-upload-pack=x" })],
  ["airflow.dags.branch", dags({ branch: "a b" })],
  ["airflow.dags.branch", dags({ branch: "a..b" })],
  ["airflow.dags.branch", dags({ branch: "main " }), "write branch: main"],
  ["airflow.dags.path", dags({ path: "{{ x }}" })],
  ["airflow.dags.path", dags({ path: "-dags" })],
  [
    "airflow.dags.prefix",
    { foundation, mlflow: {}, airflow: { executor: { kind: "mwaa" }, dags: { kind: "bucket", prefix: "../x" } } },
  ],
  ["jupyterhub.uploads[0]", { foundation, mlflow: {}, jupyterhub: { uploads: ["a/../b"] } }],
  ["access.signIn.clientId", signIn({ clientId: " " })],
  ["access.signIn.groupsClaim", signIn({ groupsClaim: "a b" })],
  ["foundation.database.host", adopted({ host: "fd00::5" }), "for example host: postgres.data.svc"],
  ["foundation.database.host", adopted({ host: "10.0.0.999" }), "for example host: postgres.data.svc"],
  ["foundation.database.host", adopted({ host: "postgres" }), "for example host: postgres.data.svc"],
  ["mlflow.cpu", { foundation, mlflow: { cpu: "0" } }],
  ["mlflow.cpu", { foundation, mlflow: { cpu: "0.0" } }],
  ["mlflow.cpu", { foundation, mlflow: { cpu: "010" } }],
];

describe("input that used to pass", () => {
  for (const [path, config, remedy] of refused) {
    it(`is one problem, of ${path}: ${JSON.stringify(config).slice(-60)}`, () => {
      const problems = problemsOf(config);
      expect(problems.map((problem) => problem.path)).to.deep.equal([path]);
      if (remedy !== undefined) expect(problems[0]!.remedy).to.equal(remedy);
    });
  }

  it("leaves what git, Kubernetes and people write", () => {
    for (const branch of ["main", "team/next", "release-1.2", "résumé", "fix#12"])
      expect(problemsOf(dags({ branch }))).to.deep.equal([]);
    for (const path of ["dags", "", "a/b_c-1.2", "dags/"]) expect(problemsOf(dags({ path }))).to.deep.equal([]);
    for (const cpu of ["1", "0.5", "250m", "10"]) expect(problemsOf({ foundation, mlflow: { cpu } })).to.deep.equal([]);
  });
});

describe("a text where a list is due", () => {
  const list = problemsOf;

  it("is told as its items where each fits, and once", () => {
    const found = list(cluster({ controlPlaneLogs: "api, audit" }));
    expect(found.map(({ path, remedy }) => [path, remedy])).to.deep.equal([
      ["foundation.cluster.controlPlaneLogs", "write controlPlaneLogs: [api, audit]"],
    ]);
    const budget = { monthlyUsd: 100, notifyEmails: ["ml@example.com"], alertAtPercent: "50 80" };
    expect(list({ foundation, governance: { budget } })[0]!.remedy).to.equal("write alertAtPercent: [50, 80]");
  });

  it("is one problem with an example where it is none of what the list takes", () => {
    const found = list(cluster({ nodeGroups: { system: { ...group, instanceTypes: "é" } } }));
    expect(found.map(({ path, remedy }) => [path, remedy])).to.deep.equal([
      ["foundation.cluster.nodeGroups.system.instanceTypes", "for example instanceTypes: [m7i.large]"],
    ]);
    expect(list(cluster({ nodeGroups: { system: { ...group, taints: 10 } } }))[0]!.remedy).to.equal(
      "for example taints: [{ key: dedicated }]",
    );
    expect(list(cluster({ viewers: 10 }))[0]!.remedy).to.equal("write a list, one item to a line, each behind a dash");
  });
});

describe("a wrong item of a list", () => {
  it("is told with an item, not with a list, and makes no second problem where it is the only one", () => {
    const logs = problemsOf(cluster({ controlPlaneLogs: ["apii"] }));
    expect(logs.map(({ path, remedy }) => [path, remedy])).to.deep.equal([
      ["foundation.cluster.controlPlaneLogs[0]", "write api"],
    ]);
    const types = problemsOf(cluster({ nodeGroups: { system: { ...group, instanceTypes: [[]] } } }));
    expect(types.map(({ path }) => path)).to.deep.equal(["foundation.cluster.nodeGroups.system.instanceTypes[0]"]);
  });

  it("leaves the empty list a problem of its own", () => {
    const types = problemsOf(cluster({ nodeGroups: { system: { ...group, instanceTypes: [] } } }));
    expect(types.map(({ path, value }) => [path, value])).to.deep.equal([
      ["foundation.cluster.nodeGroups.system.instanceTypes", "[]"],
    ]);
  });
});

describe("a text where a map is due", () => {
  it("is told with names and contents that the map takes", () => {
    const remedy = (over: object) => problemsOf(cluster(over))[0]!.remedy;
    expect(remedy({ nodeGroups: 1.5 })).to.equal(
      "for example nodeGroups: { system: { purpose: system, instanceTypes: [m7i.large], minNodes: 2, maxNodes: 4 } }",
    );
    expect(remedy({ nodeGroups: { system: { ...group, labels: "x y" } } })).to.equal(
      "for example labels: { x-y: value }",
    );
    expect(remedy({ nodeGroups: { system: { ...group, labels: true } } })).to.equal(
      "for example labels: { name: value }",
    );
  });
});
