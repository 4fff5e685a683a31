import type { Diagnosis } from "./diagnosis";
import { Repair } from "./repair";
import { settings } from "./settings";

const lenient = settings.partial();
/** Each round repairs at least one place; misspelt keys can hide others. Beyond this the rest is dropped. */
const mostRounds = 12;

/** Finds everything that does not fit the schema, by repairing a copy until the rest can be read. */
export function diagnose(raw: Record<string, unknown>): Diagnosis {
  const repair = new Repair(structuredClone(raw));
  for (let round = 0; round < mostRounds; round++) {
    const result = lenient.safeParse(repair.value);
    if (result.success) return repair.diagnosis(result.data);
    // A misspelt key also leaves the right one missing, so names are put right before values are judged.
    const { issues } = result.error;
    const names = issues.filter(({ code }) => code === "unrecognized_keys" || code === "invalid_key");
    for (const issue of names.length > 0 ? names : issues) repair.take(issue);
    repair.sweep();
  }
  // Whatever still does not fit is left out section by section.
  for (const key of Object.keys(repair.value)) {
    const alone = lenient.safeParse({ [key]: repair.value[key] });
    if (!alone.success) repair.drop([key]);
  }
  const last = lenient.safeParse(repair.value);
  return repair.diagnosis(last.success ? last.data : {});
}
