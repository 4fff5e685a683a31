import { billingRegion } from "../../lib/billingRegion";
import { cloudGraph } from "./cloudWatch";
import { type Dashboard, dashboard, platformFolder, uids } from "./dashboard";
import { figure, graph, grid } from "./panels";
import type { PlatformFacts } from "./platform";

/** What is paid for and not used: by node group, namespace, notebook and GPU. */
export function capacity({ links, gpus, jupyterhub, cloud }: PlatformFacts): Dashboard {
  const allocatable = (resource: string) => `sum(kube_node_status_allocatable{resource="${resource}"})`;
  const requested = (resource: string, by = "") =>
    `sum${by} (kube_pod_container_resource_requests{resource="${resource}"} * on (namespace, pod) group_left () (kube_pod_status_phase{phase="Running"} == 1))`;
  const used = {
    cpu: 'sum(rate(container_cpu_usage_seconds_total{container!=""}[5m]))',
    memory: 'sum(container_memory_working_set_bytes{container!=""})',
  };
  const idle = (resource: "cpu" | "memory", unit: string, title: string) =>
    graph(
      title,
      unit,
      [
        { expr: allocatable(resource), legend: "paid for" },
        { expr: requested(resource), legend: "asked for" },
        { expr: used[resource], legend: "used" },
      ],
      {
        width: 12,
        description:
          "Between paid for and asked for, nodes are too many; between asked for and used, wishes are too high.",
      },
    );
  const group = "label_mlplatform_purpose, label_node_kubernetes_io_instance_type";
  return dashboard({
    name: "capacity",
    uid: uids.capacity,
    folder: platformFolder,
    title: "Cost and idle capacity",
    description: "What is paid for, what is asked for, and what is used.",
    from: "now-24h",
    links,
    rows: [
      {
        title: "Nodes",
        panels: [
          figure(
            "CPU not asked for",
            "percentunit",
            [{ expr: `1 - ${requested("cpu")} / ${allocatable("cpu")}`, legend: "idle" }],
            { limit: 0.5 },
          ),
          figure(
            "Memory not asked for",
            "percentunit",
            [{ expr: `1 - ${requested("memory")} / ${allocatable("memory")}`, legend: "idle" }],
            { limit: 0.5 },
          ),
          graph(
            "Nodes by purpose and type",
            "none",
            [
              {
                expr: `sum by (${group}) (kube_node_labels)`,
                legend: "{{label_mlplatform_purpose}} {{label_node_kubernetes_io_instance_type}}",
              },
            ],
            { width: 16, stacked: true, description: "Hours of these are what the bill counts." },
          ),
          idle("cpu", "cores", "CPU"),
          idle("memory", "bytes", "Memory"),
        ],
      },
      { title: "Charges", panels: cloud?.monthlyUsd === undefined ? [] : [charges(cloud.monthlyUsd)] },
      {
        title: "Who asks for more than is used",
        panels: [
          grid("CPU by namespace", "none", [
            { expr: requested("cpu", " by (namespace)"), legend: "asked for" },
            {
              expr: 'sum by (namespace) (rate(container_cpu_usage_seconds_total{container!=""}[1h]))',
              legend: "used in the last hour",
            },
          ]),
          grid("Memory by namespace", "bytes", [
            { expr: requested("memory", " by (namespace)"), legend: "asked for" },
            { expr: 'sum by (namespace) (container_memory_working_set_bytes{container!=""})', legend: "used" },
          ]),
          ...(jupyterhub
            ? [
                grid("Notebooks by idleness", "none", [
                  {
                    expr: 'sum by (pod) (rate(container_cpu_usage_seconds_total{namespace="jupyterhub",pod=~"jupyter-.*",container!=""}[1h]))',
                    legend: "CPU in the last hour",
                  },
                  {
                    expr: 'sum by (pod) (container_memory_working_set_bytes{namespace="jupyterhub",pod=~"jupyter-.*",container!=""}) / 1024 / 1024',
                    legend: "memory, MiB",
                  },
                ]),
              ]
            : []),
          grid("Volumes, GiB", "none", [
            {
              expr: "sum by (namespace) (kube_persistentvolumeclaim_resource_requests_storage_bytes) / 1024 / 1024 / 1024",
              legend: "paid for",
            },
            { expr: "sum by (namespace) (kubelet_volume_stats_used_bytes) / 1024 / 1024 / 1024", legend: "used" },
          ]),
        ],
      },
      {
        title: "GPUs",
        panels: gpus
          ? [
              graph(
                "GPUs",
                "none",
                [
                  { expr: allocatable("nvidia_com_gpu"), legend: "paid for" },
                  {
                    expr: 'sum(kube_pod_container_resource_requests{resource="nvidia_com_gpu"}) or vector(0)',
                    legend: "asked for",
                  },
                ],
                { width: 12 },
              ),
              grid("Who asks for GPUs", "none", [
                {
                  expr: 'sum by (namespace, pod, node) (kube_pod_container_resource_requests{resource="nvidia_com_gpu"})',
                  legend: "GPUs",
                },
              ]),
            ]
          : [],
      },
    ],
  });
}

/** CloudWatch knows what the account is charged, not what a tag is: that is for the budget, and Cost Explorer. */
function charges(monthlyUsd: number) {
  return cloudGraph(
    "Charges of the whole account, this month so far",
    "currencyUSD",
    billingRegion,
    [
      {
        namespace: "AWS/Billing",
        name: "EstimatedCharges",
        dimensions: { Currency: "USD" },
        statistic: "Maximum",
        legend: "US dollars",
      },
    ],
    {
      limit: monthlyUsd,
      description:
        "The line is the budget of this stack alone, which mails by itself. Empty until billing alerts are switched on in the account that pays.",
    },
  );
}
