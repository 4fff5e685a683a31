import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { onPath } from "../../simulator/engine";
import type { Demo } from "../demo";
import { healthy, type Program } from "../supervisor";

/** Makes Prometheus' numbers of Airflow's, by the mappings that the chart gets. Nothing where it is not installed. */
export function statsdExporter(demo: Demo): Program | undefined {
  const binary = [...onPath("statsd_exporter"), ...onPath("prometheus-statsd-exporter")][0];
  if (binary === undefined) return undefined;
  const folder = join(demo.folder, "statsd");
  mkdirSync(folder, { recursive: true });
  const mapping = join(folder, "mappings.yaml");
  writeFileSync(mapping, stringify({ mappings: demo.generated.values("airflow").statsd.extraMappings }));
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
    ready: () => healthy(`http://127.0.0.1:${statsdScrape}/metrics`),
    readySeconds: 30,
  };
}
