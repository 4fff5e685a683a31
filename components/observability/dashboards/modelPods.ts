import type { WatchedModel } from "../watchedModel";
import { graph, grid } from "./panels";

/** What its pods use. */
export function pods(
  name: string,
  { namespace, deployment, canaryDeployment }: NonNullable<WatchedModel["kubernetes"]>,
) {
  const mine = `namespace="${namespace}",pod=~"(${deployment}|${canaryDeployment})-[a-z0-9]+-[a-z0-9]{5}",container!=""`;
  const both = `namespace="${namespace}",deployment=~"${deployment}|${canaryDeployment}"`;
  return [
    graph("Pods wanted and ready", "none", [
      { expr: `max by (deployment) (kube_deployment_spec_replicas{${both}})`, legend: "{{deployment}} wanted" },
      {
        expr: `max by (deployment) (kube_deployment_status_replicas_available{${both}})`,
        legend: "{{deployment}} ready",
      },
    ]),
    graph("CPU", "cores", [
      { expr: `sum by (pod) (rate(container_cpu_usage_seconds_total{${mine}}[5m]))`, legend: "{{pod}}" },
    ]),
    graph("Memory", "bytes", [
      { expr: `sum by (pod) (container_memory_working_set_bytes{${mine}})`, legend: "{{pod}}" },
      { expr: `max(kube_pod_container_resource_limits{${mine},resource="memory"})`, legend: "limit of one pod" },
    ]),
    graph("Requests at once, and rows waiting", "none", [
      { expr: `sum by (track) (model_server_inflight_requests{model="${name}"})`, legend: "{{track}} at once" },
      { expr: `sum by (track) (model_server_queue_rows{model="${name}"})`, legend: "{{track}} rows waiting" },
    ]),
    graph("Rows answered together", "none", [
      {
        expr: `sum by (track) (rate(model_server_batch_rows_sum{model="${name}"}[5m])) / sum by (track) (rate(model_server_batch_rows_count{model="${name}"}[5m]))`,
        legend: "{{track}}",
      },
    ]),
    graph("Restarts, and loads that failed", "none", [
      { expr: `sum by (pod) (increase(kube_pod_container_status_restarts_total{${mine}}[1h]))`, legend: "{{pod}}" },
      {
        expr: `sum by (version) (increase(model_server_model_load_failures_total{model="${name}"}[1h]))`,
        legend: "load of {{version}}",
      },
    ]),
    graph(
      "Workers that answer, and those that ended",
      "none",
      [
        { expr: `sum by (track) (model_server_workers{model="${name}"})`, legend: "{{track}}" },
        {
          expr: `sum by (reason) (increase(model_server_worker_ends_total{model="${name}"}[1h]))`,
          legend: "{{reason}} within an hour",
        },
      ],
      {
        description:
          "`hung`: a call of the model did not come back in time. `ended`: the process ended, by itself or for want of memory.",
      },
    ),
    graph(
      "Packages asked for and not there",
      "none",
      [
        {
          expr: `max by (version, track) (model_server_requirement_mismatches{model="${name}"})`,
          legend: "{{version}} ({{track}})",
        },
      ],
      { description: "The version is served with what the image has; the log of its pods names each difference." },
    ),
    grid(
      "Why a version cannot be loaded",
      "none",
      [{ expr: `max by (version, reason) (model_server_model_load_failure_info{model="${name}"})`, legend: "" }],
      { width: 24, description: "Empty while every version that is wanted is served." },
    ),
  ];
}
