import { ownImages } from "../../needs";
import type { Path, RuleProblem } from "../problems";
import type { Settings } from "../settings";
import { splitImage } from "../trainingImage";

/** Monitors that look at nothing, or lean on what is not there. */
export function monitorRules({ models = {} }: Partial<Settings>): RuleProblem[] {
  return Object.entries(models).flatMap(([model, { monitor, drift, training }]) => {
    if (monitor === undefined) return [];
    const path: Path = ["models", model, "monitor"];
    const problems: RuleProblem[] = [];
    const { modelQuality, bias, explainability } = monitor;
    const refused = (allowed: string, remedy: string, ...restsOn: string[][]) =>
      problems.push({
        path,
        value: undefined,
        allowed,
        remedy,
        restsOn: restsOn.map((other) => ["models", model, ...other]),
      });
    if (modelQuality === undefined && bias === undefined && explainability === undefined) {
      refused("modelQuality, bias or explainability: this monitor looks at nothing", "add modelQuality: {}");
    }
    if (drift === undefined) {
      refused(
        "nothing, while the model has no drift check: without it no answers are kept to look at",
        "add drift: {} to the model",
        ["drift"],
      );
    }
    if (training?.engine !== "stepFunctions" || training.gate === undefined) {
      refused(
        "only with training on Step Functions that has a gate: the evaluation of its runs is what answers are compared with",
        "add training.gate, with training.engine: stepFunctions",
        ["training"],
      );
      return problems;
    }
    const image = splitImage(training.image);
    if (image !== undefined && image.tag === undefined && !ownImages.includes(image.name)) {
      refused(
        "only with a tag in training.image: a schedule does not look for the newest",
        `write training.image: ${image.name}:1`,
        ["training", "image"],
      );
    }
    return problems;
  });
}
