import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { loadAhead } from "../../simulator/program";
import { projectDir } from "../../simulator/project";

describe("loading a program ahead of its run", function () {
  this.timeout(30_000);

  it("loads this project's modules, which read no config before they are called", () => {
    const file = join(projectDir, "index.ts");
    delete require.cache[file];
    loadAhead(projectDir);
    expect(require.cache[file]?.loaded).to.equal(true);
  });

  it("has this project's modules spare the SDK the traces of its promises", () => {
    const sdk = require("@pulumi/pulumi/runtime/debuggable");
    const before = sdk.debuggablePromise;
    try {
      let frames = Number.NaN;
      sdk.debuggablePromise = () => {
        frames = Error.stackTraceLimit;
      };
      delete require.cache[join(projectDir, "index.ts")];
      loadAhead(projectDir);
      sdk.debuggablePromise(Promise.resolve());
      expect(frames).to.equal(0);
    } finally {
      sdk.debuggablePromise = before;
    }
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
