import type { WatchedModel } from "../watchedModel";
import { graph } from "./panels";

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
  ];
}
