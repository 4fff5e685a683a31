import type { Written } from "./rule";

/** @see https://airflow.apache.org/docs/apache-airflow/stable/administration-and-deployment/logging-monitoring/metrics.html */
export const airflow: Written[] = [
  {
    alert: "AirflowSchedulerDown",
    severity: "critical",
    held: "5m",
    expr: "absent(airflow_scheduler_heartbeat) or sum(rate(airflow_scheduler_heartbeat[5m])) == 0",
    summary: "No Airflow scheduler beats",
    description: "No task is started until one runs again; running tasks go on.",
  },
  {
    alert: "AirflowDagProcessorDown",
    severity: "critical",
    held: "10m",
    expr: "absent(airflow_dag_processor_heartbeat) or sum(rate(airflow_dag_processor_heartbeat[10m])) == 0",
    summary: "No Airflow DAG processor beats",
    description: "Changed and new DAGs are not noticed; known ones run as they were.",
  },
  {
    alert: "AirflowImportErrors",
    severity: "warning",
    held: "15m",
    expr: "max(airflow_dag_processing_import_errors) > 0",
    summary: "DAG files do not import",
    description:
      "{{ $value }} DAG files cannot be imported, so their DAGs are missing or old. The first page of Airflow shows the errors.",
  },
  {
    alert: "AirflowDagRunFailed",
    severity: "warning",
    expr: "sum by (dag_id) (increase(airflow_dagrun_failed_count[30m])) > 0",
    summary: "A run of {{ $labels.dag_id }} failed",
    description: "At least one run of {{ $labels.dag_id }} failed within half an hour.",
  },
  {
    alert: "AirflowTasksStarving",
    severity: "warning",
    held: "30m",
    expr: "max(airflow_scheduler_tasks_starving) > 0",
    summary: "Airflow tasks wait for a free slot",
    description: "{{ $value }} tasks have waited for half an hour: their pool or the executor is full.",
  },
  {
    alert: "AirflowTasksLostHeartbeat",
    severity: "warning",
    expr: "sum(increase(airflow_task_instances_without_heartbeats_killed[30m])) > 0",
    summary: "Airflow tasks vanished",
    description: "Tasks were given up since they no longer gave a sign of life: out of memory, or their node is gone.",
  },
];

/** @see https://mlflow.org/docs/latest/ml/tracking/server/ */
export const mlflow: Written[] = [
  {
    alert: "MlflowDown",
    severity: "critical",
    held: "5m",
    expr: 'absent(up{job="mlflow"} == 1)',
    summary: "MLflow does not answer",
    description: "No replica of the tracking server can be scraped: runs cannot log, models cannot be loaded.",
  },
  {
    alert: "MlflowErrors",
    severity: "warning",
    held: "10m",
    expr: 'sum(rate(mlflow_http_request_total{status=~"5.."}[5m])) / sum(rate(mlflow_http_request_total[5m])) > 0.05',
    summary: "MLflow fails",
    description: "{{ $value | humanizePercentage }} of the requests to MLflow end in an error of the server.",
  },
];

/** @see https://jupyterhub.readthedocs.io/en/stable/reference/metrics.html */
export const jupyterhub: Written[] = [
  {
    alert: "JupyterHubSpawnFailures",
    severity: "warning",
    expr: 'sum(increase(jupyterhub_server_spawn_duration_seconds_count{status="failure"}[30m])) > 3',
    summary: "Notebooks do not start",
    description: "{{ $value }} starts of notebooks failed within half an hour.",
  },
  {
    alert: "JupyterHubSlow",
    severity: "warning",
    held: "15m",
    expr: "histogram_quantile(0.99, sum by (le) (rate(jupyterhub_event_loop_interval_seconds_bucket[10m]))) > 1",
    summary: "JupyterHub is slow",
    description: "The hub's event loop stalls for {{ $value | humanizeDuration }}: pages and starts of notebooks hang.",
  },
];
