import { type Dashboard, dashboard, platformFolder, uids } from "./dashboard";
import { figure, graph, grid, type Query, word } from "./panels";
import type { PlatformFacts } from "./platform";

/** The tools' own dashboards. Metric names: see the alerts on the same tools. */

const p = (share: number, bucket: string, window: string): Query => ({
  expr: `histogram_quantile(${share}, sum by (le) (rate(${bucket}[${window}])))`,
  legend: `p${share * 100}`,
});

export function airflow({ links }: PlatformFacts): Dashboard {
  const dag = '{dag_id=~"$dag_id"}';
  return dashboard({
    name: "airflow",
    uid: uids.airflow,
    folder: platformFolder,
    title: "Airflow",
    description: "Do the parts beat, do runs succeed, do tasks find a slot.",
    links,
    choices: [{ name: "dag_id", label: "DAG", series: "airflow_task_duration_count" }],
    rows: [
      {
        title: "Now",
        panels: [
          figure(
            "Beats in a minute",
            "none",
            [
              { expr: "sum(rate(airflow_scheduler_heartbeat[5m])) * 60", legend: "scheduler" },
              { expr: "sum(rate(airflow_dag_processor_heartbeat[5m])) * 60", legend: "DAG processor" },
              { expr: "sum(rate(airflow_triggerer_heartbeat[5m])) * 60", legend: "triggerer" },
            ],
            { width: 8, limit: 1, limitIsLeast: true },
          ),
          figure(
            "Files that do not import",
            "none",
            [{ expr: "max(airflow_dag_processing_import_errors)", legend: "files" }],
            { limit: 1 },
          ),
          figure(
            "Runs that failed today",
            "none",
            [{ expr: `sum(increase(airflow_dagrun_failed_count${dag}[24h]))`, legend: "runs" }],
            { limit: 1 },
          ),
          figure("DAGs", "none", [{ expr: "max(airflow_dagbag_size)", legend: "DAGs" }]),
          figure("Runs going on", "none", [{ expr: "max(airflow_scheduler_dagruns_running)", legend: "runs" }]),
        ],
      },
      {
        title: "Runs",
        panels: [
          graph("Runs that failed, by DAG", "none", [
            { expr: `sum by (dag_id) (increase(airflow_dagrun_failed_count${dag}[1h]))`, legend: "{{dag_id}}" },
          ]),
          graph("How long runs take", "s", [
            {
              expr: `sum by (dag_id) (rate(airflow_dagrun_duration_sum${dag}[1h])) / sum by (dag_id) (rate(airflow_dagrun_duration_count${dag}[1h]))`,
              legend: "{{dag_id}}",
            },
          ]),
          graph("How late runs begin", "s", [
            {
              expr: `sum by (dag_id) (rate(airflow_dagrun_schedule_delay_sum${dag}[1h])) / sum by (dag_id) (rate(airflow_dagrun_schedule_delay_count${dag}[1h]))`,
              legend: "{{dag_id}}",
            },
          ]),
        ],
      },
      {
        title: "Tasks",
        panels: [
          graph(
            "Tasks by outcome",
            "cps",
            [{ expr: `sum by (state) (rate(airflow_ti_finish${dag}[15m]))`, legend: "{{state}}" }],
            { stacked: true },
          ),
          graph(
            "Share of tasks that fail",
            "percentunit",
            [
              {
                expr: "sum(rate(airflow_ti_failures[15m])) / clamp_min(sum(rate(airflow_ti_failures[15m])) + sum(rate(airflow_ti_successes[15m])), 1e-9)",
                legend: "failed",
              },
            ],
            { max: 1 },
          ),
          graph("Waiting and running", "none", [
            { expr: "max(airflow_executor_queued_tasks)", legend: "queued" },
            { expr: "max(airflow_executor_running_tasks)", legend: "running" },
            { expr: "max(airflow_scheduler_tasks_starving)", legend: "without a slot" },
            { expr: "max(airflow_executor_open_slots)", legend: "slots free" },
          ]),
          grid("Longest tasks, mean of the last hour in seconds", "s", [
            {
              expr: `topk(10, sum by (dag_id, task_id) (rate(airflow_task_duration_sum${dag}[1h])) / sum by (dag_id, task_id) (rate(airflow_task_duration_count${dag}[1h])))`,
              legend: "seconds",
            },
          ]),
          graph(
            "Free slots of pools",
            "none",
            [{ expr: 'max by (pool) (airflow_pool_open_slots{pool!=""})', legend: "{{pool}}" }],
            { width: 6 },
          ),
          graph(
            "Scheduler's loop, and parsing",
            "s",
            [
              { expr: 'max(airflow_scheduler_scheduler_loop_duration{quantile="0.99"})', legend: "loop p99" },
              { expr: "max(airflow_dag_processing_total_parse_time)", legend: "all files once" },
            ],
            { width: 6 },
          ),
        ],
      },
    ],
  });
}

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
            [0.5, 0.95, 0.99].map((share) => p(share, "mlflow_http_request_duration_seconds_bucket", "5m")),
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
            [0.5, 0.95].map((share) => p(share, `${spawn}_bucket{status="success"}`, "30m")),
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
              { ...p(0.99, "jupyterhub_event_loop_interval_seconds_bucket", "10m"), legend: "event loop" },
              { ...p(0.99, "jupyterhub_proxy_poll_duration_seconds_bucket", "10m"), legend: "proxy" },
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
