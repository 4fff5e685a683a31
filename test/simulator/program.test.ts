import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { loadAhead } from "../../simulator/program";
import { projectDir } from "../../simulator/project";
import { withoutPromiseTraces } from "../../simulator/promiseTraces";

describe("loading a program ahead of its run", function () {
  this.timeout(30_000);

  it("loads this project's modules, which read no config before they are called", () => {
    const file = join(projectDir, "index.ts");
    delete require.cache[file];
    loadAhead(projectDir);
    expect(require.cache[file]?.loaded).to.equal(true);
  });

  it("leaves another project's modules alone: they may read config as they are loaded", () => {
    const dir = mkdtempSync(join(tmpdir(), "mlplatform-"));
    writeFileSync(join(dir, "index.ts"), 'throw new Error("loaded too early");\n');
    try {
      loadAhead(dir);
      expect(Object.keys(require.cache)).to.not.include(join(dir, "index.ts"));
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });
});

describe("a run without traces of promises", () => {
  it("keeps the traces of all other errors, and gives the promises theirs back in the end", async () => {
    const { debuggablePromise } = require("@pulumi/pulumi/runtime/debuggable");
    const current = () => require("@pulumi/pulumi/runtime/debuggable").debuggablePromise;
    const restore = withoutPromiseTraces();
    expect(await current()(Promise.resolve(1))).to.equal(1);
    expect(new Error("seen").stack).to.contain("program.test.ts");
    restore();
    expect(current()).to.equal(debuggablePromise);
  });
});
