import type { z } from "zod";
import type { Path, RuleProblem } from "./problems";
import { Repair } from "./repair";
import { settings } from "./settings";

/** What the structural pass found, and the best guess at what was meant, for the rules to go on with. */
export interface Diagnosis {
  problems: RuleProblem[];
  /** Sections as far as they could be understood. */
  guess: Partial<z.output<typeof settings>>;
  /** Places whose value in `guess` is not what was written. */
  doubtful: Path[];
  /** A path in `guess`, in the words of whoever wrote the config: keys as they were misspelt. */
  asWritten: (path: Path) => Path;
}

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
