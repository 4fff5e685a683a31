import { patienceHours } from "../patience";
import type { WatchedModel } from "../watchedModel";
import type { Written } from "./rule";

/** Labelled rows that a look needs to judge by. */
const leastRows = 100;

/** Alerts on what labelled answers were worth. Where alarms of CloudWatch tell the same people, there are none. */
export function quality({ name, quality: watched }: WatchedModel): Written[] {
  if (watched === undefined || watched.alarmed) return [];
  const { everyHours, labelled, windows } = watched;
  const mine = `{model="${name}"}`;
  const heard = `model_quality_last_look_timestamp_seconds${mine}`;
  const patience = patienceHours(everyHours);
  const low = `max(model_quality_beyond_bound${mine}) == 1`;
  const unlabelled = `max(model_quality_labelled_rows${mine}) < ${leastRows} and on () max(model_quality_rows${mine}) >= ${leastRows}`;
  const ofLabels: Written[] = [
    {
      alert: "ModelQualityLow",
      severity: "warning",
      // What stands where only goes with the metric that is judged by.
      expr: `(max by (metric) (model_quality${mine} and model_quality_limit${mine})) and on () ${low}`,
      summary: `Labelled answers of ${name} are worse than allowed`,
      description: `{{ $labels.metric }} of the latest window is {{ printf "%.4f" $value }}, beyond what its evaluation allows.`,
    },
    ...(windows === undefined
      ? []
      : [
          {
            alert: "ModelDecayed",
            severity: "warning",
            expr: `max(model_quality_bad_windows${mine}) >= ${windows}`,
            summary: `${name} has decayed`,
            description: `Labelled answers were too bad in {{ $value }} windows in a row. At ${windows} one run of its training was started.`,
          } satisfies Written,
        ]),
    {
      alert: "ModelLabelsMissing",
      severity: "warning",
      expr: unlabelled,
      summary: `Too few labels of ${name} come`,
      description: `{{ $value }} answers of the latest window have a label; ${leastRows} are needed to judge by.`,
    },
  ];
  return [
    ...(labelled ? ofLabels : []),
    {
      alert: "ModelLookFailed",
      severity: "warning",
      // What has an alert of its own is told by that alone, and hides nothing else that was found.
      expr: `max(model_look_violations{model="${name}",kind="other"}) > 0`,
      summary: `Live answers of ${name} are not as they should be`,
      description: "The latest look found {{ $value }} things wrong that no other alert tells. Its report says which.",
    },
    {
      alert: "ModelQualityStale",
      severity: "warning",
      expr: `time() - max(${heard}) > ${patience * 3600} or absent_over_time(${heard}[${patience}h])`,
      summary: `Nobody looks at live answers of ${name}`,
      description: `The last look is more than ${patience} hours ago; one is due every ${everyHours}.`,
    },
  ];
}
