import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EngineEvent } from "@pulumi/pulumi/automation/events";
import type { Plan } from "../simulator/plan";
import { projectDir } from "../simulator/project";
import { runStack } from "../simulator/run";
import { UsageError } from "../simulator/usageError";
import type { Change } from "./risk/lost";
import type { SimulatedRun } from "./simulatedPlan";

/** Ends with what went wrong, in one line that says whose it is. */
function command(name: string, args: string[], cwd: string, what: string): void {
  try {
    execFileSync(name, args, { cwd, stdio: ["ignore", "ignore", "pipe"] });
  } catch (error) {
    const { stderr } = error as { stderr?: Buffer };
    throw new UsageError(`${what}: ${stderr?.toString().trim().split("\n").at(-1) ?? String(error)}`);
  }
}

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
  const folder = mkdtempSync(join(tmpdir(), "mlplatform-against-"));
  const [tree, outDir] = [join(folder, "tree"), join(folder, "out")];
  try {
    command("git", ["worktree", "add", "--detach", tree, ref], projectDir, `--against ${ref}`);
    symlinkSync(join(projectDir, "node_modules"), join(tree, "node_modules"));
    progress.update(`${stack} as ${ref} has it`);
    const asked = overrides.flatMap((override) => ["--set", override]);
    const made = ["simulator/cli.ts", "up", "--stack", stack, "--out", outDir, "--json", ...asked];
    command(join(tree, "node_modules/.bin/tsx"), made, tree, `The simulated update of ${stack} at ${ref} failed`);
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
  } finally {
    execFileSync("git", ["worktree", "remove", "--force", tree], { cwd: projectDir, stdio: "ignore" });
    rmSync(folder, { recursive: true, force: true });
  }
}
