import { RunError } from "@pulumi/pulumi";

/** One thing that is wrong with the stack config, as it is shown. */
export interface Problem {
  /** Where, such as `foundation.network.cidr` or `foundation.cluster.nodeGroups.gpu.instanceTypes[0]`. */
  path: string;
  /** What stands there, as text; secrets are masked already. `(missing)` when nothing does. */
  value: string;
  /** What may stand there. */
  allowed: string;
  /** What to do about it, ready to be typed where that can be known. */
  remedy: string;
}

/** Steps from the top of the settings down to a value: keys, and positions in lists. */
export type Path = readonly (string | number)[];

/** A problem as a rule finds it. */
export interface RuleProblem {
  path: Path;
  /** What stands there; `undefined` when nothing does. */
  value: unknown;
  allowed: string;
  remedy: string;
  /** Other places the verdict rests on. Where one of them is wrong itself, the verdict is not passed. */
  restsOn?: readonly Path[];
}

/** A path the way a person would write it: `a.b[0]["odd key"]`. */
export function pathText(path: Path): string {
  let text = "";
  for (const step of path) {
    if (typeof step === "number") text += `[${step}]`;
    else if (/^[A-Za-z_][\w-]*$/.test(step)) text += text === "" ? step : `.${step}`;
    else text += `[${JSON.stringify(step)}]`;
  }
  return text === "" ? "(top)" : text;
}

/** A value as one short line. */
export function valueText(value: unknown): string {
  if (value === undefined) return "(missing)";
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

/** Everything that is wrong with the stack config, at once. The engine prints its message without a stack trace. */
export class SettingsProblems extends RunError {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[], stackName?: string) {
    super(message(problems, stackName));
    this.name = "SettingsProblems";
    this.problems = problems;
  }
}

function message(problems: readonly Problem[], stackName?: string): string {
  const where = stackName === undefined ? "the stack config" : `Pulumi.${stackName}.yaml`;
  const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
  const entries = problems.map((problem) =>
    [
      `  ${problem.path}`,
      `    value    ${problem.value}`,
      `    allowed  ${problem.allowed}`,
      `    remedy   ${problem.remedy}`,
    ].join("\n"),
  );
  return `${count} in ${where}; nothing was changed.\n\n${entries.join("\n\n")}\n`;
}
