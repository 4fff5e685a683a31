import { expect } from "chai";
import { parseSettings } from "../../components/settings/parse";
import { type Problem, SettingsProblems } from "../../components/settings/problems";

/** The least that a stack on AWS must say. */
export const minimalAws = () => ({ foundation: { kind: "aws", region: "eu-west-1" } });

/** The least that a stack on an existing cluster must say. */
export const minimalExisting = () => ({ foundation: { kind: "existing", context: "kind-mlplatform" } });

/** `minimalAws` with more keys in its foundation, and more sections. */
export const onAws = (foundation: object, sections: object = {}) => ({
  foundation: { ...minimalAws().foundation, ...foundation },
  ...sections,
});

/** `minimalExisting` with more keys in its foundation, and more sections. */
export const onExisting = (foundation: object, sections: object = {}) => ({
  foundation: { ...minimalExisting().foundation, ...foundation },
  ...sections,
});

/** A node group that every cluster needs, beside those under test. */
export const systemGroup = { purpose: "system", instanceTypes: ["m7i.large"], minNodes: 2, maxNodes: 4 };

/** What is wrong with a config; nothing for a valid one. Anything but settings or their problems is an error. */
export function problemsOf(raw: unknown): readonly Problem[] {
  try {
    parseSettings(raw);
    return [];
  } catch (error) {
    if (error instanceof SettingsProblems) return error.problems;
    throw error;
  }
}

/** The only problem of a config. */
export function theProblemOf(raw: unknown): Problem {
  const problems = problemsOf(raw);
  expect(problems.map(({ path }) => path)).to.have.length(1);
  return problems[0] as Problem;
}

/** The problem at a path, which must be there. */
export function problemAt(raw: unknown, path: string): Problem {
  const problems = problemsOf(raw);
  const found = problems.find((problem) => problem.path === path);
  expect(found, `${path} among ${problems.map((problem) => problem.path).join(", ")}`).not.to.equal(undefined);
  return found as Problem;
}
