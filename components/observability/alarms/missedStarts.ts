import type { CloudAlarm } from "./alarm";

/** The alarm of the queue that holds what schedules and rules could not start. */
export const missedStartsAlarm: CloudAlarm = {
  key: "missed-starts",
  runbook: "ScheduleStartsMissed",
  description:
    "A schedule, or the rule that hears of decisions on model packages, could not start what it should; the queue's messages say which and why.",
  namespace: "AWS/SQS",
  metricNames: ["NumberOfMessagesSent"], // Not how many are there: nobody takes them away, so that the second would not be told.
  statistic: "Sum",
  periodSeconds: 300,
  periods: 1,
  comparison: "GreaterThanThreshold",
  threshold: 0,
};
