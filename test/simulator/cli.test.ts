import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import type { Plan } from "../../simulator/plan";
import { fixture, freshOut, sim } from "./cli";

const noChanges = { create: 0, update: 0, replace: 0, delete: 0, same: 0 };

describe("the command", function () {
  this.timeout(120_000);
  let out: string;
  const tiny = (...args: string[]) => sim([...args, "--stack", "dev", "--project", fixture, "--out", out]);
  beforeEach(() => {
    out = freshOut();
  });
  afterEach(() => rmSync(out, { recursive: true, force: true }));

  it("prints one JSON object as the last line of stdout and exits 0 on success", async () => {
    const { code, stdout, stderr, json } = await tiny("up", "--json");
    expect(code, stderr).to.equal(0);
    expect(stdout.trimEnd().split("\n")).to.have.length(1);
    expect(json).to.have.all.keys("stack", "result", "changes", "outputs", "warnings", "seconds");
    expect(json).to.deep.include({
      stack: "dev",
      result: "succeeded",
      changes: { ...noChanges, create: 9 },
      outputs: { tag: "first", given: "none", kind: "number" },
    });
    expect(json?.seconds).to.be.a("number").above(0);
    expect(stderr).to.contain("Simulated cloud").and.to.contain("printed by the program");
  });

  it("says that everything is simulated, shows the outputs and where to look next", async () => {
    const { code, stdout, stderr } = await tiny("up");
    expect(code, stderr).to.equal(0);
    expect(stderr).to.contain("up dev (simulated): 9 created");
    expect(stdout).to.match(/Outputs \(simulated\)\n(.*\n)* {2}tag +first\n/);
    expect(stdout).to.contain("plan.json").and.to.contain("make destroy");
  });

  it("lists in a preview what would change", async () => {
    const { stdout } = await tiny("preview");
    expect(stdout).to.contain("+ aws:sns/topic:Topic group-0");
  });

  it("exits 1 with the reason in the JSON when an injected failure hits, and heals on the second run", async () => {
    const first = await tiny("up", "--json", "--fail", "aws:sns:Topic:group-1");
    expect(first.code).to.equal(1);
    expect(first.json).to.include({ result: "failed" });
    expect(first.json?.error).to.contain('aws:sns/topic:Topic "group-1"').and.to.contain("simulated");

    const second = await tiny("up", "--json");
    expect(second.code, second.stderr).to.equal(0);
    expect(second.json?.changes.create).to.be.above(0);
    expect((await tiny("preview", "--json")).json?.changes).to.deep.equal({ ...noChanges, same: 9 });
  });

  it("fails when a failure that was asked for met nothing", async () => {
    const { code, stderr } = await tiny("up", "--fail", "aws:ec2:Vpc");
    expect(code).to.equal(1);
    expect(stderr).to.contain("Nothing matched the failure asked for: aws:ec2/vpc:Vpc");
  });

  it("ends as killed with --kill-after, and the next run heals what was left", async () => {
    const first = await tiny("up", "--kill-after", "3");
    expect(first.signal).to.equal("SIGKILL");
    const second = await tiny("up", "--json");
    expect(second.code, second.stderr).to.equal(0);
    expect(second.stderr).to.contain("had left the stack locked");
    expect(second.json?.changes.create).to.be.within(1, 8);
    expect((await tiny("preview", "--json")).json?.changes).to.deep.equal({ ...noChanges, same: 9 });
    const made = JSON.parse(readFileSync(join(out, "dev", "cloud.json"), "utf8")) as {
      records: Record<string, unknown>;
    };
    expect(Object.keys(made.records).filter((key) => key.startsWith("aws:sns/topic"))).to.have.length(5);
  });

  it("shows what the program threw inside an apply, and exits 1", async () => {
    const { code, json } = await tiny("up", "--json", "--set", "queues.broken=true");
    expect(code).to.equal(1);
    expect(json?.error).to.contain("broken as asked");
  });

  it("shows what the program warns of, to people and in the JSON", async () => {
    const warning = ["preview", "--set", "queues.warning=mind the gap"];
    expect((await tiny(...warning)).stdout).to.match(/^Warnings\nmind the gap$/m);
    expect((await tiny(...warning, "--json")).json?.warnings).to.deep.equal(["mind the gap"]);
  });

  it("changes one run's settings with --set", async () => {
    const { json } = await tiny("preview", "--json", "--set", "queues.topics=2", "--set", "queues.tag=other");
    expect(json).to.deep.include({ changes: { ...noChanges, create: 6 } });
    expect(json?.outputs).to.include({ tag: "other" });
  });

  it("cancels on Ctrl-C: finishes what is under way, keeps the state, and goes on with the next run", async () => {
    const first = await sim(
      ["up", "--stack", "dev", "--project", fixture, "--out", out, "--latency", "700", "--json"],
      {
        interruptWhen: "printed by the program",
      },
    );
    expect(first.code).to.equal(1);
    expect(first.stderr).to.contain("Cancelled.");
    const second = await tiny("up", "--json");
    expect(second.code, second.stderr).to.equal(0);
    expect(second.stderr).to.not.contain("killed");
  });

  it("never shows a secret: not in outputs, not in the plan, not in the engine's own files", async () => {
    const sealed = join(out, "sealed.yaml");
    const secret = ["made", "up", "pass", "word"].join("-");
    writeFileSync(sealed, readFileSync(join(fixture, "Pulumi.sealed.yaml")));
    const args = ["up", "--stack", "sealed", "--project", fixture, "--out", out, "--config", sealed, "--json"];
    const { json, stdout, stderr } = await sim(args);
    expect(json?.outputs).to.include({ given: "[secret]" });
    expect(stdout + stderr)
      .to.not.contain(secret)
      .and.to.not.contain("simulated-value");
    const plan = readFileSync(join(out, "sealed", "plan.json"), "utf8");
    expect(plan).to.not.contain("simulated-value");
    const shown = (JSON.parse(plan) as Plan).resources.find(({ name }) => name === "group-0");
    expect(shown?.inputs).to.include({ displayName: "[secret]" });
    const state = readFileSync(join(out, "sealed", "state", ".pulumi", "stacks", "tiny", "sealed.json"), "utf8");
    expect(state).to.not.contain("simulated-value");
  });
});

