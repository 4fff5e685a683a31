import type { BackupPlan } from "../../lib/backupTimes";
import type { CloudAlarm } from "./alarm";

/**
 * Alarms of a vault: a job that failed, and none that ended well for as long as may be lost. The second for each kind that is always there: a volume
 * that was copied says nothing of the database.
 * @see https://docs.aws.amazon.com/aws-backup/latest/devguide/cloudwatch.html
 */
export function backupAlarms({
  maxLossHours,
  objects,
}: Pick<BackupPlan, "maxLossHours"> & { objects: boolean }): CloudAlarm[] {
  const common = { namespace: "AWS/Backup", statistic: "Sum", periodSeconds: 3600 } as const;
  const late = (key: string, what: string, resourceType: string): CloudAlarm => ({
    ...common,
    key,
    runbook: "BackupLate",
    description: `No backup of ${what} has ended well for ${maxLossHours} hours: more than the settings allow would be lost.`,
    metricNames: ["NumberOfBackupJobsCompleted"],
    dimensions: { ResourceType: resourceType },
    periods: maxLossHours,
    comparison: "LessThanThreshold",
    threshold: 1,
    silence: "breaching",
  });
  return [
    {
      ...common,
      key: "failed",
      runbook: "BackupFailed",
      description: "A backup, or its copy elsewhere, failed, was stopped, or did not end in time.",
      metricNames: [
        "NumberOfBackupJobsFailed",
        "NumberOfBackupJobsExpired",
        "NumberOfBackupJobsAborted",
        "NumberOfCopyJobsFailed",
      ],
      periods: 1,
      comparison: "GreaterThanThreshold",
      threshold: 0,
    },
    late("late", "the database", "RDS"),
    ...(objects ? [late("late-objects", "the buckets", "S3")] : []),
  ];
}
