import type { BackupPlan } from "../../lib/backupTimes";
import type { CloudAlarm } from "./alarm";

/**
 * Alarms of a vault: a job that failed, and none that ended well for as long as may be lost.
 * @see https://docs.aws.amazon.com/aws-backup/latest/devguide/cloudwatch.html
 */
export function backupAlarms({ maxLossHours }: Pick<BackupPlan, "maxLossHours">): CloudAlarm[] {
  const common = { namespace: "AWS/Backup", statistic: "Sum", periodSeconds: 3600 } as const;
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
    {
      ...common,
      key: "late",
      runbook: "BackupLate",
      description: `No backup has ended well for ${maxLossHours} hours: more than the settings allow would be lost.`,
      metricNames: ["NumberOfBackupJobsCompleted"],
      periods: maxLossHours,
      comparison: "LessThanThreshold",
      threshold: 1,
      silence: "breaching",
    },
  ];
}
