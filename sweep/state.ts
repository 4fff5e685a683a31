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

/** Runs Pulumi, and gives what it prints. */
export type Pulumi = (...args: string[]) => Promise<string>;

/** The Pulumi of this project, as its user is logged in. */
export const pulumiCli: Pulumi = async (...args) => {
  const pulumi = join(projectDir, "node_modules", ".bin", "pulumi");
  const { stdout } = await promisify(execFile)(pulumi, args, { cwd: projectDir, maxBuffer: 256 * 1024 * 1024 });
  return stdout;
};

/**
 * Whether the state says that the stack was destroyed. One without a state is not known to be: its state may be where Pulumi is not logged
 * in. Neither is one that was made and never destroyed, whose state is as empty.
 * @throws UsageError where it still has resources, and where its state cannot be read
 */
export async function wasDestroyed(stack: string, pulumi: Pulumi = pulumiCli): Promise<boolean> {
  const which = ["--non-interactive", "--stack", stack];
  let count: number;
  let history: { kind: string; result: string }[];
  try {
    count = standing(await pulumi("stack", "export", ...which));
    history = JSON.parse(await pulumi("stack", "history", "--json", ...which));
  } catch (error) {
    const { stderr, message } = error as { stderr?: string; message: string };
    const why = (stderr || message).trim();
    if (/no stack named/.test(why)) return false;
    throw new UsageError(
      `Whether ${stack} was destroyed cannot be told: ${why}\nLog in where its state is (npx pulumi login), and run again.`,
    );
  }
  if (count > 0)
    throw new UsageError(
      `Stack ${stack} still has ${count} resources: what it has is no leftover. Destroy it first (npx pulumi destroy -s ${stack}).`,
    );
  return history.some(({ kind, result }) => kind === "destroy" && result === "succeeded");
}

/** @throws UsageError where neither the state nor a person says that the stack was destroyed */
export function refuseUnknown(stack: string, { destroyed, said }: { destroyed: boolean; said: boolean }): void {
  if (destroyed || said) return;
  throw new UsageError(
    `Nothing was deleted. Where Pulumi is logged in (npx pulumi whoami -v) no state says that ${stack} was destroyed: it may run, with its state elsewhere. Log in there (npx pulumi login) and run again. If you know that it was destroyed: make sweep STACK=${stack} YES=1 DESTROYED=1`,
  );
}
