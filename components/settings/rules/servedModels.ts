import type { ModelSettings } from "../models";
import { models } from "../models";
import type { Path, RuleProblem } from "../problems";

const { canary, objectives } = models.parse({ m: { from: "models:/m/1" } }).m!;
const byDefault = { canary, objectives };

/** What is asked of the answers of a model that answers nobody. */
export function answerProblems(model: ModelSettings, path: Path): RuleProblem[] {
  if (model.serve.flask !== undefined || model.serve.sagemaker !== undefined) return [];
  const asked = (["objectives", "canary"] as const).filter((key) => differs(model[key], byDefault[key]));
  return [...asked, ...(model.drift === undefined ? [] : (["drift"] as const))].map((key) => ({
    path: [...path, key],
    value: model[key],
    allowed: "only on a model that answers requests: nothing is asked of this one",
    remedy: `add serve: { flask: {} }, or leave ${key} out`,
    restsOn: [[...path, "serve"]],
  }));
}

const differs = (asked: object, usual: object) => JSON.stringify(asked) !== JSON.stringify(usual);
