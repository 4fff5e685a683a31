import { getHeapStatistics } from "node:v8";
import { config } from "chai";
import Mocha from "mocha";
import type { SkippedTest } from "../support/skip";

/** What a suite's process tells the runner, one message per test. */
export interface TestReport {
  title: string;
  state: "passed" | "failed" | "skipped";
  /** The error of a failed test, or the reason of a skipped one. */
  detail?: string;
  /** How long it ran, without what was prepared before it. */
  seconds?: number;
}

/** Said after the last test of the files that were asked for. */
export interface Done {
  state: "done";
  /** Whether it holds so much that the next files need a fresh process. */
  full: boolean;
}

/** Half of what V8 lets a process have, which is 2 GiB on machines below 15 GiB: a file of tests may need the other half. */
const memoryLimitBytes = Math.min(1.5 * 1024 ** 3, getHeapStatistics().heap_size_limit / 2);

function reasonOf(test: Mocha.Test): string {
  for (let at: (Mocha.Test | Mocha.Suite) & SkippedTest = test; at; at = at.parent as Mocha.Suite) {
    if (at.skipReason) return at.skipReason;
  }
  return "no reason given";
}

function errorOf(error: Error & { actual?: unknown; expected?: unknown; showDiff?: boolean }): string {
  const stack = (error.stack ?? String(error)).split("\n").filter((line) => !line.includes("node_modules"));
  const compared =
    error.showDiff !== false && error.expected !== undefined
      ? ["expected:", text(error.expected), "actual:", text(error.actual)]
      : [];
  return [...stack.slice(0, 12), ...compared].join("\n");
}

function text(value: unknown): string {
  const json = typeof value === "string" ? value : JSON.stringify(value, null, 1);
  return json && json.length > 2000 ? `${json.slice(0, 2000)} …` : String(json);
}

// What the engine printed is why a test failed; chai would keep 40 characters of it.
config.truncateThreshold = 2000;

const send = (message: TestReport | Done) => process.send?.(message);

class Reporter {
  constructor(runner: Mocha.Runner) {
    runner.on("pass", (test) =>
      send({ title: test.fullTitle(), state: "passed", seconds: (test.duration ?? 0) / 1000 }),
    );
    runner.on("fail", (test, error) => send({ title: test.fullTitle(), state: "failed", detail: errorOf(error) }));
    runner.on("pending", (test) => send({ title: test.fullTitle(), state: "skipped", detail: reasonOf(test) }));
  }
}

process.on("message", (files: string[] | "end") => {
  // A test that leaves a server open must not hold up the suite.
  if (files === "end") process.exit();
  const mocha = new Mocha({ timeout: 60_000, reporter: Reporter as unknown as Mocha.ReporterConstructor });
  for (const file of files) mocha.addFile(file);
  mocha.run(() => {
    // Else it goes on listening for rejections, and hands each to every other that does so, which hand it on in turn.
    mocha.dispose();
    send({ state: "done", full: process.memoryUsage.rss() > memoryLimitBytes });
  });
});
// The runner is gone.
process.on("disconnect", () => process.exit());
