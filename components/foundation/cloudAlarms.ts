import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { alarmDescription, type CloudAlarm } from "../observability/alarms/alarm";

/** Alarms of CloudWatch on one subject. */
export interface CloudAlarmsArgs {
  /** What their names begin with, such as `mlplatform-dev-database`. */
  prefix: string;
  alarms: CloudAlarm[];
  /** What they are about, in CloudWatch's words. */
  dimensions: Record<string, pulumi.Input<string>>;
  /** Topics that are told when one fires, and when it ends. */
  topicArns: pulumi.Input<string>[];
  /** Address below which runbooks are found. */
  runbooks: string;
}

/** One alarm of CloudWatch. */
export interface CloudAlarmArgs extends Pick<CloudAlarmsArgs, "dimensions" | "topicArns" | "runbooks"> {
  alarm: CloudAlarm;
  alarmName: string;
  /** Whether the topics are told when it ends; what happened once has no end. */
  tellsEnd: boolean;
}

/** Silence is no alarm, unless the alarm says so. */
export function cloudAlarm(
  name: string,
  { alarm, alarmName, dimensions, topicArns, runbooks, tellsEnd }: CloudAlarmArgs,
  opts: pulumi.CustomResourceOptions,
): aws.cloudwatch.MetricAlarm {
  return new aws.cloudwatch.MetricAlarm(
    name,
    {
      name: alarmName,
      alarmDescription: alarmDescription(alarm.description, runbooks, alarm.runbook),
      ...metrics(alarm, { ...dimensions, ...alarm.dimensions }),
      evaluationPeriods: alarm.periods,
      comparisonOperator: alarm.comparison,
      threshold: alarm.threshold,
      ...(alarm.silence === "told"
        ? { treatMissingData: "missing", insufficientDataActions: topicArns }
        : { treatMissingData: alarm.silence ?? "notBreaching" }),
      alarmActions: topicArns,
      ...(tellsEnd ? { okActions: topicArns } : {}),
    },
    opts,
  );
}

/** Alarms of CloudWatch on one subject. */
export class CloudAlarms extends pulumi.ComponentResource {
  constructor(name: string, args: CloudAlarmsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:foundation:CloudAlarms", name, {}, opts);
    for (const alarm of args.alarms) {
      cloudAlarm(
        `${name}-${alarm.key}`,
        { ...args, alarm, alarmName: `${args.prefix}-${alarm.key}`, tellsEnd: true },
        { parent: this },
      );
    }
    this.registerOutputs();
  }
}

function metrics(
  { namespace, metricNames, statistic, periodSeconds }: CloudAlarm,
  dimensions: Record<string, pulumi.Input<string>>,
): Partial<aws.cloudwatch.MetricAlarmArgs> {
  const [only, ...more] = metricNames;
  if (more.length === 0) return { namespace, metricName: only, dimensions, statistic, period: periodSeconds };
  const queries = metricNames.map((metricName, at) => ({
    id: `m${at}`,
    metric: { namespace, metricName, dimensions, stat: statistic, period: periodSeconds },
  }));
  // Of what has not happened there is no sample, and nothing can be added to it.
  const expression = queries.map(({ id }) => `FILL(${id}, 0)`).join(" + ");
  return { metricQueries: [...queries, { id: "all", expression, label: metricNames.join(", "), returnData: true }] };
}
