import { createHash, randomUUID } from "node:crypto";
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

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

function contentOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Nothing of a file that no such lock has written. */
function parsed(text: string): Holder | undefined {
  try {
    return JSON.parse(text) as Holder;
  } catch {
    return undefined;
  }
}

/** A lock that was obtained, or the process that has it. */
export type LockAttempt = { release: () => void; staleFrom?: number } | { heldBy: number; host: string };

/**
 * Takes the lock `file` for this process. A lock whose process has ended is taken over, and its id returned as `staleFrom`.
 * Of several processes that do so at once one gets it: each file appears whole, by a link, and only one can be the heir of an ended process.
 */
export function tryLock(file: string): LockAttempt {
  mkdirSync(dirname(file), { recursive: true });
  const mine: Holder = { pid: process.pid, host: hostname(), startTicks: startTicksOf(process.pid) };
  const own = `${file}.${process.pid}-${randomUUID()}`;
  writeFileSync(own, JSON.stringify(mine));
  const release = () => rmSync(file, { force: true });
  try {
    for (;;) {
      if (linked(own, file)) return { release };
      const text = contentOf(file);
      if (text === undefined) continue; // Released just now.
      const found = parsed(text);
      if (found && isAlive(found)) return { heldBy: found.pid, host: found.host };
      const heirs = [heirFile(file, text)];
      let heir: Holder | undefined;
      while (!linked(own, heirs.at(-1)!)) {
        const before = contentOf(heirs.at(-1)!);
        if (before === undefined) continue;
        heir = parsed(before);
        if (heir && isAlive(heir)) return { heldBy: heir.pid, host: heir.host };
        heirs.push(heirFile(file, before)); // It ended before it had taken over.
      }
      // Whoever was an heir before has put its own lock in place before it gave that up.
      const inherited = contentOf(file) === text;
      if (inherited) renameSync(copyOf(own), file);
      for (const each of inherited ? heirs : heirs.slice(-1)) rmSync(each, { force: true });
      if (inherited) return { release, staleFrom: found?.pid ?? 0 };
    }
  } finally {
    rmSync(own, { force: true });
  }
}

/** Waits until this process has the lock, and returns what gives it back. @param told of who has it, each second */
export async function waitForLock(file: string, told: (holder: number) => void = () => undefined): Promise<() => void> {
  for (;;) {
    const attempt = tryLock(file);
    if ("release" in attempt) return attempt.release;
    told(attempt.heldBy);
    await sleep(1000);
  }
}

/** Where the process is written down that takes over from the one that wrote this. */
const heirFile = (file: string, text: string) =>
  `${file}.after-${createHash("sha256").update(text).digest("hex").slice(0, 16)}`;

function copyOf(own: string): string {
  linkSync(own, `${own}.taken`);
  return `${own}.taken`;
}

/** Whether `file` is now another name of `own`; false where there is one already. */
function linked(own: string, file: string): boolean {
  try {
    linkSync(own, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}
