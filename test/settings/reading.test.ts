import { expect } from "chai";
import { parseSettings } from "../../components/settings/parse";
import { minimalAws, onAws, onExisting, problemsOf, systemGroup, theProblemOf } from "./fixtures";

const signIn = { provider: "oidc", clientId: "ml", clientSecretName: "ml/sign-in" };
const access = (over: object) => ({
  access: { domain: "ml.example.com", zoneId: "Z0123456789EXAMPLE", groups: { ml: "admin" }, ...over },
});
const issuer = (text: string) => ({ ...minimalAws(), ...access({ signIn: { ...signIn, issuer: text } }) });
const dags = (repository: string, more: object = {}) =>
  onAws({}, { airflow: { dags: { kind: "git", repository, ...more } } });
const endpoint = (text: string) =>
  onExisting({ objectStore: { kind: "adopt", endpoint: text, bucket: "ml-data", secretName: "store" } });

describe("addresses in settings", () => {
  const wrong: [what: string, raw: object, path: string][] = [
    ["a port that does not exist", issuer("https://id.example.com:99999"), "access.signIn.issuer"],
    ["port 0", issuer("https://id.example.com:0"), "access.signIn.issuer"],
    ["a port that is no number", issuer("https://id.example.com:https/x"), "access.signIn.issuer"],
    ["another scheme", issuer("http://id.example.com"), "access.signIn.issuer"],
    ["no host", issuer("https:///realms"), "access.signIn.issuer"],
    ["half an address", issuer("https://10.0.1"), "access.signIn.issuer"],
    ["a number past the end of one", issuer("https://10.0.1.256"), "access.signIn.issuer"],
    ["a query", issuer("https://id.example.com/?a=b"), "access.signIn.issuer"],
    ["a label that ends with a dash", issuer("https://id-.example.com"), "access.signIn.issuer"],
    ["a repository's port", dags("https://git.example.com:70000/ml/dags.git"), "airflow.dags.repository"],
    [
      "a repository's port by ssh",
      dags("ssh://git@git.example.com:70000/dags", { secretName: "k" }),
      "airflow.dags.repository",
    ],
    ["a repository without a path", dags("https://git.example.com/"), "airflow.dags.repository"],
    ["a repository's host", dags("git@-x-:dags.git", { secretName: "k" }), "airflow.dags.repository"],
    ["a store's port", endpoint("https://s3.example.com:99999"), "foundation.objectStore.endpoint"],
    ["a store's path", endpoint("https://s3.example.com/bucket"), "foundation.objectStore.endpoint"],
    [
      "runbooks' port",
      onAws({}, { monitoring: { runbooks: "https://git.example.com:99999/x" } }),
      "monitoring.runbooks",
    ],
    [
      "a registry's port",
      onExisting({ images: { registry: "registry.example.com:99999/ml" } }),
      "foundation.images.registry",
    ],
    ["an image's registry", onAws({}, { airflow: { image: "registry.example.com:99999/airflow:1" } }), "airflow.image"],
  ];
  for (const [what, raw, path] of wrong) {
    it(`are refused with ${what}, once and by their path`, () => {
      expect(theProblemOf(raw).path).to.equal(path);
    });
  }

  it("are refused together with what else is wrong, where the network has no way out, and nothing is thrown", () => {
    const network = { nat: "none", endpoints: ["s3"] };
    const raw = { ...issuer("https://id.example.com:99999"), foundation: { ...minimalAws().foundation, network } };
    expect(problemsOf(raw).map(({ path }) => path)).to.include("access.signIn.issuer");
  });

  for (const text of ["https://id.example.com:8443/realms/ml", "https://10.1.2.3", "https://id"]) {
    it(`may be ${text}`, () => expect(problemsOf(issuer(text))).to.deep.equal([]));
  }

  it("of a PostgreSQL server may be a number", () => {
    const host = (text: string) => onExisting({ database: { kind: "adopt", host: text, adminSecretName: "admin" } });
    for (const text of ["10.0.0.5", "postgres.data.svc"]) expect(problemsOf(host(text)), text).to.deep.equal([]);
    for (const text of ["10.0.0.500", "10.0.5", "postgres"]) {
      expect(theProblemOf(host(text)).path, text).to.equal("foundation.database.host");
    }
  });

  for (const repository of ["git@git.example.com:ml/dags.git", "ssh://git@git.example.com/ml/dags.git"]) {
    it(`by ssh come with the secret that opens them: ${repository}`, () => {
      expect(theProblemOf(dags(repository)).path).to.equal("airflow.dags.secretName");
      expect(problemsOf(dags(repository, { secretName: "ml/dags" }))).to.deep.equal([]);
    });
  }
});

