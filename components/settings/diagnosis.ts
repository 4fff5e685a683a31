import type { z } from "zod";
import type { Path, RuleProblem } from "./problems";
import type { settings } from "./settings";

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
