import { toolLabel } from "./labels";
import { type LogFacts, logs } from "./logs";
import { alertRule, type RuleContext, type RuleGroup, type Written } from "./rule";
import { database, databaseBackup, objectCopies, objectStore } from "./stores";
import { airflow, jupyterhub, mlflow } from "./tools";

/** Pieces whose rules are wanted: those that the stack has. A rule on what is not there would fire for ever. */
export interface AlertRulesFacts {
  airflow: boolean;
  mlflow: boolean;
  jupyterhub: boolean;
  /** Whether a release controller decides which versions of models are live. */
  models: boolean;
  /** Whether PostgreSQL runs in the cluster. Default: it does not. */
  database?: boolean;
  /** Hours that may be lost of what that PostgreSQL holds; absent where it is not backed up. */
  databaseLossHours?: number;
  /** Whether the object store runs in the cluster. Default: it does not. */
  objectStore?: boolean;
  /** Hours that may be lost of what a store holds that the cluster copies; absent where it copies none. */
  objectLossHours?: number;
  /** What pods write; absent where it is not kept. */
  logs?: LogFacts;
}

/** Of the platform itself, whatever tools it has. */
const platform: Written[] = [
  {
    alert: "MigrationJobFailed",
    severity: "critical",
    expr:
      'max by (namespace, job_name) (kube_job_status_failed{job_name=~".*migrat.*"}) > 0 ' +
      "unless max by (namespace, job_name) (kube_job_status_succeeded) > 0",
    summary: "A database migration failed",
    description:
      "Job {{ $labels.job_name }} in {{ $labels.namespace }} failed: the new version waits for it and does not start.",
  },
  {
    alert: "NodeDown",
    severity: "critical",
    held: "5m",
    expr: 'max by (node) (kube_node_status_condition{condition="Ready",status="true"}) == 0',
    summary: "Node {{ $labels.node }} is down",
    description:
      "It has not been ready for five minutes: its pods are started elsewhere where there is room, its volumes follow late.",
  },
  {
    alert: "PodsUnschedulable",
    severity: "warning",
    held: "15m",
    expr: "sum by (namespace) (kube_pod_status_unschedulable) > 0",
    summary: "Pods in {{ $labels.namespace }} find no node",
    description:
      "{{ $value }} pods have waited for a node for a quarter of an hour: the limit of a node group, a quota, or a wish no node can grant.",
  },
  {
    alert: "NamespaceQuotaNear",
    severity: "warning",
    held: "15m",
    expr:
      'max by (namespace, resource) (kube_resourcequota{type="used"}) / ' +
      '(max by (namespace, resource) (kube_resourcequota{type="hard"}) > 0) > 0.9',
    summary: "{{ $labels.namespace }} has nearly all that it may have",
    description:
      "{{ $value | humanizePercentage }} of the quota of {{ $labels.resource }} has been in use for a quarter of an hour: beyond it pods wait.",
  },
  {
    alert: "ContainerOutOfMemory",
    severity: "warning",
    expr:
      "sum by (namespace, pod, container) (increase(kube_pod_container_status_restarts_total[15m])) > 0 and " +
      'max by (namespace, pod, container) (kube_pod_container_status_last_terminated_reason{reason="OOMKilled"}) == 1',
    summary: "{{ $labels.container }} in {{ $labels.namespace }} ran out of memory",
    description:
      "Container {{ $labels.container }} of {{ $labels.pod }} was killed for using more than its limit, and started again.",
  },
  {
    alert: "GpuNodeIdle",
    severity: "warning",
    held: "2h",
    expr:
      'max by (node) (kube_node_status_allocatable{resource="nvidia_com_gpu"}) > 0 unless on (node) ' +
      'sum by (node) (kube_pod_container_resource_requests{resource="nvidia_com_gpu"}) > 0',
    summary: "GPUs of {{ $labels.node }} are paid for and not asked for",
    description: "For two hours no pod on {{ $labels.node }} has asked for one of its {{ $value }} GPUs.",
  },
];

/** Of what decides which version of a model is live. */
const models: Written[] = [
  {
    alert: "ReleaseControllerDown",
    severity: "critical",
    held: "10m",
    expr: "absent(model_release_last_check_timestamp_seconds) or time() - max(model_release_last_check_timestamp_seconds) > 600",
    summary: "No new version of any model goes live",
    description:
      "The release controller has not looked at the registry for ten minutes. What is live goes on answering.",
  },
];

function group(tool: string, written: Written[], context: RuleContext): RuleGroup {
  return {
    name: `mlplatform.${tool}`,
    rules: written.map((each) => alertRule(each, context, { [toolLabel]: tool })),
  };
}

/** The platform's alerts, as Prometheus takes them. */
export function alertRules(facts: AlertRulesFacts, context: RuleContext): RuleGroup[] {
  return [
    group("platform", platform, context),
    ...(facts.airflow ? [group("airflow", airflow, context)] : []),
    ...(facts.mlflow ? [group("mlflow", mlflow, context)] : []),
    ...(facts.jupyterhub ? [group("jupyterhub", jupyterhub, context)] : []),
    ...(facts.models ? [group("releases", models, context)] : []),
    ...(facts.database ? [group("database", database, context)] : []),
    ...(facts.databaseLossHours === undefined
      ? []
      : [group("databaseBackup", databaseBackup(facts.databaseLossHours), context)]),
    ...(facts.objectStore ? [group("objectStore", objectStore, context)] : []),
    ...(facts.objectLossHours === undefined
      ? []
      : [group("objectCopies", objectCopies(facts.objectLossHours), context)]),
    ...(facts.logs ? [group("logs", logs(facts.logs), context)] : []),
  ];
}
