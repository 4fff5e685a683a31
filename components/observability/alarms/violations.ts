import type { CloudAlarm } from "./alarm";

/**
 * The alarm of jobs that look at what a model is asked and what it answers.
 * @param what they look at, such as `Live answers of churn`
 * @param logGroupName each job that found something, failed, or was stopped is a line of it
 */
export function violationsAlarm(what: string, logGroupName: string): CloudAlarm {
  return {
    key: "violations",
    runbook: "ModelLookFailed",
    description: `${what} are not as they should be, or could not be looked at; the log ${logGroupName} says which.`,
    namespace: "AWS/Logs",
    metricNames: ["IncomingLogEvents"],
    statistic: "Sum",
    periodSeconds: 300,
    periods: 1,
    comparison: "GreaterThanThreshold",
    threshold: 0,
  };
}
