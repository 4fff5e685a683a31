import { cores } from "../../lib/cores";
import type { RuleProblem } from "../problems";
import type { Settings } from "../settings";

/** A quota of tasks that is less than one of them: each would wait for ever. */
export function taskQuotaRules({ airflow }: Partial<Settings>): RuleProblem[] {
  if (airflow?.executor.kind !== "kubernetes") return [];
  const { taskQuota, workerCpu, workerMemoryMiB } = airflow;
  const refused = (key: "cpu" | "memoryGiB", of: "workerCpu" | "workerMemoryMiB", least: string, enough: string) => ({
    path: ["airflow", "taskQuota", key],
    value: taskQuota[key],
    allowed: `at least ${least}, which ${of} gives to one task: below it none ever starts`,
    remedy: `write ${key}: ${enough} for one task at a time, or more`,
    restsOn: [["airflow", of]],
  });
  return [
    ...(cores(taskQuota.cpu) < cores(workerCpu) ? [refused("cpu", "workerCpu", workerCpu, `"${workerCpu}"`)] : []),
    ...(taskQuota.memoryGiB * 1024 < workerMemoryMiB
      ? [refused("memoryGiB", "workerMemoryMiB", `${workerMemoryMiB} MiB`, `${Math.ceil(workerMemoryMiB / 1024)}`)]
      : []),
  ];
}
