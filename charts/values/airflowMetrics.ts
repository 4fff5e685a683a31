/** How a name that StatsD sends becomes a metric with labels. */
interface Mapping {
  match: string;
  name: string;
  labels?: Record<string, string>;
  action?: "drop";
}

const ofTask = { dag_id: "$1", task_id: "$2" };

const ofDag = { dag_id: "$1" };

/**
 * Those of the chart's own (`files/statsd-mappings.yml`, 1.22.0) whose metrics alerts and dashboards ask for. The chart sets them in a
 * cluster; the demo, whose exporter is a process, takes them from here.
 */
export const chartMappings: Mapping[] = [
  { match: "airflow.dag.*.*.duration", name: "airflow_task_duration", labels: ofTask },
  { match: "airflow.dagrun.duration.success.*", name: "airflow_dagrun_duration", labels: ofDag },
  { match: "airflow.dagrun.duration.failed.*", name: "airflow_dagrun_failed", labels: ofDag },
  { match: "airflow.dagrun.schedule_delay.*", name: "airflow_dagrun_schedule_delay", labels: ofDag },
  { match: "airflow.pool.open_slots.*", name: "airflow_pool_open_slots", labels: { pool: "$1" } },
  { match: "airflow.executor.open_slots.*", name: "airflow_executor_open_slots", labels: { executor: "$1" } },
  { match: "airflow.executor.queued_tasks.*", name: "airflow_executor_queued_tasks", labels: { executor: "$1" } },
  { match: "airflow.executor.running_tasks.*", name: "airflow_executor_running_tasks", labels: { executor: "$1" } },
];

/**
 * Beyond the chart's own: without these every DAG and task is a metric of its own name. The names are the ones dashboards and
 * alerts use.
 * @see https://airflow.apache.org/docs/apache-airflow/stable/administration-and-deployment/logging-monitoring/metrics.html
 */
export const statsdMappings: Mapping[] = [
  { match: "airflow.ti.finish.*.*.*", name: "airflow_ti_finish", labels: { ...ofTask, state: "$3" } },
  { match: "airflow.ti.start.*.*", name: "airflow_ti_start", labels: ofTask },
  { match: "airflow.dag.*.*.queued_duration", name: "airflow_task_queued_duration", labels: ofTask },
  { match: "airflow.dag.*.*.scheduled_duration", name: "airflow_task_scheduled_duration", labels: ofTask },
  {
    match: "airflow.dagrun.*.first_task_scheduling_delay",
    name: "airflow_dagrun_first_task_scheduling_delay",
    labels: { dag_id: "$1" },
  },
  {
    match: "airflow.dag_processing.last_duration.*",
    name: "airflow_dag_processing_last_duration",
    labels: { dag_file: "$1" },
  },
  { match: "airflow.pool.queued_slots.*", name: "airflow_pool_queued_slots", labels: { pool: "$1" } },
  { match: "airflow.pool.running_slots.*", name: "airflow_pool_running_slots", labels: { pool: "$1" } },
  { match: "airflow.local_task_job.task_exit.*.*.*.*", name: "dropped", action: "drop" },
];
