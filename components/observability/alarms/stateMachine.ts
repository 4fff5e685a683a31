import type { CloudAlarm } from "./alarm";

/**
 * The alarm of a state machine. It ends after an hour without a failed run.
 * @param what it does, such as `Batch scoring with churn`
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html
 */
export function stateMachineAlarm(what: string): CloudAlarm {
  return {
    key: "failed",
    runbook: "StateMachineFailed",
    description: `${what}: a run failed, or took too long.`,
    namespace: "AWS/States",
    metricNames: ["ExecutionsFailed", "ExecutionsTimedOut"],
    statistic: "Sum",
    periodSeconds: 3600,
    periods: 1,
    comparison: "GreaterThanThreshold",
    threshold: 0,
  };
}
