import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { LiveDisplay, nextSteps } from "../../simulator/display";
import { during, type Progress, silentProgress } from "../../simulator/progress";
import { projectDir } from "../../simulator/project";
import type { RunResult } from "../../simulator/runOptions";
import { skip } from "../support/skip";

const module = join(projectDir, "simulator/progress.ts");

describe("Progress", function () {
  this.timeout(60_000);
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "progress-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("ends where the work fails, so that a command on a terminal ends too", function () {
    if (spawnSync("script", ["--version"]).status !== 0) skip(this, "no `script`, which plays a terminal (util-linux)");
    const program = join(folder, "fails.ts");
    writeFileSync(
      program,
      `import { during } from ${JSON.stringify(module)};
       during(async (progress) => { progress.update("working"); throw new Error("refused"); }).catch((error) => {
         process.stderr.write(error.message); process.exitCode = 3; });`,
    );
    const command = `stty cols 80; ${process.execPath} --import tsx ${program}`;
    const ended = spawnSync("script", ["-qec", command, "/dev/null"], { cwd: projectDir, timeout: 30_000 });
    expect(ended.error).to.equal(undefined);
    expect(ended.status).to.equal(3);
    expect(ended.stdout.toString()).to.contain("working").and.to.contain("refused");
  });

  it("passes on what the work returns, and ends once more where that ended it with a text", async () => {
    const ends: (string | undefined)[] = [];
    const progress: Progress = { ...silentProgress, done: (text) => ends.push(text) };
    const work = async (given: Progress) => {
      given.done("made");
      return 7;
    };
    expect(await during(work, progress)).to.equal(7);
    expect(ends).to.deep.equal(["made", undefined]);
  });

  it("has a total in a first run: what the program has asked for", () => {
    const shown: string[] = [];
    const display = new LiveDisplay({ ...silentProgress, update: (text) => shown.push(text) }, "up", "dev", undefined);
    const urn = "urn:pulumi:dev::p::a:b:C::x";
    display.see({ resourcePreEvent: { metadata: { op: "create", urn } } } as never, 9);
    display.see({ resOutputsEvent: { metadata: { op: "create", urn } } } as never, 9);
    expect(shown[0]).to.contain("0 of 9 resources");
    expect(shown[1]).to.contain("1 of 9 resources");
  });
});

describe("Where to look next", () => {
  const last = (foundation?: string) => {
    const result = { stack: "local", planFile: "plan.json", ...(foundation === undefined ? {} : { foundation }) };
    return nextSteps(result as RunResult, "up").at(-1);
  };

  it("names AWS for stacks on AWS only", () => {
    expect(last("aws")).to.contain("npx pulumi up -s local").and.to.contain("real AWS");
    expect(last("existing")).to.contain("your cluster").and.to.not.contain("AWS");
    expect(last()).to.contain("for real").and.to.not.contain("AWS");
  });
});

describe("make", () => {
  it("says which Node it needs before anything runs, where packages are installed already", () => {
    const older = join(mkdtempSync(join(tmpdir(), "node-")), "older.cjs");
    writeFileSync(older, 'Object.defineProperty(process.versions, "node", { value: "18.20.8" });');
    const made = spawnSync("make", ["node-version"], {
      cwd: projectDir,
      env: { ...process.env, NODE_OPTIONS: `--require ${older}` },
      encoding: "utf8",
    });
    expect(made.status).to.not.equal(0);
    expect(made.stderr).to.contain("Node 20.19 or newer is needed");
    for (const target of ["up", "demo", "test"]) {
      const steps = execFileSync("make", ["--no-print-directory", "--dry-run", target], {
        cwd: projectDir,
        encoding: "utf8",
      }).split("\n");
      expect(steps[0], target).to.contain("process.versions.node");
    }
  });
});
