import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";

export const projectFolder = join(__dirname, "..");

/** Port of each address that somebody else may hold, counted from the first. */
const offsets = {
  airflow: 80,
  mlflow: 50,
  jupyterhub: 0,
  hubProxyApi: 1,
  hub: 2,
  prometheus: 90,
  model: 8,
  postgres: 32,
  store: 33,
  kubernetes: 43,
  releases: 91,
  drift: 92,
  statsd: 25,
  statsdScrape: 26,
  triggerer: 94,
} as const;

export type Address = keyof typeof offsets;
export type Ports = Record<Address, number>;

export const defaultFirstPort = 18000;

export function ports(first: number): Ports {
  return Object.fromEntries(Object.entries(offsets).map(([name, offset]) => [name, first + offset])) as Ports;
}

/** Samples arrive within seconds, and the monitor looks as often: what takes a day on a platform takes a minute here. */
export const patience = { scrapeSeconds: 5, alertSeconds: 5, driftHours: 0.004, releaseSeconds: 1 };

/** The local stack of this repository, watched for drift; what it has on this machine only is written here. */
export function stackConfig(kubeconfig: string, dagRepository: string): Record<string, Record<string, unknown>> {
  const { config } = parse(readFileSync(join(projectFolder, "Pulumi.local.yaml"), "utf8"));
  // Nothing is published here; then each tool has a password of its own, made at the first start.
  delete config["mlplatform:access"];
  Object.assign(config["mlplatform:foundation"], { context: "demo", kubeconfig });
  Object.assign(config["mlplatform:airflow"], { dags: { kind: "git", repository: dagRepository, path: "." } });
  Object.assign(config["mlplatform:monitoring"], { scrapeSeconds: patience.scrapeSeconds });
  Object.assign(config["mlplatform:models"].churn, {
    canary: { percent: 20, bakeMinutes: 1 },
    drift: { everyHours: 1, maxPsi: 0.2, samplePercent: 100 },
    objectives: { p99Millis: 2000, errorRatePercent: 1 },
  });
  return config;
}
