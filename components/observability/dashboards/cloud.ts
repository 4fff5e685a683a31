import { databaseLimits, leastFreeBytes, mostConnections, type WatchedDatabase } from "../alarms/database";
import { cloudGraph, failureLines, type LogPlace, type Metric } from "./cloudWatch";
import { type Dashboard, dashboard, platformFolder, type ToolLinks, uids } from "./dashboard";

/** What CloudWatch knows of the stack. */
export interface CloudFacts {
  region: string;
  /** The stack's database server; absent where it has none on RDS. */
  database?: WatchedDatabase & { identifier: string };
  /** Log groups that Grafana may query. */
  logs: { title: string; places: LogPlace[] }[];
  /** Where failed runs of state machines are kept; absent where the stack has none. */
  failedRuns?: LogPlace;
  /** The stack's budget; absent where it has none, or where AWS keeps no metric of charges. */
  monthlyUsd?: number;
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
        panels: logs.map(({ title, places }) => failureLines(title, places)),
      },
    ],
  });
}

/** @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-metrics.html */
function databasePanels(
  region: string,
  { identifier, instanceClass, storageGiB }: NonNullable<CloudFacts["database"]>,
) {
  const of = (name: string, statistic: string, legend: string): Metric => ({
    namespace: "AWS/RDS",
    name,
    dimensions: { DBInstanceIdentifier: identifier },
    statistic,
    legend,
  });
  return [
    cloudGraph("CPU", "percent", region, [of("CPUUtilization", "Average", "CPU")], {
      max: 100,
      limit: databaseLimits.cpuPercent,
    }),
    cloudGraph("Disk that is free", "bytes", region, [of("FreeStorageSpace", "Minimum", "disk")], {
      limit: leastFreeBytes(storageGiB),
      limitIsLeast: true,
    }),
    cloudGraph("Memory that is free", "bytes", region, [of("FreeableMemory", "Minimum", "memory")]),
    cloudGraph("Connections", "none", region, [of("DatabaseConnections", "Maximum", "connections")], {
      limit: mostConnections(instanceClass),
    }),
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
