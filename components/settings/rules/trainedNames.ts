import type { Path, RuleProblem } from "../problems";

/** Roles of training on AWS are called after its model, and IAM takes 64 characters. */
const longestName = 27;

/** @param path of the model's training, without which the name may be longer */
export function trainedNameProblems(name: string, path: Path): RuleProblem[] {
  if (name.length <= longestName) return [];
  return [
    {
      path: ["models", name],
      value: name,
      allowed: `at most ${longestName} characters for a model that is trained on AWS`,
      remedy: `rename the model, for example: ${name.slice(0, longestName).replace(/-+$/, "")}`,
      restsOn: [path],
    },
  ];
}
