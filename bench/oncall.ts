import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { recordedEverySeconds } from "../components/observability/alerts/burnRates";
import { modelRules } from "../components/observability/alerts/model";
import { modelDashboard } from "../components/observability/dashboards/model";
import { Prometheus } from "../test/support/prometheus";
import { watchedModel } from "../test/support/watchedModel";

/**
 * Dashboards and rules of many models: how long they take to make, and how long a real Prometheus takes to evaluate the rules.
 * Its history is as short as the run, so windows of days are nearly empty; what grows with the number of rules and series is measured.
 */

const counts = [125, 250, 500];
const names = (count: number) => Array.from({ length: count }, (_, at) => `model-${at}`);
const context = { owner: "platform", runbooks: "docs/runbooks" };

function making(count: number): { milliseconds: number; mebibytes: number } {
  const started = performance.now();
  const made = names(count).map((name) => [
    modelDashboard(watchedModel(name), {}).json,
    JSON.stringify(modelRules(watchedModel(name), context)),
  ]);
  return { milliseconds: performance.now() - started, mebibytes: made.flat().join("").length / 1024 / 1024 };
}

async function evaluating(count: number): Promise<number> {
  const samples = ["model-server", "release-controller", "drift", "kube-state-metrics"].map((job) =>
    readFileSync(join(__dirname, "..", "test", "oncall", "recorded", `${job}.prom`), "utf8"),
  );
  // Types are said once; each model has the series that one was seen to have.
  const types = samples
    .join("")
    .match(/^# TYPE .*$/gm)!
    .join("\n");
  const lines = samples
    .join("")
    .match(/^[^#\n].*"churn.*$/gm)!
    .join("\n");
  const all = names(count).map((name) => lines.replaceAll('"churn', `"${name}`));
  const prometheus = new Prometheus();
  try {
    const groups = names(count).flatMap((name) => modelRules(watchedModel(name), context));
    // As shipped: groups are spread over their interval, so that they do not wait for each other.
    await prometheus.start({ models: `${types}\n${all.join("\n")}\n` }, groups, recordedEverySeconds);
    await sleep(3 * recordedEverySeconds * 1000);
    const taken = await prometheus.evaluationSeconds();
    return Object.values(taken).reduce((sum, seconds) => sum + seconds, 0);
  } finally {
    await prometheus.stop();
  }
}

async function main(): Promise<void> {
  making(50); // Warms up.
  for (const count of counts) {
    const { milliseconds, mebibytes } = making(count);
    process.stdout.write(
      `${count} models: made in ${milliseconds.toFixed(0)} ms, ${(milliseconds / count).toFixed(2)} ms each, ${mebibytes.toFixed(1)} MiB\n`,
    );
  }
  const count = counts.at(-1)!;
  const seconds = await evaluating(count);
  const share = seconds / recordedEverySeconds;
  process.stdout.write(
    `${count} models: all rules once in ${seconds.toFixed(2)} s, ${(share * 100).toFixed(1)} % of ${recordedEverySeconds} s; ` +
      `aim: under 10 %, ${share < 0.1 ? "ok" : "over"}\n`,
  );
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
