import type { CloudAlarm } from "./alarm";

/** The alarm of the queue that holds what schedules could not start. */
export const missedStartsAlarm: CloudAlarm = {
  key: "missed-starts",
  runbook: "ScheduleStartsMissed",
  description:
    "A schedule of training, batch scoring or the monitor of live answers could not start what it should; the queue's messages say which and why.",
  namespace: "AWS/SQS",
  metricNames: ["NumberOfMessagesSent"], // Not how many are there: nobody takes them away, so that the second would not be told.
  statistic: "Sum",
  periodSeconds: 300,
  periods: 1,
  comparison: "GreaterThanThreshold",
  threshold: 0,
};
