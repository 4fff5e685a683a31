import {
  LogGroupBuilder,
  LogsQueryBuilder,
  MetricEditorMode,
  MetricQueryType,
  MetricsQueryBuilder,
  QueryMode,
} from "@grafana/grafana-foundation-sdk/cloudwatch";
import type { DataSourceRef } from "@grafana/grafana-foundation-sdk/common";
import { PanelBuilder as LogsBuilder } from "@grafana/grafana-foundation-sdk/logs";
import { type Look, lines, type PanelOf } from "./panels";

/** One metric of CloudWatch. */
export interface Metric {
  namespace: string;
  name: string;
  /** `*` stands for every value. */
  dimensions: Record<string, string>;
  /** Such as `Sum` or `p99`. */
  statistic: string;
  legend: string;
}

const cloudWatch: DataSourceRef = { type: "cloudwatch", uid: "cloudwatch" };

/** Lines of CloudWatch's metrics; they cost nothing while nobody looks. */
export function cloudGraph(title: string, unit: string, region: string, metrics: Metric[], given: Look = {}): PanelOf {
  const panel = lines(title, unit, given).datasource(cloudWatch);
  for (const [at, { namespace, name, dimensions, statistic, legend }] of metrics.entries()) {
    panel.withTarget(
      new MetricsQueryBuilder()
        .datasource(cloudWatch)
        .queryMode(QueryMode.Metrics)
        .metricQueryType(MetricQueryType.Search)
        .metricEditorMode(MetricEditorMode.Builder)
        .refId(String.fromCharCode(65 + at))
        .id(`m${at}`)
        .region(region)
        .namespace(namespace)
        .metricName(name)
        .dimensions(Object.fromEntries(Object.entries(dimensions).map(([key, value]) => [key, [value]])))
        .matchExact(true)
        .statistic(statistic)
        .label(legend),
    );
  }
  return panel;
}

/** Where a log group is, for queries over it. */
export interface LogPlace {
  region: string;
  /** Full name. */
  group: string;
  arn: string;
}

/**
 * Lines of log groups of one region, by a query of Logs Insights.
 * @param places at least one
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html
 */
export function logLines(title: string, places: LogPlace[], expression: string, description: string): PanelOf {
  return new LogsBuilder()
    .title(title)
    .description(description)
    .span(24)
    .height(9)
    .datasource(cloudWatch)
    .wrapLogMessage(true)
    .withTarget(
      new LogsQueryBuilder()
        .datasource(cloudWatch)
        .queryMode(QueryMode.Logs)
        .refId("A")
        .id("logs")
        .region(places[0]!.region)
        .expression(expression)
        .statsGroups([])
        .logGroups(places.map(({ arn, group }) => new LogGroupBuilder().arn(`${arn}:*`).name(group))),
    );
}

/** Lines that speak of a failure, newest first. */
export function failureLines(title: string, places: LogPlace[], more = ""): PanelOf {
  const query =
    "fields @timestamp, @message | filter @message like /(?i)(error|fatal|denied|failed)/ | sort @timestamp desc | limit 200";
  const groups = places.map(({ group }) => group).join(", ");
  return logLines(title, places, query, `Lines of ${groups} that speak of a failure, newest first.${more}`);
}
