import type { Outcome, Result } from "./runner";

const marks: Record<Result, string> = { passed: "✓", failed: "✗", "not checked": "–" };

const count = (outcomes: Outcome[], result: Result) => outcomes.filter((each) => each.result === result).length;

/** One line for each check, and beneath what failed where to look. */
export function line({ piece, name, result, seconds, detail, where, left = [] }: Outcome): string {
  const told = `${marks[result]} ${piece.padEnd(10)}  ${name.padEnd(54)} ${`${seconds.toFixed(1)} s`.padStart(8)}`;
  const said = result === "not checked" ? `not checked: ${detail}` : detail;
  const beneath = [
    ...(result === "failed" ? [`look at ${where}`] : []),
    ...left.map((each) => `left behind: ${each}`),
  ].map((text) => `      ${text}`);
  return [`  ${told}  ${said}`, ...beneath].join("\n");
}

/** The last line: how many of each. */
export function summary(outcomes: Outcome[], seconds: number): string {
  const counted = `${count(outcomes, "passed")} passed, ${count(outcomes, "failed")} failed, ${count(outcomes, "not checked")} not checked`;
  return `${counted}, in ${Math.round(seconds)} s`;
}

/** The whole, for machines. */
export function report(stack: string, clusterName: string, outcomes: Outcome[], seconds: number, interrupted: boolean) {
  return {
    stack,
    cluster: clusterName,
    ok: !interrupted && count(outcomes, "failed") === 0,
    ...(interrupted ? { interrupted } : {}),
    passed: count(outcomes, "passed"),
    failed: count(outcomes, "failed"),
    notChecked: count(outcomes, "not checked"),
    seconds: Math.round(seconds),
    checks: outcomes,
  };
}
