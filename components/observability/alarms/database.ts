import type { CloudAlarm } from "./alarm";

/** A PostgreSQL server on RDS. */
export interface WatchedDatabase {
  /** Such as `db.t4g.medium`. */
  instanceClass: string;
  /** What it began with; it grows by itself. */
  storageGiB: number;
}

/** Beyond these for long, it is too small. Panels draw them too. */
export const databaseLimits = { cpuPercent: 90, connectionsShare: 0.8 };

/** RDS adds storage when less than a tenth is free: below this it did not, since it may not or could not. */
const leastFreeShare = 0.08;
const gib = 1024 ** 3;

/** Memory of the size `large` by the first letter of a family, GiB. https://aws.amazon.com/rds/instance-types/ */
const largeGiB: Record<string, number> = { t: 8, m: 8, r: 16, x: 32 };

/** Memory of an instance class, GiB. @throws for a class that is none of PostgreSQL's. */
export function databaseMemoryGiB(instanceClass: string): number {
  const [, family = "", size = ""] = instanceClass.split(".");
  const large = largeGiB[family.charAt(0)];
  const times: Record<string, number> = { micro: 1 / 8, small: 1 / 4, medium: 1 / 2, large: 1, xlarge: 2 };
  const factor = times[size] ?? 2 * Number(/^(\d+)xlarge$/.exec(size)?.[1]);
  if (large === undefined || Number.isNaN(factor)) throw new Error(`${instanceClass} is no class of RDS PostgreSQL`);
  return large * factor;
}

/**
 * How many connections a server takes, by the default of RDS: one for each 9531392 bytes, at most 5000.
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Limits.html#RDS_Limits.MaxConnections
 */
export function databaseConnections(instanceClass: string): number {
  return Math.min(Math.floor((databaseMemoryGiB(instanceClass) * gib) / 9_531_392), 5000);
}

/** Connections above which somebody is told. */
export function mostConnections(instanceClass: string): number {
  return Math.floor(databaseConnections(instanceClass) * databaseLimits.connectionsShare);
}

/** Free storage in bytes below which somebody is told. */
export function leastFreeBytes(storageGiB: number): number {
  return Math.round(storageGiB * leastFreeShare * gib);
}

/**
 * Alarms of the database server: what ends in an outage, early enough to do something.
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-metrics.html
 */
export function databaseAlarms({ instanceClass, storageGiB }: WatchedDatabase): CloudAlarm[] {
  const most = databaseConnections(instanceClass);
  const common = {
    namespace: "AWS/RDS",
    periodSeconds: 300,
    periods: 3,
  };
  return [
    {
      ...common,
      key: "storage",
      runbook: "DatabaseStorageLow",
      description: `Less than ${leastFreeBytes(storageGiB) / gib} GiB of the database's storage are free, and it does not grow: when it is full nothing is written any more.`,
      metricNames: ["FreeStorageSpace"],
      statistic: "Minimum",
      comparison: "LessThanThreshold",
      threshold: leastFreeBytes(storageGiB),
    },
    {
      ...common,
      key: "cpu",
      runbook: "DatabaseCpuHigh",
      description: `The database's CPU is busier than ${databaseLimits.cpuPercent} % for a quarter of an hour: every tool gets slow.`,
      metricNames: ["CPUUtilization"],
      statistic: "Average",
      comparison: "GreaterThanThreshold",
      threshold: databaseLimits.cpuPercent,
    },
    {
      ...common,
      key: "connections",
      runbook: "DatabaseConnectionsHigh",
      description: `The database has more than ${databaseLimits.connectionsShare * 100} % of the ${most} connections that it takes: soon it refuses some.`,
      metricNames: ["DatabaseConnections"],
      statistic: "Maximum",
      comparison: "GreaterThanThreshold",
      threshold: mostConnections(instanceClass),
    },
  ];
}
