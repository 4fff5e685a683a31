import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import { parseSettings } from "../../components/settings/parse";
import { findings } from "../../policy/evaluate";
import { rules } from "../../policy/rules";
import { policyConfig } from "../../report/risk/policyConfig";
import { madeUpKubeconfig } from "../program/kubeconfig";
import { shortName } from "../support/outline";
import type { Registration } from "../support/record";
import { type Config, parentOf, runWith, withFoundation } from "./program";

describe("the whole program with Pulumi.local.yaml, as far as mocks show it", function () {
  this.timeout(600_000);
  let home: string;
  let config: Config;
  let all: Registration[];
  before(async () => {
    home = mkdtempSync(join(tmpdir(), "local-"));
    const kubeconfig = join(home, "config");
    writeFileSync(kubeconfig, madeUpKubeconfig("kind-mlplatform"));
    const file = parse(readFileSync(join(__dirname, "..", "..", "Pulumi.local.yaml"), "utf8"));
    config = withFoundation(file.config, { kubeconfig });
    all = await runWith(config, { stack: "local" });
  });
  after(() => rmSync(home, { recursive: true }));

  it("asks for the same resources in a preview as in an update", async () => {
    const identity = ({ type, name, parent }: Registration) => `${type} ${name} in ${parent}`;
    const preview = await runWith(config, { stack: "local", preview: true });
    expect(preview.map(identity).sort()).to.deep.equal(all.map(identity).sort());
    expect(all.length).to.be.above(80);
  });

  it("asks AWS for nothing, and has no provider of it", () => {
    expect(all.filter(({ type }) => /aws|eks/.test(type.split("/")[0]!)).map(shortName)).to.deep.equal([]);
    expect(all.filter(({ type }) => type.startsWith("pulumi:providers:")).map(shortName)).to.deep.equal([
      "pulumi:providers:kubernetes mlplatform-cluster",
    ]);
  });

  it("gives every Kubernetes object the one provider of the cluster", () => {
    for (const each of all.filter(({ custom, type }) => custom && type.startsWith("kubernetes:"))) {
      expect(each.provider, shortName(each)).to.contain("pulumi:providers:kubernetes::mlplatform-cluster");
    }
  });

  it("names each thing once, after the component it belongs to", () => {
    const names = all.map(shortName);
    expect(names.filter((each, index) => names.indexOf(each) !== index)).to.deep.equal([]);
    for (const each of all) {
      const parent = parentOf(all, each);
      if (parent) expect(`${each.name}-`, shortName(each)).to.match(new RegExp(`^${parent.name}-`));
    }
  });

  it("breaks no rule of the policy pack, save those that its exceptions and its own settings name", () => {
    const resources = all.map(({ type, name, inputs, protect, dependencies }) => ({
      ...{ urn: `urn:pulumi:local::mlplatform::${type}::${name}`, type, name },
      ...{ props: inputs, protect, dependencies, provider: {} },
    }));
    const sections = Object.entries(config).filter(([key]) => key.startsWith("mlplatform:"));
    const written = Object.fromEntries(sections.map(([key, value]) => [key.replace("mlplatform:", ""), value]));
    const configured = policyConfig(parseSettings(written, { stackName: "local" }), "local");
    const broken = rules.flatMap((rule) => findings(rule, resources, configured[rule.name]));
    expect(broken.map(({ rule, urn, what }) => `${rule} ${urn} ${what}`)).to.deep.equal([]);
    const unconfigured = rules.flatMap((rule) => findings(rule, resources, {}));
    expect(unconfigured.map(({ rule }) => rule)).to.include("listener-tls");
  });

  it("hides what is secret: no chart's values are", () => {
    for (const each of all.filter(({ type }) => type.endsWith(":Chart"))) {
      expect(each.secretInputs, each.name).to.deep.equal([]);
    }
  });
});
