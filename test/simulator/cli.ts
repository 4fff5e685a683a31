import { spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RunResult } from "../../simulator/runOptions";

const projectDir = join(__dirname, "..", "..");

export const fixture = join(__dirname, "fixture");

/** What the command left behind. */
export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  /** The object on the last line of stdout, where that is JSON. */
  json: (Omit<RunResult, "planFile" | "operations"> & Record<string, unknown>) | undefined;
}

/** A fresh folder for everything that runs write. */
export function freshOut(): string {
  return mkdtempSync(join(tmpdir(), "simulator-"));
}

function lastLine(stdout: string): Ended["json"] {
  try {
    return JSON.parse(stdout.trimEnd().split("\n").at(-1)!);
  } catch {
    return undefined;
  }
}

/** Runs the command as a user would. `interruptWhen` sends SIGINT once stderr contains a text. */
export function sim(args: string[], options: { env?: NodeJS.ProcessEnv; interruptWhen?: string } = {}): Promise<Ended> {
  const child = spawn(process.execPath, ["--import", "tsx", join(projectDir, "simulator", "cli.ts"), ...args], {
    cwd: projectDir,
    env: { ...process.env, ...options.env },
  });
  let stdout = "";
  let stderr = "";
  let interrupted = false;
  child.stdout.on("data", (chunk) => {
    stdout += chunk;
  });
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
    if (options.interruptWhen && !interrupted && stderr.includes(options.interruptWhen)) {
      interrupted = true;
      child.kill("SIGINT");
    }
  });
  return new Promise((resolve) => {
    child.on("close", (code, signal) => resolve({ code, signal, stdout, stderr, json: lastLine(stdout) }));
  });
}
