import { diagnose } from "./diagnose";
import type { Diagnosis } from "./diagnosis";
import { invisibleProblems } from "./invisible";
import { type Path, type Problem, pathText, type RuleProblem, SettingsProblems, valueText } from "./problems";
import { readable } from "./reading";
import { nameInStackProblems } from "./rules/namesInStack";
import { rules } from "./rules/rules";
import { stackNameProblems } from "./rules/stackName";
import { isBlock } from "./schemaTree";
import { masked, redacted, secretProblems } from "./secrets";
import { type Settings, sectionNames, settings } from "./settings";

/** What parsing may know beside the config itself. */
export interface ParseContext {
  /** Name of the stack: for messages, and checked itself, since resources are named after it. */
  stackName?: string;
  /** Problems found while the config was read. What they name is not looked at again. */
  found?: readonly RuleProblem[];
}

/**
 * Turns raw stack config (an object of sections) into settings with every default filled in.
 * @throws SettingsProblems with every problem found, not only the first.
 */
export function parseSettings(written: unknown, context: ParseContext = {}): Settings {
  const raw = readable(written);
  if (!isBlock(raw)) {
    throw new SettingsProblems(
      [
        {
          path: pathText([]),
          value: valueText(redacted(raw)),
          allowed: "a map of sections",
          remedy: "write foundation: { kind: aws, region: eu-west-1 }",
        },
      ],
      context.stackName,
    );
  }
  const found = [...(context.found ?? []), ...secretProblems(raw), ...invisibleProblems(raw)];
  const result = settings.safeParse(raw);
  const diagnosis: Diagnosis = result.success
    ? { problems: [], guess: result.data, doubtful: [], asWritten: (path) => path }
    : diagnose(raw);
  if (!result.success && raw.foundation === undefined && !found.some(({ path }) => path[0] === "foundation")) {
    found.push({
      path: ["foundation"],
      value: undefined,
      allowed: "a block: aws, or existing cluster",
      remedy: "add foundation: { kind: aws, region: eu-west-1 }, or { kind: existing, context: kind-mlplatform }",
    });
  }

  const problems = [...found];
  for (const problem of diagnosis.problems) if (!covered(problem.path, found)) problems.push(problem);
  const doubtful = [...diagnosis.doubtful, ...found.map(({ path }) => path)];
  const verdicts = rules
    .flatMap((rule) => rule(diagnosis.guess))
    .filter(
      ({ path, restsOn = [] }) => ![path, ...restsOn].some((place) => doubtful.some((other) => overlap(place, other))),
    );
  for (const verdict of verdicts) {
    if (!restsOnAnother(verdict, verdicts)) problems.push({ ...verdict, path: diagnosis.asWritten(verdict.path) });
  }
  const all = [
    ...stackNameProblems(context.stackName, diagnosis.guess),
    ...nameInStackProblems(context.stackName, diagnosis.guess),
    ...unique(inOrder(problems).map(shown)),
  ];
  if (all.length > 0) throw new SettingsProblems(all, context.stackName);
  if (!result.success) throw new SettingsProblems([shown(unexplained)], context.stackName);
  return result.data;
}

/** Stands in should the schema refuse something that the diagnosis cannot name. */
const unexplained: RuleProblem = {
  path: [],
  value: undefined,
  allowed: "what docs/settings.md describes",
  remedy: "compare the stack file with docs/settings.schema.json in an editor",
};

/** Problems in the order of the reference, section by section. */
function inOrder(problems: readonly RuleProblem[]): RuleProblem[] {
  const rank = ({ path }: RuleProblem) => (sectionNames as readonly (string | number | undefined)[]).indexOf(path[0]);
  return problems.toSorted((a, b) => rank(a) - rank(b) || pathText(a.path).localeCompare(pathText(b.path), "en"));
}

function shown(problem: RuleProblem): Problem {
  return {
    path: masked(pathText(problem.path)),
    value: valueText(redacted(problem.value, problem.path)),
    allowed: masked(problem.allowed),
    remedy: masked(problem.remedy),
  };
}

function unique(problems: readonly Problem[]): Problem[] {
  const seen = new Set<string>();
  return problems.filter(({ path, allowed }) => {
    const key = `${path}\n${allowed}`;
    return !seen.has(key) && seen.add(key) !== undefined;
  });
}

const covered = (path: Path, found: readonly RuleProblem[]) =>
  found.some((other) => other.path.length <= path.length && other.path.every((step, at) => step === path[at]));

/** Whether a verdict rests on a value that another, which does not rest on this one's, refuses: mending that may mend this. */
function restsOnAnother(verdict: RuleProblem, verdicts: readonly RuleProblem[]): boolean {
  const on = (one: RuleProblem, other: RuleProblem) =>
    (one.restsOn ?? []).some((place) => pathText(place) === pathText(other.path));
  return verdicts.some((other) => other !== verdict && on(verdict, other) && !on(other, verdict));
}

/** Whether one place holds the other. */
function overlap(a: Path, b: Path): boolean {
  const depth = Math.min(a.length, b.length);
  return a.slice(0, depth).every((step, at) => step === b[at]);
}
