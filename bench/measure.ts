import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";

/** What a process cost, with everything it started. */
export interface Cost {
  seconds: number;
  /** Highest sum of resident memory over the process tree, sampled; shared pages count in each process. */
  peakMiB: number;
  stdout: string;
}

const sampleMillis = 50;

function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number);
  } catch {
    return []; // Ended between two looks, or no Linux.
  }
}

function residentKiB(pid: number): number {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

function treeKiB(pid: number): number {
  return childrenOf(pid).reduce((sum, child) => sum + treeKiB(child), residentKiB(pid));
}

/**
 * Runs a Node script to its end and measures it.
 * @throws Error with its output when it fails.
 */
export function measure(script: string, args: string[], cwd: string): Promise<Cost> {
  const started = performance.now();
  const child = spawn(process.execPath, ["--import", "tsx", script, ...args], {
    cwd,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  let peakKiB = 0;
  child.stdout.on("data", (chunk) => {
    stdout += chunk;
  });
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
  });
  const sampler = setInterval(() => {
    peakKiB = Math.max(peakKiB, treeKiB(child.pid!));
  }, sampleMillis);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      clearInterval(sampler);
      const seconds = (performance.now() - started) / 1000;
      if (code === 0) resolve({ seconds, peakMiB: peakKiB / 1024, stdout });
      else reject(new Error(`${script} ${args.join(" ")} ended with ${code}:\n${stderr}${stdout}`));
    });
  });
}

/** The middle of the values, which one slow run does not move. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
