import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { onPath } from "../../simulator/engine";
import { healthy } from "../answers";
import type { Demo } from "../demo";
import type { KubernetesObject } from "../generated";
import { patience } from "../settings";
import type { Program } from "../supervisor";

interface Endpoint {
  path?: string;
  port: string;
  authorization?: { type: string; credentials: { name: string; key: string } };
  basicAuth?: Record<"username" | "password", { name: string; key: string }>;
}

export const howToEnablePrometheus = "install it with `apt-get install prometheus`";

export function findPrometheus(): string | undefined {
  return onPath("prometheus")[0];
}

/** Prometheus with the scrapes that the program's ServiceMonitors ask for and the rules of its PrometheusRules. */
export async function prometheus(demo: Demo): Promise<Program | undefined> {
  const binary = findPrometheus();
  if (binary === undefined) return undefined;
  const folder = join(demo.folder, "prometheus");
  mkdirSync(folder, { recursive: true });
  const file = (name: string, content: object) => {
    const path = join(folder, name);
    writeFileSync(path, stringify(content, { lineWidth: 0 }), { mode: 0o600 });
    return path;
  };
  const every = `${patience.scrapeSeconds}s`;
  const groups = rules(demo);
  const configuration = {
    global: { scrape_interval: every, evaluation_interval: every },
    rule_files: ["rules.yaml"],
    scrape_configs: [
      { job_name: "prometheus", static_configs: [{ targets: [`127.0.0.1:${demo.ports.prometheus}`] }] },
      // Of which alerts of models ask how many of their pods answer.
      { job_name: "kube-state-metrics", static_configs: [{ targets: [`127.0.0.1:${demo.ports.kubernetes}`] }] },
      ...(await scrapes(demo)),
    ],
  };
  file("rules.yaml", { groups });
  const config = file("prometheus.yaml", configuration);
  const url = `http://127.0.0.1:${demo.ports.prometheus}`;
  const { retention } = demo.generated.values("kps").prometheus.prometheusSpec;
  return {
    name: "prometheus",
    title: "Prometheus",
    command: [
      binary,
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(folder, "data")}`,
      `--storage.tsdb.retention.time=${retention}`,
      `--web.listen-address=127.0.0.1:${demo.ports.prometheus}`,
    ],
    env: {},
    folder,
    ports: [demo.ports.prometheus],
    configuration: { ...configuration, groups },
    ready: () => healthy(`${url}/-/ready`),
    readySeconds: 60,
  };
}

interface Rule {
  record?: string;
  labels?: { tool?: string };
  for?: string;
}

/** Rules of the model and of the platform's tools, sooner than on a platform: nobody waits for minutes here. */
function rules(demo: Demo): object[] {
  return demo.generated.objects("PrometheusRule").flatMap(({ spec }) =>
    spec.groups.map((group: { rules: Rule[]; interval?: string }) => ({
      ...group,
      // What is recorded is counted on at its own pace; alerts are looked at with every scrape.
      ...(group.rules.some(({ record }) => record) ? {} : { interval: `${patience.scrapeSeconds}s` }),
      rules: group.rules
        .filter(({ labels }) => labels?.tool === undefined || demo.scraped(labels.tool))
        .map((rule) => ("for" in rule ? { ...rule, for: `${patience.alertSeconds}s` } : rule)),
    })),
  );
}

/** Where the Service that a ServiceMonitor selects is on this machine. */
function target(demo: Demo, monitor: KubernetesObject): object {
  const { ports } = demo;
  const at = (port: number) => ({ static_configs: [{ targets: [`127.0.0.1:${port}`] }] });
  switch (monitor.metadata.name) {
    case "mlflow":
      return at(ports.mlflow);
    case "hub":
      return at(ports.hub);
    case "release-controller":
      return at(ports.releases);
    case "drift-monitor":
      return at(ports.drift);
    case "airflow":
      return at(ports.statsdScrape);
    default:
      return {
        http_sd_configs: [{ url: `http://127.0.0.1:${ports.kubernetes}/targets/9090`, refresh_interval: "2s" }],
      };
  }
}

async function scrapes(demo: Demo): Promise<object[]> {
  const rendered = await Promise.all(["mlflow", "churn"].map((chart) => demo.generated.rendered(chart)));
  const monitors = [...demo.generated.objects("ServiceMonitor"), ...rendered.flat()].filter(
    ({ kind, metadata }) => kind === "ServiceMonitor" && demo.scraped(metadata.name),
  );
  return monitors.flatMap((monitor) =>
    (monitor.spec.endpoints as Endpoint[]).map((endpoint) => ({
      job_name: monitor.metadata.name,
      metrics_path: endpoint.path ?? "/metrics",
      ...target(demo, monitor),
      ...credentials(demo, endpoint),
    })),
  );
}

function credentials(demo: Demo, { authorization, basicAuth }: Endpoint): object {
  const value = ({ name, key }: { name: string; key: string }) => demo.generated.secret(name)[key]!;
  if (authorization) {
    return { authorization: { type: authorization.type, credentials: value(authorization.credentials) } };
  }
  if (basicAuth) {
    return { basic_auth: { username: value(basicAuth.username), password: value(basicAuth.password) } };
  }
  return {};
}