describe("the command, called wrongly", function () {
  this.timeout(60_000);
  let out: string;
  // No engine anywhere, nor a way to get one: whatever is reported was found without it.
  const withoutEngine = { PATH: "/nowhere", XDG_CACHE_HOME: "/nowhere", PULUMI_HOME: "/nowhere" };
  const refused = (...args: string[]) => sim([...args, "--out", out, "--json"], { env: withoutEngine });
  beforeEach(() => {
    out = freshOut();
  });
  afterEach(() => {
    expect(
      readdirSync(out).filter((name) => !name.endsWith(".yaml")),
      "nothing is written",
    ).to.deep.equal([]);
    rmSync(out, { recursive: true });
  });

  it("refuses bad settings before the engine is even looked for, without a stack trace", async () => {
    const { code, stderr, json } = await refused("up", "--stack", "dev", "--set", "foundation.kindd=aws");
    expect(code).to.equal(1);
    expect(stderr)
      .to.contain("foundation")
      .and.to.contain("kindd")
      .and.to.not.match(/^\s+at /m);
    expect(json).to.deep.include({ result: "failed", changes: noChanges });
    expect(json?.error).to.contain("kindd");
    expect(existsSync(join(out, "dev"))).to.equal(false);
  });

  it("names the stacks that exist", async () => {
    const { code, stderr } = await refused("up", "--stack", "staging");
    expect(code).to.equal(1);
    expect(stderr)
      .to.contain("dev")
      .and.to.contain("prod")
      .and.to.not.match(/^\s+at /m);
  });

  for (const [title, args, reason] of [
    ["a --set without a value", ["up", "--stack", "dev", "--set", "foundation"], '"=" and a value'],
    ["a --fail that is no type", ["up", "--stack", "dev", "--fail", "Vpc"], "a type is needed"],
    ["a --fail on a preview", ["preview", "--stack", "dev", "--fail", "aws:ec2:Vpc"], "use up or destroy"],
    ["a --kill-after of nothing", ["up", "--stack", "dev", "--kill-after", "0"], "from 1 up"],
    ["a missing --stack", ["up"], "--stack"],
    ["an unknown command", ["apply"], "unknown command"],
  ] as const) {
    it(`refuses ${title}`, async () => {
      const { code, stderr } = await refused(...args);
      expect(code).to.equal(1);
      expect(stderr)
        .to.contain(reason)
        .and.to.not.match(/^\s+at /m);
    });
  }
});
