/** An alarm of CloudWatch, but for what it is about and whom it tells. */
export interface CloudAlarm {
  /** What it is called after its subject, such as `storage`. */
  key: string;
  /** Its page in `docs/runbooks`. */
  runbook: string;
  description: string;
  namespace: string;
  /** Beside those of the subject, where the alarm is about a part of it. */
  dimensions?: Record<string, string>;
  /** Added, where there are several. */
  metricNames: [string, ...string[]];
  statistic: "Average" | "Maximum" | "Minimum" | "Sum";
  periodSeconds: number;
  /** How many periods in a row. */
  periods: number;
  comparison: "GreaterThanThreshold" | "LessThanThreshold";
  threshold: number;
  /**
   * What periods without a sample are; absent: silence is no alarm. `told`: there is not enough data, which the topics are told of when it was otherwise before.
   * `breaching`: as bad as those beyond the threshold, before the first sample too.
   */
  silence?: "told" | "breaching";
}

/**
 * What a person reads of an alarm, in its mail and in the console, with where to read on.
 * @param runbooks address below which runbooks are found
 */
export function alarmDescription(description: string, runbooks: string, runbook: string): string {
  return `${description} What to do: ${runbooks}/${runbook}.md`;
}
