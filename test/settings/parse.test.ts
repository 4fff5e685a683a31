import { RunError } from "@pulumi/pulumi";
import { expect } from "chai";
import { parseSettings } from "../../components/settings/parse";
import { SettingsProblems } from "../../components/settings/problems";
import { version } from "../../package.json";
import { minimalAws, minimalExisting, onAws, problemAt, problemsOf, theProblemOf } from "./fixtures";

describe("parseSettings", () => {
  it("fills in every default of a minimal stack on AWS", () => {
    const { foundation, ...others } = parseSettings(minimalAws());
    if (foundation.kind !== "aws" || foundation.network.kind !== "create" || foundation.cluster.kind !== "create") {
      throw new Error("other kinds by default");
    }
    expect(foundation.dataProtection).to.equal(true);
    expect(foundation.network.zones).to.equal(3);
    expect(foundation.network.endpoints).to.deep.equal(["s3"]);
    expect(foundation.cluster.endpoint).to.deep.equal({ access: "private", allowedCidrs: [] });
    expect(Object.keys(foundation.cluster.nodeGroups)).to.deep.equal(["system"]);
    expect(foundation.database.backupRetentionDays).to.equal(7);
    expect(others).to.deep.equal({
      environments: {
        build: true,
        indexUrl: "https://pypi.org/simple",
        extraIndexUrls: [],
        egressCidrs: ["0.0.0.0/0"],
        sourceBuilds: false,
        memoryMiB: 2048,
        maxSizeMiB: 8192,
        timeoutMinutes: 30,
      },
    });
  });

  it("fills in every default of a minimal stack on an existing cluster", () => {
    const { foundation } = parseSettings(minimalExisting());
    expect(foundation).to.deep.equal({
      kind: "existing",
      context: "kind-mlplatform",
      dataProtection: true,
      deleteUnreachable: false,
      adopt: [],
      images: { tag: version },
      ingress: { className: "nginx", annotations: {} },
      database: { kind: "cloudnativepg", instances: 1, storageGiB: 20 },
      objectStore: { kind: "seaweedfs", storageGiB: 50 },
      certificates: { kind: "none" },
      nodeClasses: [],
    });
  });

  it("keeps a missing section off and an empty one on with its defaults", () => {
    const settings = parseSettings({ ...minimalAws(), mlflow: {} });
    expect(settings.airflow).to.equal(undefined);
    expect(settings.mlflow?.replicas).to.equal(2);
  });

  it("gives the shared default objects anew each time, so that no stack can change another's", () => {
    const [one, two] = [parseSettings(minimalAws()), parseSettings(minimalAws())];
    expect(one).to.deep.equal(two);
    if (one.foundation.kind !== "aws" || two.foundation.kind !== "aws") throw new Error("not aws");
    one.foundation.tags.team = "changed";
    expect(two.foundation.tags).to.deep.equal({});
  });

  it("takes the release from what the model follows", () => {
    const from = (source: string) =>
      parseSettings({ ...minimalAws(), mlflow: {}, models: { m: { from: source } } }).models?.m?.release;
    expect(from("models:/m@champion")).to.equal("continuous");
    expect(from("models:/m/3")).to.equal("pinned");
    expect(from("s3://bucket/m")).to.equal("pinned");
  });

  it("reports the problems of all sections in one message, which the engine prints without a stack trace", () => {
    const raw = {
      ...onAws({
        network: { nat: "singel", cidrr: "10.0.0.0/16" },
        cluster: { nodeGroups: { system: { purpose: "system", instanceTypes: ["m7.gigantic"], minNodes: 1 } } },
      }),
      airflow: true,
      mlflow: { memoryMiB: "2Gi" },
    };
    try {
      parseSettings(raw, { stackName: "dev" });
      expect.fail("accepted");
    } catch (error) {
      if (!(error instanceof SettingsProblems)) throw error;
      expect(RunError.isInstance(error)).to.equal(true);
      expect(error.problems.map(({ path }) => path)).to.deep.equal([
        "foundation.cluster.nodeGroups.system.instanceTypes[0]",
        "foundation.network.cidrr",
        "foundation.network.nat",
        "airflow",
        "mlflow.memoryMiB",
      ]);
      expect(error.message).to.match(/^5 problems in Pulumi\.dev\.yaml; nothing was changed\.\n/);
      for (const { path, value, allowed, remedy } of error.problems) {
        expect(error.message).to.include(
          `  ${path}\n    value    ${value}\n    allowed  ${allowed}\n    remedy   ${remedy}\n`,
        );
      }
    }
  });

  it("judges what stands under a misspelt key, and does not also call the right key missing", () => {
    expect(problemsOf({ foundation: { kind: "aws", regio: "eu-west-1" } }).map(({ path }) => path)).to.deep.equal([
      "foundation.regio",
    ]);
    expect(problemsOf(onAws({ database: { storageGib: "50Gi" } })).map(({ path }) => path)).to.deep.equal([
      "foundation.database.storageGib",
    ]);
    const paths = problemsOf(onAws({ netwrk: { cidr: "10.0.0.0/30" } })).map(({ path }) => path);
    expect(paths).to.deep.equal(["foundation.netwrk", "foundation.netwrk.cidr"]);
  });

  it("goes on with what was surely meant, so that one slip does not hide the next", () => {
    const group = {
      purpose: "system",
      instanceTypes: "m7i.large, z9i.large",
      minNodes: "2", // Read as the number that it is.
      maxNodes: 1,
      diskGiB: "50Gi",
    };
    const path = "foundation.cluster.nodeGroups.system";
    expect(
      problemsOf(onAws({ cluster: { nodeGroups: { system: group } } })).map((problem) => problem.path),
    ).to.deep.equal([`${path}.diskGiB`, `${path}.instanceTypes`, `${path}.instanceTypes[1]`, `${path}.maxNodes`]);
  });

  it("does not pass a verdict that rests on a value which is wrong itself", () => {
    const groups = { system: { purpose: "system", instanceTypes: ["m7i.large"], minNodes: 5, maxNodes: "many" } };
    expect(theProblemOf(onAws({ cluster: { nodeGroups: groups } })).path).to.equal(
      "foundation.cluster.nodeGroups.system.maxNodes",
    );
  });

  const remedies: [what: string, raw: unknown, path: string, remedy: string][] = [
    [
      "section set to true",
      { ...minimalAws(), airflow: true },
      "airflow",
      "write airflow: {} for the defaults, or leave it out",
    ],
    [
      "section set to null",
      { ...minimalAws(), airflow: null },
      "airflow",
      "write airflow: {} for the defaults, or leave it out",
    ],
    ["section set to false", { ...minimalAws(), airflow: false }, "airflow", "leave airflow out"],
    [
      "unknown section",
      { ...minimalAws(), monitring: {} },
      "monitring",
      "the nearest known key is monitoring: write monitoring: …",
    ],
    [
      "key set without --path",
      { ...minimalAws(), "foundation.region": "x" },
      '["foundation.region"]',
      "set a key inside a section with `pulumi config set --path`",
    ],
    [
      "missing foundation",
      {},
      "foundation",
      "add foundation: { kind: aws, region: eu-west-1 }, or { kind: existing, context: kind-mlplatform }",
    ],
    ["no map at all", "aws", "(top)", "write foundation: { kind: aws, region: eu-west-1 }"],
    ["foundation as a word", { foundation: "aws" }, "foundation", "write foundation: { kind: aws, region: eu-west-1 }"],
    ["missing kind", { foundation: { region: "eu-west-1" } }, "foundation.kind", "add kind: aws"],
    [
      "missing kind of the other foundation",
      { foundation: { context: "k3s" } },
      "foundation.kind",
      "add kind: existing",
    ],
    ["misspelt kind", { foundation: { kind: "awz", region: "eu-west-1" } }, "foundation.kind", "write kind: aws"],
    [
      "missing required key",
      { foundation: { kind: "aws" } },
      "foundation.region",
      "add region, for example region: eu-west-1",
    ],
    [
      "number for a text",
      onAws({ cluster: { version: 1.3 } }),
      "foundation.cluster.version",
      'write version: "1.33", in quotes',
    ],
    [
      "account id without quotes",
      onAws({ accountId: 12345678901 }),
      "foundation.accountId",
      'write accountId: "012345678901", in quotes',
    ],
    [
      "text for a number",
      onAws({ database: { storageGiB: "50 GiB" } }),
      "foundation.database.storageGiB",
      "write storageGiB: 50, a number without quotes or unit",
    ],
    [
      "wrong unit of size",
      { ...minimalAws(), mlflow: { memoryMiB: "2GB" } },
      "mlflow.memoryMiB",
      "write memoryMiB: 1908, a number without quotes or unit",
    ],
    [
      "Kubernetes quantity",
      { ...minimalAws(), mlflow: { memoryMiB: "2Gi" } },
      "mlflow.memoryMiB",
      "write memoryMiB: 2048, a number without quotes or unit",
    ],
    [
      "wrong unit of time",
      { ...minimalAws(), jupyterhub: { cullIdleMinutes: "1h" } },
      "jupyterhub.cullIdleMinutes",
      "write cullIdleMinutes: 60, a number without quotes or unit",
    ],
    [
      "key with another unit",
      { ...minimalAws(), mlflow: { memoryGiB: 2 } },
      "mlflow.memoryGiB",
      "the nearest known key is memoryMiB: write memoryMiB: 2048",
    ],
    [
      "number too high",
      onAws({ database: { backupRetentionDays: 90 } }),
      "foundation.database.backupRetentionDays",
      "lower it to 35",
    ],
    ["number too low", onAws({ database: { storageGiB: 5 } }), "foundation.database.storageGiB", "raise it to 20"],
    ["yes for true", onAws({ dataProtection: "yes" }), "foundation.dataProtection", "write dataProtection: true"],
    [
      "word for a list",
      onAws({ network: { endpoints: "s3, sts" } }),
      "foundation.network.endpoints",
      "write endpoints: [s3, sts]",
    ],
    [
      "value outside a list of words",
      onAws({ network: { nat: "per-zone" } }),
      "foundation.network.nat",
      "write nat: perZone",
    ],
    [
      "retention that CloudWatch does not know",
      onAws({ cluster: { logRetentionDays: 31 } }),
      "foundation.cluster.logRetentionDays",
      "write logRetentionDays: 30",
    ],
    [
      "key of the other kind",
      onAws({ network: { vpcId: "vpc-01234567" } }),
      "foundation.network.vpcId",
      "it goes with kind: adopt; remove it, or write that",
    ],
    [
      "group name no DNS label allows",
      onAws({ cluster: { nodeGroups: { "GPU Box": { purpose: "apps", instanceTypes: ["m7i.large"] } } } }),
      'foundation.cluster.nodeGroups["GPU Box"]',
      "rename it to gpu-box",
    ],
    [
      "model name no DNS label allows",
      { ...minimalAws(), mlflow: {}, models: { Churn_v2: { from: "models:/churn/2" } } },
      "models.Churn_v2",
      "rename it to churn-v2",
    ],
    [
      "upper-case domain",
      { ...minimalAws(), access: { domain: "ML.example.com", zoneId: "Z0123456789EXAMPLE" } },
      "access.domain",
      "write domain: ml.example.com",
    ],
    [
      "an address in the latest version",
      { ...minimalAws(), airflow: { image: "team/airflow:latest" } },
      "airflow.image",
      "see docs/settings.md",
    ],
  ];
  for (const [what, raw, path, remedy] of remedies) {
    it(`says what to do about: ${what}`, () => {
      expect(problemAt(raw, path).remedy).to.equal(remedy);
    });
  }
});
