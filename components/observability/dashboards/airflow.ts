import { type Dashboard, dashboard, platformFolder, uids } from "./dashboard";
import { figure, graph, grid } from "./panels";
import type { PlatformFacts } from "./platform";

/** Airflow's own dashboard. Where metric names come from: see the alerts on it. */
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
