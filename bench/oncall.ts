import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { recordedEverySeconds } from "../components/observability/alerts/burnRates";
import { modelRules } from "../components/observability/alerts/model";
import { modelRates } from "../components/observability/alerts/modelRates";
import { modelDashboard } from "../components/observability/dashboards/model";
import { type Evaluated, Prometheus } from "../test/support/prometheus";
import { watchedModel } from "../test/support/watchedModel";
import { modelsHistory } from "./oncallHistory";

/** Dashboards and rules of many models: how long they take to make, and how long a real Prometheus takes to evaluate the rules. */

const counts = [1, 10, 100, 250, 500];
const evaluated = Number(process.env.BENCH_MODELS ?? counts.at(-1));
const context = { owner: "platform", runbooks: "docs/runbooks" };
const aim = { share: 0.1, timesPerModel: 2 };
/** The longest interval of a group, and some time to spare. */
const patienceSeconds = 420;

const watched = (count: number) => Array.from({ length: count }, (_, at) => watchedModel(`model-${at}`));
const print = (line: string) => process.stdout.write(`${line}\n`);

function made(count: number): { millis: number; mebibytes: number } {
  const started = performance.now();
  const texts = watched(count).flatMap((model) => [
    modelDashboard(model, {}).json,
    JSON.stringify(modelRules(model, context)),
  ]);
  texts.push(JSON.stringify(modelRates(watched(count).map(({ objectives }) => objectives.p99Millis))));
  return { millis: performance.now() - started, mebibytes: texts.join("").length / 1024 / 1024 };
}

function making(): boolean {
  made(50); // Warms up.
  const each = counts.map((count) => {
    const rounds = [1, 2, 3, 4, 5].map(() => made(count)).sort((a, b) => a.millis - b.millis);
    const { millis, mebibytes } = rounds[2]!;
    print(
      `${String(count).padStart(4)} models: ${millis.toFixed(0).padStart(5)} ms, ${(millis / count).toFixed(2)} ms and ${((mebibytes * 1024) / count).toFixed(0)} KiB each`,
    );
    return millis / count;
  });
  const times = each.at(-1)! / each.at(-3)!;
  const linear = times < aim.timesPerModel;
  print(
    `one of 500 takes ${times.toFixed(2)} times as long as one of 100; aim: under ${aim.timesPerModel}, ${linear ? "ok" : "over"}`,
  );
  return linear;
}

/** The samples that one model was seen to have, for each model. */
function samples(count: number): string {
  const folder = join(__dirname, "..", "test", "oncall", "recorded");
  const text = ["model-server", "release-controller", "drift", "kube-state-metrics"]
    .map((job) => readFileSync(join(folder, `${job}.prom`), "utf8"))
    .join("");
  const types = text.match(/^# TYPE .*$/gm)!.join("\n");
  const lines = text.match(/^[^#\n].*"churn.*$/gm)!.join("\n");
  const checked = /^(model_drift_last_check_timestamp_seconds.*) \S+$/gm;
  const now = lines.replace(checked, `$1 ${Math.round(Date.now() / 1000)}`);
  return `${types}\n${watched(count)
    .map(({ name }) => now.replaceAll('"churn', `"${name}`))
    .join("\n")}\n`;
}

async function evaluating(count: number): Promise<boolean> {
  const models = watched(count);
  const groups = [
    ...modelRates(models.map(({ objectives }) => objectives.p99Millis)),
    ...models.flatMap((model) => modelRules(model, context)),
  ];
  const prometheus = new Prometheus();
  try {
    await prometheus.fill(
      modelsHistory(
        models.map(({ name }) => name),
        Date.now() / 1000,
      ),
    );
    // As shipped: groups are spread over their intervals, so that they do not wait for each other.
    await prometheus.start({ models: samples(count) }, groups, recordedEverySeconds);
    const all = await everyGroup(prometheus);
    const rules = groups.reduce((sum, group) => sum + group.rules.length, 0);
    print(
      `${count} models: ${groups.length} groups, ${rules} rules, ${(await prometheus.seriesCount()).toString()} series`,
    );
    const shares = [...new Set(all.map(({ intervalSeconds }) => intervalSeconds))]
      .sort((a, b) => a - b)
      .map((interval) => {
        const seconds = all.flatMap((group) => (group.intervalSeconds === interval ? [group.seconds] : []));
        const sum = seconds.reduce((one, other) => one + other, 0);
        print(
          `  every ${interval} s: ${seconds.length} groups in ${sum.toFixed(2)} s, ${((sum / interval) * 100).toFixed(1)} % of the interval; ` +
            `the slowest in ${(Math.max(...seconds) * 1000).toFixed(0)} ms`,
        );
        return sum / interval;
      });
    for (const line of dearest(all)) print(`    ${line}`);
    const share = shares.reduce((one, other) => one + other, 0);
    const ok = share < aim.share;
    print(
      `  all: ${(share * 100).toFixed(1)} % of one core's time; aim: under ${aim.share * 100} %, ${ok ? "ok" : "over"}`,
    );
    const firing = await prometheus.query('count by (alertname) (ALERTS{alertstate="firing"})');
    print(`  firing: ${firing.map(({ alertname }) => alertname).join(", ") || "nothing"}`);
    return ok;
  } finally {
    await prometheus.stop();
  }
}

/** The rules that take most of the time, those of all models together. */
function dearest(all: Evaluated[]): string[] {
  const shares = new Map<string, number>();
  for (const { intervalSeconds, rules } of all) {
    for (const { name, seconds } of rules) shares.set(name, (shares.get(name) ?? 0) + seconds / intervalSeconds);
  }
  return [...shares]
    .sort(([, one], [, other]) => other - one)
    .slice(0, 8)
    .map(([name, share]) => `${name} ${(share * 100).toFixed(2)} %`);
}

/** Once each group has been evaluated at least once. */
async function everyGroup(prometheus: Prometheus): Promise<Evaluated[]> {
  for (const end = Date.now() + patienceSeconds * 1000; Date.now() < end; await sleep(5000)) {
    const all = await prometheus.evaluations();
    if (all.length > 0 && all.every(({ evaluated }) => evaluated)) return all;
  }
  throw new Error(`some groups were not evaluated within ${patienceSeconds} s`);
}

async function main(): Promise<void> {
  const linear = making();
  const quick = await evaluating(evaluated);
  process.exitCode = linear && quick ? 0 : 1;
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
