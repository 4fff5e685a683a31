import { setTimeout as sleep } from "node:timers/promises";
import { Act, type Check } from "./check";
import type { Cluster } from "./cluster";
import { Fault, NotChecked } from "./fault";
import type { Outputs } from "./outputs";

export type Result = "passed" | "failed" | "not checked";

/** What became of one check. */
export interface Outcome {
  piece: Check["piece"];
  name: string;
  result: Result;
  seconds: number;
  /** What was seen, why it failed, or why it was not checked. */
  detail: string;
  measured?: Record<string, number>;
  /** Page that helps; where it failed. */
  where?: string;
  /** What could not be removed, with reasons. */
  left?: string[];
}

export interface RunArgs {
  checks: readonly Check[];
  outputs: Outputs;
  cluster: Cluster;
  /** Ends the check that runs and all that follow; what was made is removed all the same. */
  interrupted: AbortSignal;
  /** Told before a check, and while it lasts. */
  update(text: string): void;
  /** Told after each. */
  ended(outcome: Outcome): void;
}

/** One check after the other, since each would see the others' load. */
export async function runChecks({ checks, interrupted, update, ended, ...around }: RunArgs): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const [at, check] of checks.entries()) {
    if (interrupted.aborted) break;
    const title = `[${at + 1}/${checks.length}] ${check.piece}: ${check.name}`;
    update(title);
    const say = (text: string) => update(`${title} – ${text}`);
    const outcome = await runCheck(check, { ...around, interrupted, say });
    outcomes.push(outcome);
    ended(outcome);
  }
  return outcomes;
}

/** What is under way when a check is stopped has so long to come to its end: what it makes is then known, and removed. */
const graceSeconds = 5;

/** @throws the signal's reason where the check does not end by itself. */
async function orStopped<T>(running: Promise<T>, signal: AbortSignal): Promise<T> {
  const stopped = new Promise<never>((_, reject) => {
    const stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
  try {
    return await Promise.race([running, stopped]);
  } catch (error) {
    if (signal.aborted) await Promise.race([running.catch(() => undefined), sleep(graceSeconds * 1000)]);
    throw error;
  }
}

async function runCheck(
  check: Check,
  { outputs, cluster, interrupted, say }: Omit<RunArgs, "checks" | "update" | "ended"> & { say(text: string): void },
): Promise<Outcome> {
  const { piece, name, limitSeconds, where } = check;
  const begun = performance.now();
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), limitSeconds * 1000);
  const signal = AbortSignal.any([interrupted, late.signal]);
  const act = new Act(outputs, cluster, limitSeconds, signal, say);
  let outcome: Pick<Outcome, "result" | "detail" | "measured" | "where">;
  try {
    outcome = { result: "passed", ...(await orStopped(check.run(act), signal)) };
  } catch (error) {
    if (error instanceof NotChecked) outcome = { result: "not checked", detail: error.message };
    else if (interrupted.aborted) outcome = { result: "not checked", detail: "it was interrupted" };
    else if (late.signal.aborted)
      outcome = { result: "failed", detail: `it did not end within ${limitSeconds} s`, where };
    else if (error instanceof Fault) outcome = { result: "failed", detail: error.message, where };
    else outcome = { result: "failed", detail: `the check itself failed: ${(error as Error).stack ?? error}`, where };
  }
  clearTimeout(timer);
  say("removing what was made");
  const left = await act.tidy();
  const seconds = Math.round((performance.now() - begun) / 100) / 10;
  if (left.length === 0) return { piece, name, seconds, ...outcome };
  return { piece, name, seconds, ...outcome, result: "failed", where, left };
}