describe("blocks of addresses", () => {
  for (const cidr of [
    "0.0.0.0/0",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "172.20.0.0/16",
    "8.8.0.0/16",
    "10.0.0.1/16",
    "10.0.0.0/40",
  ]) {
    it(`are refused once, with a block that is accepted: ${cidr}`, () => {
      const problem = theProblemOf(onAws({ network: { cidr } }));
      expect(problem.path).to.equal("foundation.network.cidr");
      const [block] = /\d+\.\d+\.\d+\.\d+\/\d+/.exec(problem.remedy) ?? [];
      const after = problemsOf(onAws({ network: { cidr: block } }));
      expect(after.filter(({ path }) => path === "foundation.network.cidr")).to.deep.equal([]);
    });
  }
});

describe("values of another type", () => {
  it("are read where they can be read in one way only, as `pulumi config set --path` writes them", () => {
    const nodeGroups = { system: { ...systemGroup, minNodes: "2", maxNodes: "4", spot: "false" } };
    const { foundation, models } = parseSettings({
      ...onAws({ dataProtection: "false", accountId: 123456789012, cluster: { version: 1.34, nodeGroups } }),
      mlflow: {},
      models: { churn: { from: "models:/churn@champion", serve: { flask: { cpu: 2 } } } },
    });
    expect(foundation).to.deep.include({ dataProtection: false, accountId: "123456789012" });
    const cluster = foundation.kind === "aws" && foundation.cluster.kind === "create" ? foundation.cluster : undefined;
    expect(cluster?.version).to.equal("1.34");
    expect(cluster?.nodeGroups.system).to.deep.include({ minNodes: 2, maxNodes: 4, spot: false });
    expect(models!.churn!.serve.flask!.cpu).to.equal("2");
  });

  it("are refused where YAML may have read something else: a zero in front, or behind a dot", () => {
    expect(theProblemOf(onAws({ tags: { team: 42 } })).path).to.equal("foundation.tags.team");
    expect(theProblemOf(onExisting({ images: { tag: 1.1 } })).path).to.equal("foundation.images.tag");
  });

  it("of an account's number are told to be written with all digits", () => {
    expect(theProblemOf(onAws({ accountId: 12345678901 })).remedy).to.equal(
      'write accountId: "012345678901", in quotes',
    );
    const { remedy } = theProblemOf(onAws({ accountId: 1402433619 }));
    expect(remedy).to.contain("12 digits").and.not.contain("1402433619");
  });
});

describe("what is written in the place of a block", () => {
  const model = (serve: unknown) =>
    onAws({}, { mlflow: {}, models: { churn: { from: "models:/churn@champion", serve } } });
  const people = (groups: unknown) => ({
    ...minimalAws(),
    ...access({ signIn: { ...signIn, issuer: "https://id.example.com" }, groups }),
  });
  const all: [raw: object, remedy: string][] = [
    [model("flask"), "write serve: { flask: {} }"],
    [model(["flask"]), "write serve: { flask: {} }"],
    [model(true), "write a block with any of the keys flask, sagemaker"],
    [
      onAws({}, { airflow: { dags: "https://github.com/a/b.git" } }),
      "write dags: { kind: git, repository: https://github.com/a/b.git }",
    ],
    [people("ml"), "for example groups: { ml: viewer }"],
    [people(["ml", "ops"]), "for example groups: { ml: viewer, ops: viewer }"],
    [people(true), "for example groups: { name: viewer }"],
    [onAws({}, { models: ["churn"] }), "for example models: { churn: { from: models:/churn@champion } }"],
  ];
  for (const [raw, remedy] of all) {
    it(`is not lost by its remedy: ${remedy}`, () => expect(theProblemOf(raw).remedy).to.equal(remedy));
  }

  it("is no empty list either", () => {
    expect(theProblemOf({ ...minimalAws(), ...access({ allowedCidrs: true }) }).remedy).to.not.contain("[]");
  });
});
