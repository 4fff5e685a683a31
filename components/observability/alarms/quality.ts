import { patienceHours } from "../patience";
import type { CloudAlarm } from "./alarm";

/** How labelled answers of a model are judged, as far as alarms know it. */
export interface QualityWatched {
  model: string;
  /** Namespace of CloudWatch in which the series is kept. */
  namespace: string;
  /** Hours between two looks. */
  everyHours: number;
  /** Bad windows in a row that start a training; absent where none is started. */
  windows?: number;
}

/** Alarms on the series of a model's quality. That one look found it too bad is told by the look's own alarm. */
export function qualityAlarms({ model, namespace, everyHours, windows }: QualityWatched): CloudAlarm[] {
  const hourly = { namespace, statistic: "Maximum", periodSeconds: 3600, comparison: "GreaterThanThreshold" } as const;
  const hours = patienceHours(everyHours);
  return [
    {
      ...hourly,
      key: "quality-stale",
      runbook: "ModelQualityStale",
      description: `Nobody has looked at labelled answers of ${model} for ${hours} hours; a look is due every ${everyHours}.`,
      metricNames: ["HoursSinceLook"],
      periods: 2,
      threshold: hours,
      silence: "told",
    },
    ...(windows === undefined
      ? []
      : [
          {
            ...hourly,
            key: "decay",
            runbook: "ModelDecayed",
            description: `Labelled answers of ${model} were too bad in ${windows} windows in a row: one run of its training was started.`,
            metricNames: ["BadWindows"] satisfies [string],
            periods: 1,
            threshold: windows - 1,
          } satisfies CloudAlarm,
        ]),
  ];
}
