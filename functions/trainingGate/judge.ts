import { asRecord } from "../event";
import type { Gate } from "./event";

/** Whether a candidate may go on. `workloads/mlplatform/src/mlplatform/training_gate.py` says the same in the same words. */
export interface Verdict {
  passed: boolean;
  /** A sentence for each rule that was broken, and for each that could not be judged. */
  reasons: string[];
}

type Measured = Record<string, unknown>;

/** A report names every feature; a message that names hundreds is not read. */
const mostNamed = 10;

/** Judges the report of an evaluation. What was not measured does not pass. */
export function judge(gate: Gate, report: unknown, checks: readonly string[] = []): Verdict {
  const { rows, candidate, champion, drift, drift_by_chance: chance, checks: answers } = asRecord(report);
  const reasons: string[] = [];
  if (!Number.isFinite(rows)) reasons.push("the report does not say how many rows it was measured on");
  else if ((rows as number) < 1) reasons.push("it was measured on no rows");

  const value = measured(candidate, gate.metric);
  if (value === undefined) reasons.push(`${gate.metric} was not measured`);
  else reasons.push(...broken(gate, value), ...notBetter(gate, value, champion));
  if (gate.maxDriftPsi !== undefined) reasons.push(...drifted(gate.maxDriftPsi, drift, chance));
  reasons.push(...failed(checks, answers));
  return { passed: reasons.length === 0, reasons };
}

/** Of each check that blocks why it failed. One that was not made did not pass. */
function failed(asked: readonly string[], answers: unknown): string[] {
  const known = Array.isArray(answers) ? answers.map(asRecord) : [];
  return asked
    .filter((check) => !check.split(",").includes("effect=warn"))
    .flatMap((check) => {
      const found = known.filter((each) => each.asked === check);
      if (found.length === 0) return [`the check ${check} was not made`];
      return found
        .filter(({ passed }) => passed !== true)
        .map(({ reason, name }) => String(reason || `${name} did not pass`));
    });
}

function broken({ metric, atLeast, atMost }: Gate, value: number): string[] {
  const reasons: string[] = [];
  if (atLeast !== undefined && value < atLeast)
    reasons.push(`${metric} is ${shown(value)}, at least ${shown(atLeast)} is asked`);
  if (atMost !== undefined && value > atMost)
    reasons.push(`${metric} is ${shown(value)}, at most ${shown(atMost)} is asked`);
  return reasons;
}

/** Where the gate does not say, less is better of a metric that only has an upper bound; of every other, more is. */
function lessIsBetter({ direction, atLeast, atMost }: Gate): boolean {
  return direction === undefined ? atMost !== undefined && atLeast === undefined : direction === "minimize";
}

function notBetter(gate: Gate, value: number, champion: unknown): string[] {
  const { metric, beatChampion } = gate;
  if (!beatChampion || champion === null) return [];
  if (champion === undefined) return ["the report does not say whether a version is live"];
  const live = measured(champion, metric);
  if (live === undefined) return [`${metric} of the live version was not measured on these rows, so it is not beaten`];
  const less = lessIsBetter(gate);
  if (less ? value < live : value > live) return [];
  const asked = less ? "less than" : "more than";
  return [`${metric} is ${shown(value)}, ${asked} ${shown(live)} is asked: the live version has that`];
}

/** What chance alone reaches with so few rows is no drift. */
function drifted(most: number, drift: unknown, chance: unknown): string[] {
  const features = Object.keys(asRecord(drift)).sort();
  if (features.length === 0) return ["drift was not measured"];
  const reasons: string[] = [];
  for (const feature of features) {
    const psi = measured(drift, feature);
    const allowed = Math.max(most, measured(chance, feature) ?? 0);
    if (psi === undefined) reasons.push(`drift of ${feature} was not measured`);
    else if (psi > allowed) reasons.push(`drift of ${feature} is ${shown(psi)}, at most ${shown(allowed)} is allowed`);
  }
  const rest = reasons.length - mostNamed;
  return rest > 0 ? [...reasons.slice(0, mostNamed), `and ${rest} more features like that`] : reasons;
}

function measured(metrics: unknown, name: string): number | undefined {
  const found = asRecord(metrics) as Measured;
  const value = Object.hasOwn(found, name) ? found[name] : undefined;
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

const shown = (value: number) => value.toFixed(4);
