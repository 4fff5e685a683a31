import { join } from "node:path";
import type { PulumiFn } from "@pulumi/pulumi/automation";
import { projectDir } from "./project";

/**
 * The program of a project, loaded when the engine calls it: its modules may read config, which exists only then.
 * @param outside what a program may ask of the world beside its engine.
 */
export function programOf(dir: string, outside: Record<string, unknown> = {}): PulumiFn {
  return async () => {
    const program = require(join(dir, "index.ts")) as (outside: Record<string, unknown>) => ReturnType<PulumiFn>;
    return program(outside);
  };
}

/**
 * Loads the modules of this project's program without running it. They read no config before they are called, so that this
 * can be done before the engine starts, which waits 10 seconds for providers and 20 for the program to answer, and on a busy machine this process
 * loads for longer and answers nothing meanwhile. What is wrong with them is told when they are called.
 */
export function loadAhead(dir: string): void {
  if (dir !== projectDir) return;
  try {
    require(join(dir, "index.ts"));
  } catch {
    // Loading it again, for the engine, fails again, and is reported as the program's failure.
  }
}
