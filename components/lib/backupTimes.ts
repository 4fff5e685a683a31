/** When backups are taken. */
export interface BackupPlan {
  /** How much work may be lost, in hours: an even number of which the half divides a day. */
  maxLossHours: number;
  /** Time of the day, UTC, at which one of the backups begins, such as `05:00`. */
  startTime: string;
}

/** Minute and hours, UTC, at which backups begin, and within how many minutes each must have ended: half of what may be lost lies between two of them. */
export function backupTimes({ maxLossHours, startTime }: BackupPlan): {
  minute: number;
  hours: number[];
  completeMinutes: number;
} {
  const [hour = 0, minute = 0] = startTime.split(":").map(Number);
  const everyHours = maxLossHours / 2;
  const hours = Array.from({ length: 24 / everyHours }, (_, at) => (hour + at * everyHours) % 24);
  return { minute, hours: hours.sort((a, b) => a - b), completeMinutes: everyHours * 60 };
}
