import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import { parseSettings } from "../../components/settings/parse";
import { type SchemaNode, settingsSchema } from "../../components/settings/schemaTree";
import { generated } from "../../docs/generate";

const projectDir = join(__dirname, "../..");
const read = (path: string) => readFileSync(join(projectDir, path), "utf8");

/** Every key of the schema, with its path. */
function keysOf(node: SchemaNode, path: string): [string, SchemaNode][] {
  const own = Object.entries(node.properties ?? {}).flatMap(([key, part]): [string, SchemaNode][] => [
    [`${path}.${key}`, part],
    ...keysOf(part, `${path}.${key}`),
  ]);
  const others = [...(node.oneOf ?? []), ...(node.anyOf ?? []), node.items, node.additionalProperties];
  return [...own, ...others.flatMap((part) => (typeof part === "object" ? keysOf(part, path) : []))];
}

describe("documents made from the settings", () => {
  for (const [name, text] of Object.entries(generated())) {
    it(`docs/${name} is what npm run docs writes`, () => {
      expect(read(`docs/${name}`) === text, "stale: run npm run docs").to.equal(true);
    });
  }

  it("explain every key in a sentence", () => {
    for (const [path, node] of keysOf(settingsSchema(), "")) {
      expect(node.description, path).to.match(/^[A-Z`0-9].*[^.]\.$/);
    }
  });

  it("give every number that is a size, a time, a share or money its unit in its name", () => {
    const units = /(MiB|GiB|Days|Hours|Minutes|Seconds|Millis|Percent|Usd|\.percent)$/;
    const counts =
      /\.(zones|instances|portNumber|apiServerPortNumber|minNodes|maxNodes|keepImages|minWorkers|maxWorkers|schedulers|apiServers|replicas|workers|gpus|maxServers|minReplicas|maxReplicas|minInstances|maxInstances|perInstance|maxConcurrency|maxJobs|maxPods|parallel|maxParallelRuns|min|max|atLeast|atMost|maxPsi|minPsi|maxDriftPsi|minNdcg|threshold|windows|maxDifference|minRatio|eventRules|roles|nodeGroups|featureGroups)$/;
    for (const [path, node] of keysOf(settingsSchema(), "")) {
      if (node.type === "integer" || node.type === "number")
        expect(units.test(path) || counts.test(path), path).to.equal(true);
    }
  });

  it("show examples that the settings accept", () => {
    for (const [path, node] of keysOf(settingsSchema(), "")) {
      for (const example of node.examples ?? []) {
        if (typeof example === "string" && node.pattern !== undefined)
          expect(example, path).to.match(new RegExp(node.pattern));
      }
    }
  });
});

describe("the stack files", () => {
  for (const stack of ["dev", "prod"]) {
    const config = parse(read(`Pulumi.${stack}.yaml`)).config as Record<string, unknown>;
    const sections = Object.entries(config).filter(([key]) => key.startsWith("mlplatform:"));
    const raw = Object.fromEntries(sections.map(([key, value]) => [key.slice("mlplatform:".length), value]));

    it(`${stack} is accepted, and forbids ambient providers`, () => {
      expect(() => parseSettings(raw, { stackName: stack })).not.to.throw();
      expect(config["pulumi:disable-default-providers"]).to.deep.equal(["aws", "kubernetes"]);
    });
  }

  it("dev can be destroyed, prod keeps its data and survives a zone", () => {
    const foundationOf = (stack: string) => {
      const { foundation } = parseSettings({
        foundation: parse(read(`Pulumi.${stack}.yaml`)).config["mlplatform:foundation"],
      });
      if (foundation.kind !== "aws" || foundation.network.kind !== "create") throw new Error("unexpected kinds");
      return { ...foundation, network: foundation.network };
    };
    const [dev, prod] = [foundationOf("dev"), foundationOf("prod")];
    expect([dev.dataProtection, prod.dataProtection]).to.deep.equal([false, true]);
    expect([prod.network.zones, prod.network.nat, prod.database.multiZone]).to.deep.equal([3, "perZone", true]);
  });
});
