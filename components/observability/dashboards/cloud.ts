import { cloudGraph, type LogPlace, logLines, type Metric } from "./cloudWatch";
import { type Dashboard, dashboard, platformFolder, type ToolLinks, uids } from "./dashboard";

/** What CloudWatch knows of the stack. */
export interface CloudFacts {
  region: string;
  /** Identifier of the stack's database server; absent where it has none on RDS. */
  database?: string;
  /** Log groups that Grafana may query. */
  logs: { title: string; place: LogPlace }[];
}

/** Managed parts of AWS: the database, and the logs that CloudWatch keeps. */
export function cloudDashboard({ region, database, logs }: CloudFacts, links: ToolLinks): Dashboard {
  return dashboard({
    name: "cloud",
    uid: uids.cloud,
    folder: platformFolder,
    title: "AWS",
    description: "Metrics and logs of CloudWatch. Each query of logs is billed by what it reads: keep the time short.",
    from: "now-1h",
    links,
    rows: [
      { title: "Database", panels: database === undefined ? [] : databasePanels(region, database) },
      {
        title: "Logs",
        panels: logs.map(({ title, place }) =>
          logLines(
            title,
            place,
            "fields @timestamp, @message | filter @message like /(?i)(error|fatal|denied|failed)/ | sort @timestamp desc | limit 200",
            `Lines of ${place.group} that speak of a failure, newest first.`,
          ),
        ),
      },
    ],
  });
}

/** @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-metrics.html */
function databasePanels(region: string, identifier: string) {
  const of = (name: string, statistic: string, legend: string): Metric => ({
    namespace: "AWS/RDS",
    name,
    dimensions: { DBInstanceIdentifier: identifier },
    statistic,
    legend,
  });
  return [
    cloudGraph("CPU", "percent", region, [of("CPUUtilization", "Average", "CPU")], { max: 100, limit: 85 }),
    cloudGraph("Memory and disk that are free", "bytes", region, [
      of("FreeableMemory", "Minimum", "memory"),
      of("FreeStorageSpace", "Minimum", "disk"),
    ]),
    cloudGraph("Connections", "none", region, [of("DatabaseConnections", "Maximum", "connections")]),
    cloudGraph("Latency of the disk", "s", region, [
      of("ReadLatency", "Average", "read"),
      of("WriteLatency", "Average", "write"),
    ]),
    cloudGraph("Operations of the disk", "iops", region, [
      of("ReadIOPS", "Average", "read"),
      of("WriteIOPS", "Average", "write"),
    ]),
    cloudGraph("Credits left", "none", region, [
      of("CPUCreditBalance", "Minimum", "CPU"),
      of("BurstBalance", "Minimum", "disk, percent"),
    ]),
  ];
}
