import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { findEngine } from "../../simulator/engine";
import type { Plan } from "../../simulator/plan";
import { silentProgress } from "../../simulator/progress";
import { runStack } from "../../simulator/run";
import type { RunOptions } from "../../simulator/runOptions";
import { UsageError } from "../../simulator/usageError";
import { fixture, freshOut } from "./cli";

const urn = (types: string, name: string) => `urn:pulumi:dev::tiny::${types}::${name}`;

describe("a run", function () {
  this.timeout(120_000);
  let out: string;
  let notices: string[];
  const run = (command: RunOptions["command"], more: Partial<RunOptions> = {}) =>
    runStack({ command, stack: "dev", project: fixture, outDir: out, onNotice: (text) => notices.push(text), ...more });
  const plan = (): Plan => JSON.parse(readFileSync(join(out, "dev", "plan.json"), "utf8"));

  beforeEach(() => {
    out = freshOut();
    notices = [];
  });
  afterEach(() => rmSync(out, { recursive: true, force: true }));

  it("builds, shows no change, and destroys with nothing left", async () => {
    const up = await run("up");
    expect(up.error).to.equal(undefined);
    expect(up.changes).to.deep.include({ create: 9, same: 0 });
    expect((await run("preview")).changes).to.deep.include({ create: 0, update: 0, replace: 0, delete: 0, same: 9 });
    const destroy = await run("destroy");
    expect(destroy.changes.delete).to.equal(9);
    const { records } = JSON.parse(readFileSync(join(out, "dev", "cloud.json"), "utf8"));
    const left = Object.keys(records).filter((key) => key.startsWith("aws:sns/topic"));
    expect(left, "only what was to be retained").to.have.length(1);
  });

  it("has the engine keep no log of its calls, and drops those that it kept before", async () => {
    const logs = join(out, "dev", "engine", "logs");
    mkdirSync(logs, { recursive: true });
    writeFileSync(join(logs, "before.log"), "");
    expect((await run("preview")).error).to.equal(undefined);
    expect(statSync(logs).isFile()).to.equal(true);
    expect(statSync(logs).size).to.equal(0);
  });

  it("counts everything and knows the outputs where the engine's events do not arrive", async () => {
    const { path, version, origin } = await findEngine(silentProgress);
    const deaf = join(out, "deaf");
    const script = [
      "#!/usr/bin/env node",
      `const args = process.argv.slice(2);`,
      `const at = args.indexOf("--event-log");`,
    ]
      .concat("if (at >= 0) args.splice(at, 2);")
      .concat(`const { spawnSync } = require("node:child_process");`)
      .concat(`process.exit(spawnSync(${JSON.stringify(path)}, args, { stdio: "inherit" }).status ?? 1);`);
    writeFileSync(deaf, `${script.join("\n")}\n`, { mode: 0o755 });
    const engine = { path: deaf, version, origin };
    const up = await run("up", { engine });
    expect(up.changes).to.deep.equal({ create: 9, update: 0, replace: 0, delete: 0, same: 0 });
    expect(up.outputs).to.deep.equal({ tag: "first", given: "none", kind: "number" });
    expect(notices.join()).to.contain("events did not all arrive");
    const preview = await run("preview", { engine, overrides: ["queues.tag=other"] });
    expect(preview.changes).to.deep.equal({ create: 0, update: 4, replace: 0, delete: 0, same: 5 });
    expect((await run("destroy", { engine })).changes).to.deep.equal({
      create: 0,
      update: 0,
      replace: 0,
      delete: 9,
      same: 0,
    });
  });

  it("knows how many resources a first run will make before the first of them is made", async () => {
    const wanted: number[] = [];
    await run("up", { onEvent: (event, all) => event.resOutputsEvent && wanted.push(all) });
    expect([...new Set(wanted)]).to.deep.equal([9]);
  });

  for (const file of ["cloud.json", "state/.pulumi/stacks/tiny/dev.json"]) {
    it(`names ${file} and a remedy where that is damaged`, async () => {
      await run("up");
      const damaged = join(out, "dev", file);
      writeFileSync(damaged, readFileSync(damaged, "utf8").slice(0, -20));
      const refusal = await run("up").then(
        () => undefined,
        (error: Error) => error,
      );
      expect(refusal).to.be.instanceOf(UsageError);
      expect(refusal?.message)
        .to.contain(`${damaged} is damaged`)
        .and.to.contain(`remove ${join(out, "dev")}`);
    });
  }

  it("plans the same in a preview as in the update, and again when nothing changes", async () => {
    await run("preview");
    const previewed = plan();
    await run("up");
    const updated = plan();
    const known = (resources: Plan["resources"]) =>
      resources.map(({ inputs, ...rest }) => ({ ...rest, inputs: Object.keys(inputs) }));
    expect(known(updated.resources)).to.deep.equal(known(previewed.resources));
    await run("up");
    expect(plan()).to.deep.equal(updated);
  });

  it("plans every resource with parent, provider, dependencies and protection, sorted by URN", async () => {
    await run("preview", { overrides: ["queues.protect=true"] });
    const { stack, command, resources } = plan();
    expect([stack, command]).to.deep.equal(["dev", "preview"]);
    expect(resources.map((each) => each.urn)).to.deep.equal(resources.map((each) => each.urn).sort());
    const group = urn("tiny:index:Group", "group");
    expect(resources.find(({ name }) => name === "group-2")).to.deep.equal({
      urn: urn("tiny:index:Group$aws:sns/topic:Topic", "group-2"),
      type: "aws:sns/topic:Topic",
      name: "group-2",
      parent: group,
      provider: urn("pulumi:providers:aws", "aws"),
      dependencies: [urn("tiny:index:Group$aws:sns/topic:Topic", "group-0")],
      protect: true,
      retainOnDelete: true,
      inputs: { displayName: "topic 2", tags: { after: "[unknown]", tag: "first" } },
    });
    expect(resources.find(({ name }) => name === "group")).to.include({
      parent: urn("pulumi:pulumi:Stack", "tiny-dev"),
      provider: "",
    });
  });

  it("plans a destroy from what the stack recorded", async () => {
    await run("up");
    await run("destroy");
    const topic = plan().resources.find(({ name }) => name === "group-1");
    expect(topic?.dependencies).to.deep.equal([urn("tiny:index:Group$aws:sns/topic:Topic", "group-0")]);
  });

  it("does not delete what is protected, and says so; what is left is what is recorded", async () => {
    const options = { overrides: ["queues.protect=true"], recordsAtEnd: true };
    await run("up", options);
    const destroy = await run("destroy", options);
    expect(destroy.result).to.equal("failed");
    expect(destroy.error).to.contain("protect");
    expect((await run("preview", options)).changes).to.deep.include({ create: destroy.changes.delete });
  });

  it("goes on after a kill in the middle of an update and of a destroy", async () => {
    await run("up");
    const killed = async (command: RunOptions["command"], overrides: string[]) => {
      const error = await run(command, { killAfter: 2, overrides, recordsAtEnd: true }).catch(
        (reason: Error) => reason,
      );
      expect(error).to.have.property("name", "Killed");
    };
    await killed("up", ["queues.tag=second"]);
    expect((await run("up", { overrides: ["queues.tag=second"] })).result).to.equal("succeeded");
    expect((await run("preview", { overrides: ["queues.tag=second"] })).changes).to.deep.include({
      update: 0,
      same: 9,
    });
    await killed("destroy", []);
    expect((await run("destroy")).result).to.equal("succeeded");
    expect(notices.join("\n")).to.contain("its lock was removed");
  });

  it("tells when there were fewer operations than the kill was asked for", async () => {
    await run("up", { killAfter: 1000 });
    expect(notices.join()).to.contain("Not killed");
  });

  it("is refused while another run uses the stack", async () => {
    const outcomes = await Promise.allSettled([run("up"), run("up")]);
    const refused = outcomes.filter((outcome) => outcome.status === "rejected").map(({ reason }) => reason);
    expect(refused).to.have.length(1);
    expect(refused[0]).to.be.instanceOf(UsageError);
    expect(refused[0].message).to.contain(`in use by process ${process.pid} on ${hostname()}`);
    const [done] = outcomes.filter((outcome) => outcome.status === "fulfilled").map(({ value }) => value);
    expect(done?.result).to.equal("succeeded");
  });

  it("removes the engine's lock only when its process is gone", async () => {
    await run("up");
    const locks = join(out, "dev", "state", ".pulumi", "locks", "organization", "tiny", "dev");
    const lock = { pid: 2 ** 22 + 1, username: "somebody", hostname: hostname(), timestamp: new Date().toISOString() };
    writeFileSync(join(locks, "a.json"), JSON.stringify(lock));
    expect((await run("up")).result).to.equal("succeeded");
    expect(notices.join()).to.contain(`process ${lock.pid}`);
    writeFileSync(join(locks, "b.json"), JSON.stringify({ ...lock, hostname: "elsewhere" }));
    expect((await run("up")).error).to.contain("locked");
  });

  it("gives encrypted config to the program as a secret of its own type", async () => {
    const { outputs } = await run("up", { stack: "sealed" });
    expect(outputs).to.include({ given: "[secret]", kind: "number" });
  });

  it("leaves the project's own files as they are", async () => {
    const fingerprint = () =>
      readdirSync(fixture).map((name) => {
        const file = join(fixture, name);
        return [name, statSync(file).mtimeMs, createHash("sha256").update(readFileSync(file)).digest("hex")];
      });
    const before = fingerprint();
    await run("up", { overrides: ["queues.tag=other"] });
    await run("destroy");
    expect(fingerprint()).to.deep.equal(before);
  });
});
