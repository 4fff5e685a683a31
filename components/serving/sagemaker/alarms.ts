import { type EndpointTarget, variantName } from "./target";

/** What a model promises. */
export interface Objectives {
  p99Millis: number;
  errorRatePercent: number;
}

/** An alarm as Pulumi takes it, but for whom it tells. */
export interface AlarmPlan {
  kind: "errors" | "latency" | "backlog";
  /** Its page in `docs/runbooks`. */
  runbook: string;
  name: string;
  alarmDescription: string;
  namespace: "AWS/SageMaker";
  metricName: string;
  dimensions: Record<string, string>;
  statistic?: "Average" | "Maximum";
  extendedStatistic?: string;
  period: number;
  evaluationPeriods: number;
  datapointsToAlarm: number;
  comparisonOperator: "GreaterThanThreshold";
  threshold: number;
  treatMissingData: "notBreaching";
}

/** Requests that wait longer than this are waiting for an instance that does not come. */
const longestWaitSeconds = 1800;

/**
 * Alarms of one endpoint. The errors are the server's own: a request that the caller got wrong is no alarm. Both fleets of a deployment
 * are seen together, so a canary must be larger than the errors that are promised.
 * @param bakeMinutes how long a canary is watched: the alarm must be able to fire within it
 * @see https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html
 * @see https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-monitor.html
 */
export function planAlarms(
  endpointName: string,
  kind: EndpointTarget["kind"],
  { p99Millis, errorRatePercent }: Objectives,
  bakeMinutes: number,
): AlarmPlan[] {
  // Two bad minutes of three, since one may be chance; a canary of less than three minutes cannot wait for that.
  const patience =
    bakeMinutes >= 3 ? { evaluationPeriods: 3, datapointsToAlarm: 2 } : { evaluationPeriods: 1, datapointsToAlarm: 1 };
  const common = {
    namespace: "AWS/SageMaker",
    period: 60,
    comparisonOperator: "GreaterThanThreshold",
    treatMissingData: "notBreaching",
  } as const;
  const ofVariant = { EndpointName: endpointName, VariantName: variantName };
  const alarms: AlarmPlan[] = [
    {
      kind: "errors",
      runbook: "EndpointErrorRateHigh",
      name: `${endpointName}-errors`,
      alarmDescription: `More than ${errorRatePercent} % of requests end with an error of the server. While a version is tried this takes it back.`,
      metricName: "Invocation5XXErrors",
      dimensions: ofVariant,
      statistic: "Average", // Each request counts 1 or 0.
      threshold: errorRatePercent / 100,
      ...common,
      ...patience,
    },
    {
      kind: "latency",
      runbook: "EndpointLatencyHigh",
      name: `${endpointName}-latency`,
      alarmDescription: `99 of 100 requests take the model longer than ${p99Millis} ms. While a version is tried this takes it back.`,
      metricName: "ModelLatency",
      dimensions: ofVariant,
      extendedStatistic: "p99",
      threshold: p99Millis * 1000, // Microseconds.
      ...common,
      ...patience,
    },
  ];
  if (kind !== "asynchronous") return alarms;
  return [
    ...alarms,
    {
      kind: "backlog",
      runbook: "EndpointBacklogLong",
      name: `${endpointName}-backlog`,
      alarmDescription: `The oldest request has waited for more than ${longestWaitSeconds / 60} minutes.`,
      metricName: "ApproximateAgeOfOldestRequest",
      dimensions: { EndpointName: endpointName },
      statistic: "Maximum",
      threshold: longestWaitSeconds,
      ...common,
      evaluationPeriods: 5,
      datapointsToAlarm: 5,
    },
  ];
}

/** Alarms that take a new version back: what waits is no fault of the version. */
export function rollbackAlarms(alarms: AlarmPlan[]): AlarmPlan[] {
  return alarms.filter(({ kind }) => kind !== "backlog");
}
