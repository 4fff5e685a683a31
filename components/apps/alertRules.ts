import { toolLabel } from "./alertmanagerConfig";

/** Tools whose rules are wanted: those that the stack has. A rule on a tool that is not there would fire for ever. */
export interface AlertRulesFacts {
  airflow: boolean;
  mlflow: boolean;
  jupyterhub: boolean;
}

export interface AlertRule {
  alert: string;
  expr: string;
  for?: string;
  labels: Record<string, string>;
  annotations: { summary: string; description: string };
}

export interface RuleGroup {
  name: string;
  rules: AlertRule[];
}

type Written = [alert: string, severity: "critical" | "warning", held: string, expr: string, what: string, why: string];

function group(tool: string, written: Written[]): RuleGroup {
  return {
    name: `mlplatform.${tool}`,
    rules: written.map(([alert, severity, held, expr, summary, description]) => ({
      alert,
      expr,
      ...(held === "" ? {} : { for: held }),
      labels: { severity, [toolLabel]: tool },
      annotations: { summary, description },
    })),
  };
}

/** @see https://airflow.apache.org/docs/apache-airflow/stable/administration-and-deployment/logging-monitoring/metrics.html */
const airflow: Written[] = [
  [
    "AirflowSchedulerDown",
    "critical",
    "5m",
    "absent(airflow_scheduler_heartbeat) or sum(rate(airflow_scheduler_heartbeat[5m])) == 0",
    "No Airflow scheduler beats",
    "No task is started until one runs again; running tasks go on.",
  ],
  [
    "AirflowDagProcessorDown",
    "critical",
    "10m",
    "absent(airflow_dag_processor_heartbeat) or sum(rate(airflow_dag_processor_heartbeat[10m])) == 0",
    "No Airflow DAG processor beats",
    "Changed and new DAGs are not noticed; known ones run as they were.",
  ],
  [
    "AirflowImportErrors",
    "warning",
    "15m",
    "max(airflow_dag_processing_import_errors) > 0",
    "DAG files do not import",
    "{{ $value }} DAG files cannot be imported, so their DAGs are missing or old. The first page of Airflow shows the errors.",
  ],
  [
    "AirflowDagRunFailed",
    "warning",
    "",
    "sum by (dag_id) (increase(airflow_dagrun_failed_count[30m])) > 0",
    "A run of {{ $labels.dag_id }} failed",
    "At least one run of {{ $labels.dag_id }} failed within half an hour.",
  ],
  [
    "AirflowTasksStarving",
    "warning",
    "30m",
    "max(airflow_scheduler_tasks_starving) > 0",
    "Airflow tasks wait for a free slot",
    "{{ $value }} tasks have waited for half an hour: their pool or the executor is full.",
  ],
  [
    "AirflowTasksLostHeartbeat",
    "warning",
    "",
    "sum(increase(airflow_task_instances_without_heartbeats_killed[30m])) > 0",
    "Airflow tasks vanished",
    "Tasks were given up since they no longer gave a sign of life: out of memory, or their node is gone.",
  ],
];

/** @see https://mlflow.org/docs/latest/ml/tracking/server/ */
const mlflow: Written[] = [
  [
    "MlflowDown",
    "critical",
    "5m",
    'absent(up{job="mlflow"} == 1)',
    "MLflow does not answer",
    "No replica of the tracking server can be scraped: runs cannot log, models cannot be loaded.",
  ],
  [
    "MlflowErrors",
    "warning",
    "10m",
    'sum(rate(mlflow_http_request_total{status=~"5.."}[5m])) / sum(rate(mlflow_http_request_total[5m])) > 0.05',
    "MLflow fails",
    "{{ $value | humanizePercentage }} of the requests to MLflow end in an error of the server.",
  ],
];

/** @see https://jupyterhub.readthedocs.io/en/stable/reference/metrics.html */
const jupyterhub: Written[] = [
  [
    "JupyterHubSpawnFailures",
    "warning",
    "",
    'sum(increase(jupyterhub_server_spawn_duration_seconds_count{status="failure"}[30m])) > 3',
    "Notebooks do not start",
    "{{ $value }} starts of notebooks failed within half an hour.",
  ],
  [
    "JupyterHubSlow",
    "warning",
    "15m",
    "histogram_quantile(0.99, sum by (le) (rate(jupyterhub_event_loop_interval_seconds_bucket[10m]))) > 1",
    "JupyterHub is slow",
    "The hub's event loop stalls for {{ $value | humanizeDuration }}: pages and starts of notebooks hang.",
  ],
];

/** Of the platform itself, whatever tools it has. */
const platform: Written[] = [
  [
    "MigrationJobFailed",
    "critical",
    "",
    'max by (namespace, job_name) (kube_job_status_failed{job_name=~".*migrat.*"}) > 0 ' +
      "unless max by (namespace, job_name) (kube_job_status_succeeded) > 0",
    "A database migration failed",
    "Job {{ $labels.job_name }} in {{ $labels.namespace }} failed: the new version waits for it and does not start.",
  ],
];

/** The platform's alerts, as Prometheus takes them. */
export function alertRules(facts: AlertRulesFacts): RuleGroup[] {
  return [
    group("platform", platform),
    ...(facts.airflow ? [group("airflow", airflow)] : []),
    ...(facts.mlflow ? [group("mlflow", mlflow)] : []),
    ...(facts.jupyterhub ? [group("jupyterhub", jupyterhub)] : []),
  ];
}
