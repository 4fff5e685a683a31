import { objectCopiesName } from "../../lib/backupTimes";
import type { Written } from "./rule";

/** Volume of which less is left is told of in time to make it larger. */
const leftPercent = 15;

/** Of volumes in the namespace `mlplatform`. @see https://kubernetes.io/docs/reference/instrumentation/metrics/ */
const left = (claims: string) => {
  const of = `{namespace="mlplatform",persistentvolumeclaim=~"${claims}"}`;
  return `100 * min(kubelet_volume_stats_available_bytes${of} / kubelet_volume_stats_capacity_bytes${of})`;
};

/** PostgreSQL in the cluster. @see https://cloudnative-pg.io/documentation/current/monitoring/ */
export const database: Written[] = [
  {
    alert: "PostgresDown",
    severity: "critical",
    held: "3m",
    expr: "absent(cnpg_collector_up == 1)",
    summary: "PostgreSQL in the cluster does not answer",
    description: "No instance of the server is up: Airflow, MLflow and JupyterHub stop as soon as they ask it.",
  },
  {
    alert: "PostgresConnectionsHigh",
    severity: "warning",
    held: "10m",
    expr: "max by (pod) (sum by (pod) (cnpg_backends_total)) > 160",
    summary: "PostgreSQL runs out of connections",
    description:
      "{{ $value }} of 200 connections of {{ $labels.pod }} are taken; beyond them applications are refused.",
  },
  {
    alert: "PostgresVolumeLow",
    severity: "critical",
    held: "10m",
    expr: `${left("database-.*")} < ${leftPercent}`,
    summary: "PostgreSQL's volume fills up",
    description: 'Only {{ printf "%.0f" $value }} % of a volume is left: a full one stops the server.',
  },
];

/**
 * Backups of PostgreSQL in the cluster. A server that has none yet says 0.
 * @param maxLossHours how much may be lost
 */
export const databaseBackup = (maxLossHours: number): Written[] => [
  {
    alert: "PostgresBackupLate",
    severity: "critical",
    held: "1h",
    expr: `time() - max(cnpg_collector_last_available_backup_timestamp) > ${maxLossHours * 3600}`,
    summary: "PostgreSQL has no backup that is young enough",
    description: `The last backup that ended well is older than ${maxLossHours} hours, or there is none: more than the settings allow would be lost.`,
  },
];

/**
 * Copies of buckets. A CronJob that has never succeeded counts from when it was made.
 * @param maxLossHours how much may be lost
 */
export const objectCopies = (maxLossHours: number): Written[] => {
  const of = `{namespace="mlplatform",cronjob="${objectCopiesName}"}`;
  return [
    {
      alert: "ObjectCopiesLate",
      severity: "critical",
      held: "30m",
      expr:
        `time() - (max(kube_cronjob_status_last_successful_time${of}) or max(kube_cronjob_created${of})) ` +
        `> ${maxLossHours * 3600}`,
      summary: "The buckets have no copy that is young enough",
      description: `The last copy of artifacts and data that ended well is older than ${maxLossHours} hours, or there is none: more than the settings allow would be lost.`,
    },
  ];
};

/** SeaweedFS in the cluster. */
export const objectStore: Written[] = [
  {
    alert: "ObjectStoreDown",
    severity: "critical",
    held: "3m",
    expr: 'absent(up{job="monitoring/object-store"} == 1)',
    summary: "The object store in the cluster does not answer",
    description:
      "Artifacts, task logs and samples are neither written nor read; models that are loaded go on answering.",
  },
  {
    alert: "ObjectStoreVolumeLow",
    severity: "critical",
    held: "10m",
    expr: `${left("seaweedfs-data")} < ${leftPercent}`,
    summary: "The object store fills up",
    description:
      'Only {{ printf "%.0f" $value }} % of its volume is left: a full one stops runs from logging artifacts.',
  },
];
