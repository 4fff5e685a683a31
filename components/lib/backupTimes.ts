/** When backups are taken. */
export interface BackupPlan {
  /** How much work may be lost, in hours: an even number of which the half divides a day. */
  maxLossHours: number;
  /** Time of the day, UTC, at which one of the backups begins, such as `05:00`. */
  startTime: string;
}

/** RDS lets a backup wait for its own windows, an hour before them and as long as both take. */
const longestWaitMinutes = 180;

/**
 * Minute and hours, UTC, at which backups begin; and within how many minutes each must have started, and ended: half of what may be lost lies between two of them,
 * and AWS Backup wants an hour more to end than to start.
 */
export function backupTimes({ maxLossHours, startTime }: BackupPlan): {
  minute: number;
  hours: number[];
  startMinutes: number;
  completeMinutes: number;
} {
  const [hour = 0, minute = 0] = startTime.split(":").map(Number);
  const everyHours = maxLossHours / 2;
  const hours = Array.from({ length: 24 / everyHours }, (_, at) => (hour + at * everyHours) % 24);
  const completeMinutes = everyHours * 60;
  const startMinutes = Math.min(longestWaitMinutes, completeMinutes - 60);
  return { minute, hours: hours.sort((a, b) => a - b), startMinutes, completeMinutes };
}

/** The CronJob in the namespace `mlplatform` that copies buckets; an alert looks for it by this name. */
export const objectCopiesName = "object-copies";
