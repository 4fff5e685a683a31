import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { dirname } from "node:path";

/** Who holds a lock. `startTicks` tells a living process from a later one that was given the same id. */
interface Holder {
  pid: number;
  host: string;
  startTicks?: string;
}

/** Start time of a process in clock ticks since boot, where the system tells (Linux). */
function startTicksOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The command name, in parentheses, may itself hold spaces: field 22 counts from after it.
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined;
  }
}

/** Whether a process with this id exists on this machine, whoever owns it. */
export function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function isAlive(holder: Holder): boolean {
  if (holder.host !== hostname()) return true; // Unknowable from here; never take another machine's lock away.
  if (!processExists(holder.pid)) return false;
  return holder.startTicks === undefined || holder.startTicks === startTicksOf(holder.pid);
}

function holderOf(file: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Holder;
  } catch {
    return undefined;
  }
}

/** A lock that was obtained, or the process that has it. */
export type LockAttempt = { release: () => void; staleFrom?: number } | { heldBy: number; host: string };

/** Takes the lock `file` for this process. A lock whose process has ended is taken over, and its id returned as `staleFrom`. */
export function tryLock(file: string): LockAttempt {
  mkdirSync(dirname(file), { recursive: true });
  const mine: Holder = { pid: process.pid, host: hostname(), startTicks: startTicksOf(process.pid) };
  let staleFrom: number | undefined;
  for (;;) {
    try {
      writeFileSync(file, JSON.stringify(mine), { flag: "wx" });
      return { release: () => rmSync(file, { force: true }), ...(staleFrom === undefined ? {} : { staleFrom }) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const holder = holderOf(file);
    if (holder && isAlive(holder)) return { heldBy: holder.pid, host: holder.host };
    staleFrom = holder?.pid ?? 0;
    rmSync(file, { force: true });
  }
}
