import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import * as aws from "@pulumi/aws";
import type { PulumiFn } from "@pulumi/pulumi/automation";
import { expect } from "chai";
import { projectDir } from "../../simulator/project";
import { runStack } from "../../simulator/run";
import type { RunOptions } from "../../simulator/runOptions";
import { engineOrSkip } from "./cloud/engine";

const topic = (name: string) => new aws.sns.Topic(name, { name });

describe("a program in the process of its run", function () {
  this.timeout(120_000);
  const outDir = mkdtempSync(join(tmpdir(), "program-"));
  const run = async (context: Mocha.Context, program: PulumiFn | undefined, options: Partial<RunOptions> = {}) =>
    runStack({
      ...{ command: "up", stack: "dev", outDir, engine: await engineOrSkip(context) },
      ...{ project: join(__dirname, "fixture"), ...(program === undefined ? {} : { program }) },
      ...options,
    });
  after(() => rmSync(outDir, { recursive: true, force: true }));

  for (const [what, options] of [
    ["failed", { failures: [{ type: "sns/topic:Topic", name: "first", times: 1 }] }],
    ["was killed", { killAfter: 1 }],
  ] as const) {
    it(`has ended when its run ${what}, and fails no later run`, async function () {
      let goesOn = true;
      const first = await run(
        this,
        async () => {
          topic("first");
          await sleep(3000);
          goesOn = false;
          topic("second");
        },
        { ...options, failures: [...("failures" in options ? options.failures : [])] },
      ).catch((error: Error) => error);
      expect([first instanceof Error ? first.name : first.result, goesOn]).to.deep.equal([
        what === "failed" ? "failed" : "Killed",
        false,
      ]);
      const later = await run(this, async () => {
        topic("first");
        await sleep(4000);
      });
      expect([later.result, later.error]).to.deep.equal(["succeeded", undefined]);
    });
  }

  it("does not hold its run up where it has returned, though what needs what failed waits for ever", async function () {
    const notices: string[] = [];
    const failed = await run(
      this,
      async () => {
        const first = topic("first");
        new aws.sns.Topic("second", { name: "second", tags: { of: first.arn } });
      },
      {
        failures: [{ type: "sns/topic:Topic", name: "first", times: 1 }],
        onNotice: (text) => notices.push(text),
        outDir: mkdtempSync(join(outDir, "waits-")),
      },
    );
    expect([failed.result, notices.filter((text) => text.includes("goes on"))]).to.deep.equal(["failed", []]);
  });

  it("is loaded before the engine starts, which waits for this process for seconds only", async function () {
    const file = join(projectDir, "index.ts");
    delete require.cache[file];
    const cancelled = await run(this, undefined, {
      ...{ project: projectDir, command: "preview", signal: AbortSignal.abort() },
    });
    expect(cancelled.error).to.contain("Cancelled");
    expect(require.cache[file]?.loaded).to.equal(true);
  });
});
