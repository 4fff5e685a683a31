import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { parseSettings } from "../../components/settings/parse";
import { projectDir } from "../../simulator/project";
import { notesSha256, readRelease, releaseVersions } from "../../upgrade/releases";
import { runningOf } from "../../upgrade/running";
import { type Upgrade, upgradeSteps } from "../../upgrade/steps";
import { stepsText } from "../../upgrade/stepsText";

const kubernetes = (...versions: string[]) =>
  Object.fromEntries(versions.map((version) => [`Kubernetes ${version} (EKS)`, version]));
const before = {
  ...kubernetes("1.33", "1.34"),
  Airflow: "3.1.0",
  MLflow: "3.15.0",
  "chart karpenter": "1.13.0",
  "chart karpenter-crd": "1.13.0",
};
const now = {
  ...kubernetes("1.34", "1.35", "1.36"),
  Airflow: "3.2.2",
  MLflow: "3.17.2",
  "chart karpenter": "1.14.1",
  "chart karpenter-crd": "1.14.1",
};

function upgrade(foundation: object, running: Upgrade["running"] = {}, sections: object = { mlflow: {} }): Upgrade {
  const settings = parseSettings({ foundation: { images: { tag: "0.2.0" }, ...foundation }, ...sections });
  return {
    stack: "test",
    settings,
    from: { version: "0.1.0", pins: before },
    to: { version: "0.2.0", pins: now },
    running,
  };
}

const titles = (asked: Upgrade) => upgradeSteps(asked).map(({ title }) => title);
const system = { purpose: "system", instanceTypes: ["m7i.large"], minNodes: 2, maxNodes: 3 };
const aws = (cluster: object, more: object = {}) => ({
  ...{ kind: "aws", region: "eu-west-1" },
  ...{ cluster: { nodeGroups: { system }, ...cluster }, ...more },
});

