import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { findEngine } from "../../../simulator/engine";
import { sweepStack } from "../../../simulator/faults/stack";
import { failingOnce, type Run } from "../../../simulator/faults/sweep";
import { silentProgress } from "../../../simulator/progress";

const topic = "aws:sns/topic:Topic";
const password = "random:index/randomPassword:RandomPassword";
const ran = (error?: string) =>
  ({ result: error === undefined ? "succeeded" : "failed", error }) as Awaited<ReturnType<Run>>;
const refusal = async (doing: Promise<unknown>) =>
  doing.then(
    () => "none",
    (error: Error) => error.message,
  );

/** Runs that refuse these types, one a run, and then go on as the last one says. */
function playedRuns(types: string[], last: string | undefined): Run {
  return async (_, { eachTypeOnce }) => {
    const type = types.shift();
    if (type === undefined) return ran(last);
    return ran(await refusal(eachTypeOnce!.refuse("create", { type, name: "a", urn: "urn:a" })));
  };
}

describe("a sweep of faults", function () {
  this.timeout(300_000);

  it("takes as many runs as types fail one after the other", async () => {
    expect(await failingOnce(playedRuns(["Topic", "Queue"], undefined), "up", "create")).to.deep.equal({
      kind: "create",
      types: ["Topic", "Queue"],
      runs: 3,
    });
  });

  it("ends with what does not heal: a failure that was not asked for, after which types had failed", async () => {
    const message = await refusal(failingOnce(playedRuns(["Topic"], "AlreadyExists: a is taken"), "up", "create"));
    expect(message)
      .to.contain("up does not heal after 2 runs: AlreadyExists: a is taken")
      .and.to.contain("failed before: Topic");
  });

  it("ends with a failure that was not asked for beside one that was", async () => {
    const both: Run = async (_, { eachTypeOnce }) =>
      ran(
        `${await refusal(eachTypeOnce!.refuse("create", { type: "Topic", name: "a", urn: "urn:a" }))}\nQuota: too many`,
      );
    expect(await refusal(failingOnce(both, "up", "create"))).to.contain("does not heal after 1 runs");
  });

  it("makes, changes and destroys a stack whose types fail once each, and loses, doubles and leaves nothing", async () => {
    const folder = mkdtempSync(join(tmpdir(), "engine-"));
    const calls = join(folder, "calls");
    const { path: engine } = await findEngine(silentProgress);
    writeFileSync(join(folder, "pulumi"), `#!/bin/sh\necho "$*" >> '${calls}'\nexec '${engine}' "$@"\n`, {
      mode: 0o755,
    });
    const { PATH } = process.env;
    process.env.PATH = `${folder}:${PATH}`;
    const phases = await sweepStack({
      ...{ stack: "dev", project: join(__dirname, "../fixture"), overrides: [], changes: ["queues.tag=second"] },
    }).finally(() => {
      process.env.PATH = PATH;
    });
    const asked = readFileSync(calls, "utf8").split("\n");
    rmSync(folder, { recursive: true });
    expect(
      asked.filter((each) => each === "version"),
      asked.join(),
    ).to.have.length(1);
    expect(asked.filter((each) => each.split(" ").includes("up")).length).to.be.greaterThan(4);
    expect(phases).to.deep.equal([
      { kind: "create", types: [password, topic], runs: 3 },
      { kind: "update", types: [topic], runs: 2 },
      { kind: "delete", types: [topic, password], runs: 3 },
    ]);
  });
});
