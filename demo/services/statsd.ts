import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { chartMappings } from "../../charts/values/airflowMetrics";
import { onPath } from "../../simulator/engine";
import { buildGoTool, toolCache } from "../../simulator/goBuild";
import type { Progress } from "../../simulator/progress";
import { healthy } from "../answers";
import type { Demo } from "../demo";
import { projectFolder } from "../settings";
import type { Program } from "../supervisor";

const moduleDir = join(projectFolder, "tools/statsd-exporter");

/** The exporter on PATH or built earlier, else built of the Go module that is pinned in `tools/`: about a minute, once. */
export async function findStatsdExporter(progress: Progress): Promise<string> {
  const installed = [...onPath("statsd_exporter"), ...onPath("prometheus-statsd-exporter")][0];
  if (installed !== undefined) return installed;
  const pinned = /github\.com\/prometheus\/statsd_exporter v(\S+)/.exec(
    readFileSync(join(moduleDir, "go.mod"), "utf8"),
  )![1]!;
  const path = toolCache("statsd-exporter", pinned, "statsd_exporter");
  if (existsSync(path)) return path;
  const tool = {
    title: "StatsD exporter",
    moduleDir,
    mainPackage: "github.com/prometheus/statsd_exporter",
    ldflags: `-s -w -X github.com/prometheus/common/version.Version=${pinned}`,
  };
  await buildGoTool(tool, path, progress);
  return path;
}

/** Makes Prometheus' numbers of those that Airflow sends, by the mappings that the chart gets. */
export function statsdExporter(demo: Demo, binary: string): Program {
  const folder = join(demo.folder, "statsd");
  mkdirSync(folder, { recursive: true });
  const mapping = join(folder, "mappings.yaml");
  // In the chart's order: of two that match, the first counts.
  const mappings = [...chartMappings, ...demo.generated.values("airflow").statsd.extraMappings];
  writeFileSync(mapping, stringify({ mappings }));
  const { statsd, statsdScrape } = demo.ports;
  return {
    name: "statsd",
    title: "StatsD exporter",
    command: [
      binary,
      `--statsd.listen-udp=127.0.0.1:${statsd}`,
      `--statsd.listen-tcp=127.0.0.1:${statsd}`,
      `--web.listen-address=127.0.0.1:${statsdScrape}`,
      `--statsd.mapping-config=${mapping}`,
    ],
    env: {},
    folder,
    ports: [statsd, statsdScrape],
    configuration: mappings,
    ready: () => healthy(`http://127.0.0.1:${statsdScrape}/metrics`),
    readySeconds: 30,
  };
}
