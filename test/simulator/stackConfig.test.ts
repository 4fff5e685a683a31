import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { readProject, readStackConfig, sectionsOf, simulatedSecret } from "../../simulator/stackConfig";
import { UsageError } from "../../simulator/usageError";

const project = readProject(join(__dirname, "fixture"));

describe("stack config", () => {
  let dir: string;
  const write = (text: string) => {
    const file = join(dir, "settings.yaml");
    writeFileSync(file, text);
    return file;
  };
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "stack-config-"));
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  it("comes from the stack's own file, with its types kept", () => {
    const config = readStackConfig(project, "dev", undefined, []);
    expect(config.values).to.deep.equal({
      "aws:region": "eu-central-1",
      "tiny:queues": { topics: 5, tag: "first", subscribers: ["ada", "grace"] },
    });
  });

  it("takes overrides in their order, the last one winning", () => {
    const config = readStackConfig(project, "dev", undefined, [
      "queues.tag=second",
      "queues.tag=third",
      "queues.topics=1",
    ]);
    expect(sectionsOf(config, "tiny").queues).to.include({ tag: "third", topics: 1 });
  });

  it("comes from another file in the same shape, or as a bare map of sections", () => {
    const full = write("config:\n  tiny:queues: {topics: 2}\n  aws:region: eu-north-1\n");
    expect(readStackConfig(project, "any", full, []).values).to.deep.equal({
      "tiny:queues": { topics: 2 },
      "aws:region": "eu-north-1",
    });
    const bare = write("queues: {topics: 3}\naws:region: eu-north-1\n");
    expect(readStackConfig(project, "any", bare, []).values).to.deep.equal({
      "tiny:queues": { topics: 3 },
      "aws:region": "eu-north-1",
    });
    expect(readStackConfig(project, "any", write(""), []).values).to.deep.equal({});
  });

  it("keeps other namespaces out of the sections", () => {
    expect(sectionsOf(readStackConfig(project, "dev", undefined, []), "tiny")).to.have.all.keys("queues");
  });

  it("replaces encrypted values by a made-up one and remembers where", () => {
    const config = readStackConfig(project, "sealed", undefined, []);
    expect(sectionsOf(config, "tiny").queues).to.include({ password: simulatedSecret });
    expect(config.secretPaths).to.deep.equal([["tiny:queues", "password"]]);
  });

  it("names the stacks that exist when asked for another", () => {
    expect(() => readStackConfig(project, "staging", undefined, [])).to.throw(UsageError, "have one: dev, sealed");
  });

  it("refuses names that would leave the folder", () => {
    expect(() => readStackConfig(project, "../dev", undefined, [])).to.throw(UsageError, "letters, digits");
  });

  it("says which file is missing, is not YAML or is no map", () => {
    expect(() => readStackConfig(project, "dev", join(dir, "none.yaml"), [])).to.throw(UsageError, "no such file");
    expect(() => readStackConfig(project, "dev", write("a: [1"), [])).to.throw(UsageError, "not YAML");
    expect(() => readStackConfig(project, "dev", write("- a"), [])).to.throw(UsageError, "a map of settings");
  });
});
