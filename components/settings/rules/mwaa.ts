import { airflow as section } from "../airflow";
import type { RuleProblem } from "../problems";
import type { Settings } from "../settings";

/** What shapes Airflow in the cluster, and nothing of Amazon's. */
const ofCluster = [
  "image",
  "schedulers",
  "apiServers",
  "taskQuota",
  "workerCpu",
  "workerMemoryMiB",
  "historyDays",
] as const;
const byDefault = section.parse({});

/** What MWAA would not hear of. */
export function mwaaRules({ airflow }: Partial<Settings>): RuleProblem[] {
  if (airflow?.executor.kind !== "mwaa") return [];
  return ofCluster
    .filter((key) => JSON.stringify(airflow[key]) !== JSON.stringify(byDefault[key]))
    .map((key) => ({
      path: ["airflow", key],
      value: airflow[key],
      allowed: "only with the executor kubernetes or celery: MWAA decides this itself, by environmentClass",
      remedy: `leave ${key} out, or write executor: { kind: kubernetes }`,
      restsOn: [["airflow", "executor"]],
    }));
}
