import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { parse } from "yaml";
import { cachedChartFile } from "../../charts/source";
import { chartMappings, statsdMappings } from "../../charts/values/airflowMetrics";
import type { Demo } from "../../demo/demo";
import { findStatsdExporter, statsdExporter } from "../../demo/services/statsd";
import { silentProgress } from "../../simulator/progress";
import { freePort } from "../../test/support/freePort";
import { skip } from "../../test/support/skip";

/** What Airflow 3 sends, and what alerts and dashboards ask for. */
const sent: [string, RegExp][] = [
  ["airflow.dagrun.duration.success.train_churn:1200|ms", /^airflow_dagrun_duration_count\{dag_id="train_churn"\} 1$/m],
  ["airflow.dagrun.duration.failed.train_churn:1200|ms", /^airflow_dagrun_failed_count\{dag_id="train_churn"\} 1$/m],
  [
    "airflow.dagrun.schedule_delay.train_churn:30|ms",
    /^airflow_dagrun_schedule_delay_count\{dag_id="train_churn"\} 1$/m,
  ],
  [
    "airflow.dag.train_churn.fit.duration:900|ms",
    /^airflow_task_duration_count\{dag_id="train_churn",task_id="fit"\} 1$/m,
  ],
  ["airflow.pool.open_slots.default_pool:128|g", /^airflow_pool_open_slots\{pool="default_pool"\} 128$/m],
  ["airflow.executor.open_slots.LocalExecutor:8|g", /^airflow_executor_open_slots\{executor="LocalExecutor"\} 8$/m],
  ["airflow.scheduler_heartbeat:1|c", /^airflow_scheduler_heartbeat 1$/m],
  [
    "airflow.ti.finish.train_churn.fit.success:1|c",
    /^airflow_ti_finish\{dag_id="train_churn",state="success",task_id="fit"\} 1$/m,
  ],
];

describe("Airflow's own numbers in the demo", function () {
  this.timeout(300_000);
  let folder: string;
  let exporter: ChildProcess | undefined;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "statsd-"));
  });
  after(() => {
    exporter?.kill();
    rmSync(folder, { recursive: true });
  });

  it("have the names and labels that alerts and dashboards ask for", async function () {
    const binary = await findStatsdExporter(silentProgress).catch((error: Error) => error);
    if (typeof binary !== "string") return skip(this, `no statsd_exporter: ${binary.message}`);
    const ports = { statsd: await freePort(), statsdScrape: await freePort() };
    const demo = { folder, ports, generated: { values: () => ({ statsd: { extraMappings: statsdMappings } }) } };
    const program = statsdExporter(demo as unknown as Demo, binary);
    const [command, ...args] = program.command;
    exporter = spawn(command!, args, { stdio: "ignore" });
    while (!(await program.ready().catch(() => false))) await sleep(100);
    const socket = createSocket("udp4");
    for (const [line] of sent) {
      await new Promise((done) => socket.send(line, ports.statsd, "127.0.0.1", done));
    }
    socket.close();
    const scraped = async () => (await fetch(`http://127.0.0.1:${ports.statsdScrape}/metrics`)).text();
    while (!(await scraped()).includes("airflow_ti_finish")) await sleep(100);
    const text = await scraped();
    for (const [line, metric] of sent) expect(text, line).to.match(metric);
  });

  it("are mapped as the chart maps them", function () {
    const chart = cachedChartFile("airflow");
    if (!existsSync(chart)) return skip(this, `the chart is not at ${chart}; fetch it with npm run charts:pull`);
    const file = execFileSync("tar", ["xzOf", chart, "airflow/files/statsd-mappings.yml"], { encoding: "utf8" });
    expect(parse(file).mappings).to.deep.include.members(chartMappings);
  });
});
