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
    const { dataQuality, modelQuality, bias, explainability } = monitor;
    const judgesAnswers = [modelQuality, bias, explainability].some((check) => check !== undefined);
    const refused = (allowed: string, remedy: string, ...restsOn: string[][]) =>
      problems.push({
        path,
        value: undefined,
        allowed,
        remedy,
        restsOn: restsOn.map((other) => ["models", model, ...other]),
      });
    if (!judgesAnswers && dataQuality === undefined) {
      refused(
        "dataQuality, modelQuality, bias or explainability: this monitor looks at nothing",
        "add dataQuality: {}",
      );
    }
    if (drift === undefined) {
      refused(
        "nothing, while the model has no drift check: without it no answers are kept to look at",
        "add drift: {} to the model",
        ["drift"],
      );
    }
    if (training?.engine !== "stepFunctions") {
      refused(
        "only with training on Step Functions: what its runs keep of a version is what requests and answers are compared with",
        "add training with a gate and engine: stepFunctions",
        ["training"],
      );
      return problems;
    }
    if (judgesAnswers && training.gate === undefined) {
      refused(
        "only with a gate in training, but for dataQuality: the evaluation of its runs is what answers are compared with",
        "add training.gate, or monitor dataQuality alone",
        ["training"],
      );
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
