import { type Dashboard, dashboard, platformFolder, uids } from "./dashboard";
import { figure, graph, percentile, word } from "./panels";
import type { PlatformFacts } from "./platform";

/** MLflow's own dashboard. Where metric names come from: see the alerts on it. */
export function mlflow({ links }: PlatformFacts): Dashboard {
  const failed = 'sum(rate(mlflow_http_request_total{status=~"5.."}[5m]))';
  const container = 'namespace="mlflow",container!=""';
  return dashboard({
    name: "mlflow",
    uid: uids.mlflow,
    folder: platformFolder,
    title: "MLflow",
    description: "Does the tracking server answer, how fast, how often not.",
    links,
    rows: [
      {
        title: "Requests",
        panels: [
          figure("Replicas up", "none", [{ expr: 'sum(up{job="mlflow"})', legend: "up" }], {
            limit: 1,
            limitIsLeast: true,
          }),
          figure("Requests", "reqps", [{ expr: "sum(rate(mlflow_http_request_total[5m]))", legend: "requests" }]),
          word("Version", {
            expr: "group by (mlflow_version) (mlflow_http_request_duration_seconds_count)",
            legend: "{{mlflow_version}}",
          }),
          graph(
            "Requests by status",
            "reqps",
            [{ expr: "sum by (status) (rate(mlflow_http_request_total[5m]))", legend: "{{status}}" }],
            { stacked: true, width: 12 },
          ),
          graph(
            "Latency",
            "s",
            [0.5, 0.95, 0.99].map((share) => percentile(share, "mlflow_http_request_duration_seconds_bucket", "5m")),
            { width: 12 },
          ),
          graph(
            "Failed",
            "percentunit",
            [{ expr: `(${failed} or vector(0)) / sum(rate(mlflow_http_request_total[5m]))`, legend: "failed" }],
            { limit: 0.05, width: 12 },
          ),
          graph(
            "Requests by method",
            "reqps",
            [{ expr: "sum by (method) (rate(mlflow_http_request_total[5m]))", legend: "{{method}}" }],
            { width: 12 },
          ),
        ],
      },
      {
        title: "Pods",
        panels: [
          graph(
            "CPU",
            "cores",
            [{ expr: `sum by (pod) (rate(container_cpu_usage_seconds_total{${container}}[5m]))`, legend: "{{pod}}" }],
            { width: 12 },
          ),
          graph(
            "Memory",
            "bytes",
            [{ expr: `sum by (pod) (container_memory_working_set_bytes{${container}})`, legend: "{{pod}}" }],
            { width: 12 },
          ),
        ],
      },
    ],
  });
}
