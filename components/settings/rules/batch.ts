import type { BatchSettings } from "../batch";
import { kubernetesSchedule } from "../kubernetesSchedule";
import type { Path, RuleProblem } from "../problems";

/** Folders of the platform's bucket that scoring writes to: results, and notes of what was scored, beside them. */
const written = ["predictions"];

/** Batch scoring that never starts, starts when Kubernetes cannot, or feeds on its own results. */
export function batchProblems(model: string, batch: BatchSettings | undefined, path: Path): RuleProblem[] {
  if (batch === undefined) return [];
  const problems: RuleProblem[] = [];
  if (batch.schedule === undefined && batch.onNewData === undefined) {
    problems.push({
      path,
      value: {},
      allowed: "a schedule, or onNewData, or both",
      remedy: "add batch.schedule, for example schedule: cron(0 3 ? * SUN *)",
    });
  }
  if (batch.with === "kubernetes" && batch.schedule !== undefined) {
    const translated = kubernetesSchedule(batch.schedule);
    if ("fault" in translated) {
      problems.push({
        path: [...path, "schedule"],
        value: batch.schedule,
        allowed: `schedules that Kubernetes knows too; this is ${translated.fault}`,
        remedy: translated.remedy,
        restsOn: [[...path, "with"]],
      });
    }
  }
  if (batch.input !== undefined && batch.schedule === undefined) {
    problems.push({
      path: [...path, "input"],
      value: batch.input,
      allowed: "only with schedule: new objects are looked for below onNewData",
      remedy: "add schedule, or leave input out",
      restsOn: [[...path, "schedule"]],
    });
  }
  for (const key of ["input", "onNewData"] as const) {
    const prefix = batch[key];
    if (prefix === undefined || !written.includes(prefix.split("/")[0] ?? "")) continue;
    problems.push({
      path: [...path, key],
      value: prefix,
      allowed: `a prefix outside ${written.map((folder) => `${folder}/`).join(" and ")}, where scoring writes`,
      remedy: `write ${key}: incoming/${model}/`,
    });
  }
  return problems;
}
