import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { stringify } from "yaml";
import type { RuleGroup } from "../../components/observability/alerts/rule";
import { runCommand } from "../../simulator/goBuild";
import { freePort } from "./freePort";

/** Samples in Prometheus' text format, by the job they are scraped as. */
export type Exposed = Record<string, string>;

/** Counters go up at each scrape, as those of a process that has something to do. */
function later(text: string, scrapes: number): string {
  const types = new Map([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name!, type!]));
  const counts = (name: string) =>
    types.get(name) === "counter" ||
    ["counter", "histogram", "summary"].includes(types.get(name.replace(/_(bucket|sum|count|total)$/, "")) ?? "");
  return text.replace(/^([a-zA-Z_:][\w:]*)(\{.*\})? (\S+)$/gm, (line, name: string, labels = "", value: string) =>
    counts(name) && !line.includes("quantile=") ? `${name}${labels} ${Number(value) * (1 + scrapes / 10)}` : line,
  );
}

/** One evaluation of a group of rules. */
export interface Evaluated {
  name: string;
  intervalSeconds: number;
  seconds: number;
  /** Whether there was one yet. */
  evaluated: boolean;
  rules: { name: string; seconds: number }[];
}

/** A real Prometheus that scrapes given samples every second and evaluates given rules as often. */
export class Prometheus {
  readonly folder = mkdtempSync(join(tmpdir(), "prometheus-"));
  private readonly data = join(this.folder, "data");
  private exporter: Server | undefined;
  private process: ChildProcess | undefined;
  private portNumber = 0;

  /**
   * For before `start`: samples of a time that has passed.
   * @param files as OpenMetrics text
   */
  async fill(files: Iterable<string>): Promise<void> {
    const file = join(this.folder, "history");
    for (const text of files) {
      writeFileSync(file, text);
      const command = ["tsdb", "create-blocks-from", "openmetrics", "--quiet", file, this.data];
      const { code, stdout, stderr } = await runCommand("promtool", command);
      if (code !== 0) throw new Error(stdout + stderr);
    }
  }

  async start(exposed: Exposed, groups: RuleGroup[], intervalSeconds = 1): Promise<void> {
    const scrapes: Record<string, number> = {};
    this.exporter = createServer((request, response) => {
      const job = request.url!.slice(1);
      scrapes[job] = (scrapes[job] ?? -1) + 1;
      response.setHeader("content-type", "text/plain; version=0.0.4");
      response.end(later(exposed[job]!, scrapes[job]!));
    });
    await new Promise<void>((resolve) => this.exporter!.listen(0, "127.0.0.1", resolve));
    const target = `127.0.0.1:${(this.exporter.address() as AddressInfo).port}`;
    const every = `${intervalSeconds}s`;
    const file = (name: string, content: object) => {
      const path = join(this.folder, name);
      writeFileSync(path, stringify(content, { lineWidth: 0 }));
      return path;
    };
    file("rules.yaml", { groups });
    const config = file("prometheus.yaml", {
      global: { scrape_interval: every, evaluation_interval: every },
      rule_files: ["rules.yaml"],
      scrape_configs: Object.keys(exposed).map((job) => ({
        job_name: job,
        metrics_path: `/${job}`,
        honor_labels: true,
        static_configs: [{ targets: [target] }],
      })),
    });
    this.portNumber = await freePort();
    this.process = spawn(
      "prometheus",
      [
        `--config.file=${config}`,
        `--storage.tsdb.path=${this.data}`,
        `--web.listen-address=127.0.0.1:${this.portNumber}`,
        "--log.level=error",
      ],
      { stdio: "ignore" },
    );
    for (let tries = 0; tries < 100; tries++) {
      if (await this.get("/-/ready").catch(() => undefined)) return;
      await sleep(200);
    }
    throw new Error("Prometheus does not become ready");
  }

  async stop(): Promise<void> {
    const running = this.process;
    if (running && running.exitCode === null) {
      running.kill();
      await new Promise((resolve) => running.once("exit", resolve));
    }
    this.exporter?.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Label sets of the series that a query returns now. */
  async query(expression: string): Promise<Record<string, string>[]> {
    const text = await this.get(`/api/v1/query?${new URLSearchParams({ query: expression })}`);
    const { data } = JSON.parse(text!) as {
      data: { resultType: string; result: { metric: Record<string, string> }[] };
    };
    return data.resultType === "scalar" ? [{}] : data.result.map(({ metric }) => metric);
  }

  /** How long the last evaluation of each group took. */
  async evaluations(): Promise<Evaluated[]> {
    const { data } = JSON.parse((await this.get("/api/v1/rules"))!) as {
      data: {
        groups: {
          name: string;
          interval: number;
          evaluationTime: number;
          lastEvaluation: string;
          rules: { name: string; evaluationTime: number }[];
        }[];
      };
    };
    return data.groups.map(({ name, interval, evaluationTime, lastEvaluation, rules }) => ({
      name,
      intervalSeconds: interval,
      seconds: evaluationTime,
      evaluated: !lastEvaluation.startsWith("0001"),
      rules: rules.map((rule) => ({ name: rule.name, seconds: rule.evaluationTime })),
    }));
  }

  /** How many series it holds in memory. */
  async seriesCount(): Promise<number> {
    const { data } = JSON.parse((await this.get("/api/v1/status/tsdb"))!) as {
      data: { headStats: { numSeries: number } };
    };
    return data.headStats.numSeries;
  }

  /** @throws with Prometheus' words, when it refuses. */
  private async get(path: string): Promise<string | undefined> {
    const answer = await fetch(`http://127.0.0.1:${this.portNumber}${path}`);
    const text = await answer.text();
    if (!answer.ok) throw new Error(text);
    return text;
  }
}

/** Samples that were recorded, one file a job. */
export function recorded(folder: string, jobs: string[]): Exposed {
  return Object.fromEntries(jobs.map((job) => [job, readFileSync(join(folder, `${job}.prom`), "utf8")]));
}
