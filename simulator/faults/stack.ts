import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Account } from "../cloud/account";
import { findEngine } from "../engine";
import { silentProgress } from "../progress";
import { projectDir } from "../project";
import { runStack } from "../run";
import { type Command, type RunOptions, type RunResult, readRunConfig } from "../runOptions";
import { readProject } from "../stackConfig";
import { StackHome, type StateResource } from "../stackHome";
import { disagreements } from "./records";
import { failingOnce, type Phase } from "./sweep";

/** A stack, and what is asked of it first and then. */
export interface Swept {
  stack: string;
  /** Folder with Pulumi.yaml and index.ts. Default: this project. */
  project?: string;
  /** Stack file in place of `Pulumi.<stack>.yaml`. */
  configFile?: string;
  /** `path=value` of settings that hold from the start. */
  overrides: readonly string[];
  /** `path=value` of settings that change as much as possible in place. */
  changes: readonly string[];
  onPhase?: (phase: Phase) => void;
  /** Hears of each run that failed as it was told, and of how many types have by then. */
  onRun?: (runs: number, types: number) => void;
}

const idsOf = (recorded: readonly StateResource[]) =>
  new Map(recorded.flatMap(({ urn, id, custom }) => (custom ? [[urn, id] as const] : [])));

/**
 * Makes, changes and destroys a stack in an account of its own, while the first operation on each type fails.
 * @throws with what does not heal, is lost, made twice or left over
 */
export async function sweepStack(swept: Swept): Promise<Phase[]> {
  const { stack, project = projectDir, configFile, overrides, changes, onPhase, onRun } = swept;
  // What is wrong with the change is said before the first run, not after the first of three sweeps.
  readRunConfig({
    command: "preview",
    stack,
    project,
    overrides: [...overrides, ...changes],
    ...(configFile === undefined ? {} : { configFile }),
  });
  const outDir = mkdtempSync(join(tmpdir(), "faults-"));
  const home = new StackHome(readProject(project), stack, outDir);
  let settings = overrides;
  const engine = await findEngine(silentProgress); // Once, since each look asks it for its version.
  const run = (command: Command, options: Partial<RunOptions> = {}): Promise<RunResult> =>
    runStack({
      command,
      stack,
      project,
      outDir,
      engine,
      overrides: settings,
      ...(configFile ? { configFile } : {}),
      ...options,
    });
  const recorded = () => home.deployment().resources ?? [];
  const phases: Phase[] = [];

  const agree = (when: string, kept: readonly StateResource[] = []) => {
    const account = new Account(home.cloudFile);
    const found = disagreements([...recorded(), ...kept], account.all());
    account.close();
    if (found.length > 0) throw new Error(`${when}:\n${found.join("\n")}`);
  };
  const settled = async (when: string) => {
    agree(when);
    const { changes: planned, error } = await run("preview");
    const { create, update, replace, delete: deleted } = planned;
    if (error !== undefined || create + update + replace + deleted > 0)
      throw new Error(`${when} a preview shows ${JSON.stringify(planned)} ${error ?? ""}`);
  };
  const phase = async (...of: [command: "up" | "destroy", kind: Phase["kind"]]) => {
    const done = await failingOnce(run, ...of, onRun);
    phases.push(done);
    onPhase?.(done);
  };

  try {
    await phase("up", "create");
    await settled("after the first runs");
    const before = idsOf(recorded());
    settings = [...overrides, ...changes];
    await phase("up", "update");
    await settled("after the changes");
    const after = idsOf(recorded());
    const others = [...before].filter(([urn, id]) => after.get(urn) !== id);
    if (others.length > 0)
      throw new Error(`changed in place, and yet made anew: ${others.map(([urn]) => urn).join(", ")}`);
    const kept = recorded().filter(({ retainOnDelete }) => retainOnDelete === true);
    await phase("destroy", "delete");
    agree("after the end", kept);
    return phases;
  } finally {
    rmSync(outDir, { recursive: true, force: true });
  }
}
