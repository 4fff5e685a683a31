import { type Dashboard, dashboard, platformFolder, uids } from "./dashboard";
import { figure, graph, grid } from "./panels";
import type { PlatformFacts } from "./platform";

/** Nodes, and pods by namespace: which node is ill, which pod eats it. */
export function cluster({ links }: PlatformFacts): Dashboard {
  const container = 'namespace=~"$namespace",container!=""';
  const perNode = (numerator: string) => `${numerator} * on (instance) group_left (nodename) node_uname_info`;
  return dashboard({
    name: "cluster",
    uid: uids.cluster,
    folder: platformFolder,
    title: "Cluster and nodes",
    description: "Nodes first, then the pods of the namespaces that are chosen above.",
    links,
    choices: [{ name: "namespace", label: "Namespace", series: "kube_pod_info" }],
    rows: [
      {
        title: "Nodes",
        panels: [
          figure("Nodes", "none", [
            { expr: 'sum(kube_node_status_condition{condition="Ready",status="true"})', legend: "ready" },
            { expr: 'sum(kube_node_status_condition{condition="Ready",status="true"} == bool 0)', legend: "not ready" },
          ]),
          figure("Kept free of new pods", "none", [{ expr: "sum(kube_node_spec_unschedulable)", legend: "nodes" }], {
            limit: 1,
          }),
          graph(
            "CPU of nodes",
            "percentunit",
            [
              {
                expr: perNode('(1 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[5m])))'),
                legend: "{{nodename}}",
              },
            ],
            { max: 1, limit: 0.9 },
          ),
          graph(
            "Memory of nodes",
            "percentunit",
            [
              {
                expr: perNode("(1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes)"),
                legend: "{{nodename}}",
              },
            ],
            { max: 1, limit: 0.9 },
          ),
          graph(
            "Root disk of nodes",
            "percentunit",
            [
              {
                expr: perNode(
                  '(1 - max by (instance) (node_filesystem_avail_bytes{mountpoint="/"}) / max by (instance) (node_filesystem_size_bytes{mountpoint="/"}))',
                ),
                legend: "{{nodename}}",
              },
            ],
            { max: 1, limit: 0.85 },
          ),
          graph("Network of nodes", "Bps", [
            {
              expr: perNode('sum by (instance) (rate(node_network_receive_bytes_total{device!="lo"}[5m]))'),
              legend: "{{nodename}} in",
            },
            {
              expr: perNode('sum by (instance) (rate(node_network_transmit_bytes_total{device!="lo"}[5m]))'),
              legend: "{{nodename}} out",
            },
          ]),
        ],
      },
      {
        title: "Pods",
        panels: [
          graph(
            "CPU by namespace",
            "cores",
            [
              {
                expr: `sum by (namespace) (rate(container_cpu_usage_seconds_total{${container}}[5m]))`,
                legend: "{{namespace}}",
              },
            ],
            { stacked: true },
          ),
          graph(
            "Memory by namespace",
            "bytes",
            [
              {
                expr: `sum by (namespace) (container_memory_working_set_bytes{${container}})`,
                legend: "{{namespace}}",
              },
            ],
            { stacked: true },
          ),
          graph("Restarts", "none", [
            {
              expr: 'sum by (namespace, pod) (increase(kube_pod_container_status_restarts_total{namespace=~"$namespace"}[1h])) > 0 or sum by (namespace) (increase(kube_pod_container_status_restarts_total{namespace=~"$namespace"}[1h]))',
              legend: "{{namespace}} {{pod}}",
            },
          ]),
          grid("Pods that wait or fail", "none", [
            {
              expr: 'sum by (namespace, pod, reason) (kube_pod_container_status_waiting_reason{namespace=~"$namespace"} == 1 or kube_pod_container_status_last_terminated_reason{namespace=~"$namespace",reason!="Completed"} == 1)',
              legend: "containers",
            },
          ]),
          grid("Volumes by fill", "percentunit", [
            {
              expr: 'topk(20, max by (namespace, persistentvolumeclaim) (kubelet_volume_stats_used_bytes{namespace=~"$namespace"} / kubelet_volume_stats_capacity_bytes))',
              legend: "filled",
            },
          ]),
        ],
      },
    ],
  });
}
