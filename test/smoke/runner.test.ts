import { expect } from "chai";
import type { Act, Check } from "../../smoke/check";
import { Fault } from "../../smoke/fault";
import { line, report, summary } from "../../smoke/report";
import { type Outcome, runChecks } from "../../smoke/runner";
import { PlayedPlatform } from "./played/platform";

const check = (name: string, run: (act: Act) => Promise<{ detail: string }>, limitSeconds = 5): Check => ({
  ...{ piece: "mlflow", name, limitSeconds, where: "docs/smoke.md" },
  run,
});

const passes = check("passes", async () => ({ detail: "seen" }));

function running(checks: Check[], interrupted = new AbortController().signal) {
  const { outputs, cluster } = new PlayedPlatform();
  const updates: string[] = [];
  const outcomes = runChecks({
    checks,
    outputs,
    cluster,
    interrupted,
    update: (text) => updates.push(text),
    ended() {},
  });
  return { outcomes, updates };
}

describe("The runner of checks", () => {
  it("tells how many there are before each", async () => {
    const says = check("says", async (act) => {
      act.say("half");
      return { detail: "" };
    });
    const { outcomes, updates } = running([passes, says]);
    await outcomes;
    expect(updates[0]).to.equal("[1/2] mlflow: passes");
    expect(updates).to.include("[2/2] mlflow: says – half");
  });

  it("ends a check that hangs, and goes on", async () => {
    const hangs = check("hangs", () => new Promise(() => undefined), 1);
    const [first, second] = await running([hangs, passes]).outcomes;
    expect(first).to.include({ result: "failed", detail: "it did not end within 1 s", where: "docs/smoke.md" });
    expect(second).to.include({ result: "passed" });
  });

  it("undoes in turn what was done, also after a failure", async () => {
    const undone: string[] = [];
    const fails = check("fails", async (act) => {
      act.undo("first", async () => undone.push("first"));
      act.undo("second", async () => undone.push("second"));
      throw new Fault("it does not work");
    });
    const [outcome] = await running([fails]).outcomes;
    expect(outcome).to.include({ result: "failed", detail: "it does not work" });
    expect(undone).to.deep.equal(["second", "first"]);
  });

  it("fails a check that leaves something behind, and undoes the rest", async () => {
    const undone: string[] = [];
    const leaves = check("leaves", async (act) => {
      act.undo("first", async () => undone.push("first"));
      act.undo("a run", () => Promise.reject(new Error("403")));
      return { detail: "seen" };
    });
    const [outcome] = await running([leaves]).outcomes;
    expect(outcome).to.deep.include({ result: "failed", left: ["a run (403)"] });
    expect(undone).to.deep.equal(["first"]);
  });

  it("undoes what was done when it is interrupted, and begins nothing more", async () => {
    const controller = new AbortController();
    const undone: string[] = [];
    const waits = check("waits", async (act) => {
      act.undo("it", async () => undone.push("it"));
      setTimeout(() => controller.abort(), 50);
      return act.until<{ detail: string }>("end", async () => undefined);
    });
    const outcomes = await running([waits, passes], controller.signal).outcomes;
    expect(outcomes.map(({ name, result, detail }) => [name, result, detail])).to.deep.equal([
      ["waits", "not checked", "it was interrupted"],
    ]);
    expect(undone).to.deep.equal(["it"]);
  });

  it("can still ask servers while it undoes", async () => {
    const platform = new PlayedPlatform();
    const controller = new AbortController();
    const logs = { only: ({ name }: Check) => name === "log a run and an artifact", interrupted: controller.signal };
    const seen = platform.mlflow.experiments;
    const look = setInterval(() => seen.size > 0 && controller.abort(), 1);
    await platform.run(logs);
    clearInterval(look);
    expect([seen.size, platform.mlflow.runs.size, platform.mlflow.files.size]).to.deep.equal([0, 0, 0]);
  });

  it("tells a fault of its own as one", async () => {
    const [outcome] = await running([check("broken", async () => Reflect.get(undefined as never, "x"))]).outcomes;
    expect(outcome!.detail).to.match(/^the check itself failed: TypeError/);
  });
});

describe("The report", () => {
  const outcomes: Outcome[] = [
    {
      ...{ piece: "mlflow", name: "log a run", result: "failed", seconds: 1.25, detail: "the store is away" },
      ...{ where: "docs/smoke.md", left: ["run 1 (403)"] },
    },
    { piece: "airflow", name: "run a DAG", result: "not checked", seconds: 0, detail: "the stack has no Airflow" },
  ];

  it("has a line for each, and beneath what failed where to look and what is left", () => {
    expect(
      line(outcomes[0]!)
        .split("\n")
        .map((each) => each.trim()),
    ).to.deep.equal([
      `✗ mlflow      log a run${" ".repeat(45)}    1.3 s  the store is away`,
      "look at docs/smoke.md",
      "left behind: run 1 (403)",
    ]);
    expect(line(outcomes[1]!)).to.match(/– airflow .* not checked: the stack has no Airflow$/);
  });

  it("counts at its end, and is not ok where one failed or it was interrupted", () => {
    expect(summary(outcomes, 12.4)).to.equal("0 passed, 1 failed, 1 not checked, in 12 s");
    expect(report("local", "played", outcomes, 12.4, false)).to.include({ ok: false, failed: 1, notChecked: 1 });
    expect(report("local", "played", outcomes.slice(1), 1, false)).to.include({ ok: true });
    expect(report("local", "played", outcomes.slice(1), 1, true)).to.include({ ok: false, interrupted: true });
  });
});
