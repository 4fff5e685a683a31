import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { EngineEvent } from "@pulumi/pulumi/automation/events";
import { OtherVersion } from "../simulator/otherVersion";
import type { Plan } from "../simulator/plan";
import { runStack } from "../simulator/run";
import { UsageError } from "../simulator/usageError";
import type { Change } from "./risk/lost";
import type { SimulatedRun } from "./simulatedPlan";

/**
 * Makes the stack as another version of this repository describes it, on a simulated account, and previews this version on top.
 * The other version runs whole, with its own stack file and its own simulated cloud.
 * @param ref commit, branch or tag
 * @throws UsageError where there is no such version, or it cannot be run
 */
export async function against(
  ref: string,
  { stack, configFile, overrides, progress }: SimulatedRun,
): Promise<{ name: string; plan: Plan; changes: Change[] }> {
  return OtherVersion.at(ref, async (version) => {
    progress.update(`${stack} as ${ref} has it`);
    const outDir = version.up(stack, overrides);
    const plan = JSON.parse(readFileSync(join(outDir, stack, "plan.json"), "utf8")) as Plan;
    const changes = new Map<string, Change>();
    progress.update(`${stack}: what changes`);
    const { result, error } = await runStack({
      command: "preview",
      ...{ stack, outDir, overrides, progress },
      ...(configFile === undefined ? {} : { configFile }),
      onEvent: ({ resourcePreEvent }: EngineEvent) => {
        const step = resourcePreEvent?.metadata;
        // Halves of a replacement are told beside it.
        if (step && !/-/.test(step.op)) changes.set(step.urn, { op: step.op, urn: step.urn });
      },
    });
    // A deletion that protection refuses is what a reader has to see, not a failure of the report.
    if (result === "failed" && !/protect/.test(error ?? ""))
      throw new UsageError(`The preview of ${stack} against ${ref} failed: ${error ?? ""}`);
    return { name: ref, plan, changes: [...changes.values()] };
  });
}
