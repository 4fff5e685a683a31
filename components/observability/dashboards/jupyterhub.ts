import { type Dashboard, dashboard, platformFolder, uids } from "./dashboard";
import { figure, graph, grid, percentile } from "./panels";
import type { PlatformFacts } from "./platform";

/** JupyterHub's own dashboard. Where metric names come from: see the alerts on it. */
export function jupyterhub({ links }: PlatformFacts): Dashboard {
  const spawn = "jupyterhub_server_spawn_duration_seconds";
  return dashboard({
    name: "jupyterhub",
    uid: uids.jupyterhub,
    folder: platformFolder,
    title: "JupyterHub",
    description: "Who works, do notebooks start, are homes full.",
    links,
    rows: [
      {
        title: "Now",
        panels: [
          figure("Notebooks running", "none", [{ expr: "sum(jupyterhub_running_servers)", legend: "notebooks" }]),
          figure("People", "none", [{ expr: "max(jupyterhub_total_users)", legend: "known" }]),
          figure("Active", "none", [{ expr: "max by (period) (jupyterhub_active_users)", legend: "{{period}}" }], {
            width: 8,
          }),
          figure(
            "Starts that failed in an hour",
            "none",
            [{ expr: `sum(increase(${spawn}_count{status="failure"}[1h]))`, legend: "starts" }],
            { limit: 3 },
          ),
        ],
      },
      {
        title: "Starts",
        panels: [
          graph(
            "Starts by outcome",
            "none",
            [{ expr: `sum by (status) (increase(${spawn}_count[15m]))`, legend: "{{status}}" }],
            { stacked: true },
          ),
          graph(
            "How long starts take",
            "s",
            [0.5, 0.95].map((share) => percentile(share, `${spawn}_bucket{status="success"}`, "30m")),
          ),
          graph(
            "Pods of notebooks by phase",
            "none",
            [
              {
                expr: 'sum by (phase) (kube_pod_status_phase{namespace="jupyterhub",pod=~"jupyter-.*"})',
                legend: "{{phase}}",
              },
            ],
            { stacked: true, description: "Pending for long: no node has room, see Cost and idle capacity." },
          ),
        ],
      },
      {
        title: "The hub itself",
        panels: [
          graph("Requests by code", "reqps", [
            { expr: "sum by (code) (rate(jupyterhub_request_duration_seconds_count[5m]))", legend: "{{code}}" },
          ]),
          graph(
            "Event loop and proxy, p99",
            "s",
            [
              { ...percentile(0.99, "jupyterhub_event_loop_interval_seconds_bucket", "10m"), legend: "event loop" },
              { ...percentile(0.99, "jupyterhub_proxy_poll_duration_seconds_bucket", "10m"), legend: "proxy" },
            ],
            { limit: 1 },
          ),
          grid(
            "Homes by fill",
            "percentunit",
            [
              {
                expr: 'topk(20, max by (persistentvolumeclaim) (kubelet_volume_stats_used_bytes{namespace="jupyterhub"} / kubelet_volume_stats_capacity_bytes))',
                legend: "filled",
              },
            ],
            { width: 8 },
          ),
        ],
      },
    ],
  });
}