describe("the steps of an upgrade", () => {
  it("begin with a backup, bring images before the program, and end with a look", () => {
    expect(titles(upgrade(aws({ version: "1.34" }), { kubernetes: "1.34", postgres: "17" }))).to.deep.equal([
      "A backup that is young",
      "Images of 0.2.0, before the program that starts them",
      "What the program of 0.2.0 would do",
      "The program of 0.2.0",
      "Whether all of it works",
    ]);
  });

  it("raise Kubernetes one minor version at a time, by the old program up to what the new one knows", () => {
    const found = titles(upgrade(aws({ version: "1.36" }), { kubernetes: "1.33" }));
    expect(found.slice(1)).to.deep.equal([
      "Kubernetes 1.34, by the program of 0.1.0, since that of 0.2.0 knows no older one",
      "Images of 0.2.0, before the program that starts them",
      "What the program of 0.2.0 would do",
      "The program of 0.2.0",
      "Kubernetes 1.35",
      "Kubernetes 1.36",
      "Whether all of it works",
    ]);
  });

  it("hold the versions of Kubernetes and PostgreSQL back while the program moves, and raise PostgreSQL last", () => {
    const steps = upgradeSteps(
      upgrade(aws({ version: "1.35" }, { database: { engineVersion: "17" } }), { kubernetes: "1.34", postgres: "16" }),
    );
    const [preview] = steps.filter(({ title }) => title.startsWith("What the program"));
    expect(preview?.commands.slice(0, -1)).to.deep.equal([
      "npx pulumi config set -s test --path mlplatform:foundation.cluster.version 1.34 --type string",
      "npx pulumi config set -s test --path mlplatform:foundation.database.engineVersion 16 --type string",
    ]);
    expect(steps.slice(-3).map(({ title }) => title)).to.deep.equal([
      "Kubernetes 1.35",
      "PostgreSQL 16 → 17, by itself",
      "Whether all of it works",
    ]);
  });

  it("leave a server at the version that runs where the settings say a lower one, which none goes back to", () => {
    const asked = upgrade(aws({}, { database: { engineVersion: "16" } }), { postgres: "17" });
    const preview = upgradeSteps(asked).find(({ title }) => title.startsWith("What the program"))!;
    expect(preview.details.at(-1)).to.equal(
      "PostgreSQL 17 runs and the settings say 16: a server never goes back, so it stays",
    );
    expect(preview.commands[0]).to.match(/engineVersion 17 --type string$/);
    expect(titles(asked).join()).not.to.match(/PostgreSQL/);
  });

  it("say nothing of a cluster or a database to a stack without them", () => {
    const addons = "EKS add-ons: vpc-cni";
    const charts = { "chart external-dns": "1.1.0", "chart cluster-autoscaler": "9.1.0", [addons]: "1" };
    const without = upgrade({ kind: "aws", region: "eu-west-1", cluster: { kind: "none" } }, {}, {});
    const steps = upgradeSteps({ ...without, to: { ...without.to, pins: { ...now, ...charts } } });
    expect(JSON.stringify(steps)).not.to.match(/rds|chart |EKS|PostgreSQL|Kubernetes/);
  });

  it("name the charts and migrations of what the stack has, definitions of custom resources first", () => {
    const program = (asked: Upgrade) => upgradeSteps(asked).find(({ title }) => title === "The program of 0.2.0")!;
    const migration = "the database of MLflow, by a Job before its new pods: 3.15.0 → 3.17.2";
    expect(program(upgrade(aws({}))).details).to.deep.equal([migration]);
    expect(program(upgrade(aws({ scaling: { kind: "karpenter" } }))).details).to.deep.equal([
      "chart karpenter-crd: 1.13.0 → 1.14.1",
      "chart karpenter: 1.13.0 → 1.14.1",
      migration,
    ]);
  });

  it("say when images stand at another tag, and leave a cluster of one's own as it is", () => {
    const asked = upgrade({ kind: "existing", context: "kind", images: { registry: "r.example.com", tag: "0.1.0" } });
    const images = upgradeSteps(asked)[1]!;
    expect(images.commands).to.deep.equal(["make images PUSH=r.example.com TAG=0.2.0"]);
    expect(images.details).to.deep.equal(["foundation.images.tag is 0.1.0: set it to 0.2.0, or take the line out"]);
    expect(titles(asked).join()).not.to.match(/Kubernetes|PostgreSQL/);
  });

  it("are a list for a terminal", () => {
    const steps = [{ title: "One", details: ["why"], commands: ["make one"] }];
    expect(stepsText(steps, { stack: "test", from: "0.1.0", to: "0.2.0" })).to.equal(
      "test: 0.1.0 → 0.2.0. Nothing was changed.\n\n 1. One\n      - why\n      $ make one\n",
    );
  });
});

describe("what the changelog says of a release", () => {
  const changelog = readFileSync(join(projectDir, "CHANGELOG.md"), "utf8");

  for (const version of releaseVersions()) {
    it(`is for ${version} what it said then: what landed later is under another heading`, () => {
      expect(notesSha256(changelog, version)).to.equal(readRelease(version).notesSha256);
    });
  }

  it("is known only of a heading with the whole version", () => {
    expect(notesSha256("## 0.1.0 (2026-12-01)\n\n- A\n", "0.1")).to.equal(undefined);
  });
});

describe("what runs, by the state", () => {
  const state = (...resources: object[]) => ({ deployment: { resources } });
  const pod = (image: string) => ({ type: "kubernetes:apps/v1:Deployment", inputs: { spec: { image } } });

  it("is the tag of our images, the version of the cluster and the major version of the server", () => {
    const found = runningOf(
      state(
        pod("r.example.com/mlplatform/prod/release:0.1.0"),
        pod("docker.io/library/postgres:17.6-alpine"),
        { type: "aws:eks/cluster:Cluster", outputs: { version: "1.34" } },
        { type: "aws:rds/instance:Instance", outputs: { engineVersion: "16.8" } },
      ),
    );
    expect(found).to.deep.equal({ version: "0.1.0", kubernetes: "1.34", postgres: "16" });
  });

  it("names no release where images have several tags", () => {
    expect(runningOf(state(pod("r/release:0.1.0"), pod("r/model-server:0.2.0")))).to.deep.equal({});
  });
});
