import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Plan } from "../simulator/plan";
import type { Progress } from "../simulator/progress";
import { runStack } from "../simulator/run";
import { UsageError } from "../simulator/usageError";

export interface SimulatedRun {
  stack: string;
  configFile?: string;
  overrides: readonly string[];
  progress: Progress;
  getTools?: () => Promise<void>;
}

/**
 * The plan of a stack as it is once it stands, from an empty simulated account that is gone afterwards: an update knows what a preview does not,
 * such as whom a policy names. Nothing real is asked or made.
 * @throws UsageError where the program cannot be run with these settings
 */
export async function simulatedPlan({
  stack,
  configFile,
  overrides,
  progress,
  getTools,
}: SimulatedRun): Promise<{ plan: Plan; warnings: string[] }> {
  const outDir = mkdtempSync(join(tmpdir(), "mlplatform-report-"));
  try {
    const { result, error, planFile, warnings } = await runStack({
      command: "up",
      ...{ stack, outDir, overrides, progress, recordsAtEnd: true },
      ...(configFile === undefined ? {} : { configFile }),
      ...(getTools === undefined ? {} : { getTools }),
    });
    if (result === "failed") throw new UsageError(`The simulated update of ${stack} failed: ${error ?? ""}`);
    return { plan: JSON.parse(readFileSync(planFile, "utf8")) as Plan, warnings };
  } finally {
    rmSync(outDir, { recursive: true, force: true });
  }
}
