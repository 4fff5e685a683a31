import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { projectDir } from "../simulator/project";
import { UsageError } from "../simulator/usageError";

interface Exported {
  deployment?: { resources?: { type: string; custom?: boolean }[] };
}

/** How many resources a stack still has, by what `pulumi stack export` printed. */
export function standing(exported: string): number {
  const { deployment } = JSON.parse(exported) as Exported;
  return (deployment?.resources ?? []).filter(({ type, custom }) => custom === true && !type.startsWith("pulumi:"))
    .length;
}

/**
 * Refuses a stack that has not been destroyed. One that was removed from its state (`pulumi stack rm`) has nothing.
 * @throws UsageError also where the state cannot be read
 */
export async function refuseStanding(stack: string): Promise<void> {
  const pulumi = join(projectDir, "node_modules", ".bin", "pulumi");
  let count: number;
  try {
    const args = ["stack", "export", "--non-interactive", "--stack", stack];
    const { stdout } = await promisify(execFile)(pulumi, args, { cwd: projectDir, maxBuffer: 256 * 1024 * 1024 });
    count = standing(stdout);
  } catch (error) {
    const { stderr, message } = error as { stderr?: string; message: string };
    const why = (stderr || message).trim();
    if (/no stack named/.test(why)) return;
    throw new UsageError(
      `Whether ${stack} was destroyed cannot be told: ${why}\nLog in where its state is (npx pulumi login), and run again.`,
    );
  }
  if (count > 0)
    throw new UsageError(
      `Stack ${stack} still has ${count} resources: what it has is no leftover. Destroy it first (npx pulumi destroy -s ${stack}).`,
    );
}
