import type { ModelSettings } from "../models";
import { endingModels, isProduction } from "../needs";
import type { Path, RuleProblem } from "../problems";
import type { Settings } from "../settings";

/** Whether anybody hears what AWS has to tell. */
export const hasTopic = ({ monitoring }: Partial<Settings>): boolean =>
  Object.values(monitoring?.receivers ?? {}).some(({ kind }) => kind === "email" || kind === "sns");

/** Endpoints that end by themselves: where that would surprise somebody, or something leans on one. */
export function endpointEndRules(settings: Partial<Settings>): RuleProblem[] {
  return endingModels(settings).flatMap(([name, model]) => endProblems(settings, name, model));
}

function endProblems(settings: Partial<Settings>, name: string, model: ModelSettings): RuleProblem[] {
  const block: Path = ["models", name];
  const path: Path = [...block, "serve", "sagemaker"];
  const { sagemaker } = model.serve;
  if (sagemaker?.kind !== "realtime") return [];
  const { ttlHours, minInstances, maxInstances } = sagemaker;
  const problems: RuleProblem[] = [];
  if (isProduction(settings)) {
    problems.push({
      path: [...path, "ttlHours"],
      value: ttlHours,
      allowed: "none in a stack that is production: foundation.dataProtection is true, or the tag environment says so",
      remedy: "leave ttlHours out, or serve the experiment from another stack",
      restsOn: [["foundation", "dataProtection"]],
    });
  }
  if (model.release === "continuous") {
    problems.push({
      path: [...block, "from"],
      value: model.from,
      allowed:
        "a version, with serve.sagemaker.ttlHours: the release controller would look for an endpoint that is gone",
      remedy: "name the version, for example from: models:/name/3, or leave ttlHours out",
      restsOn: [[...path, "ttlHours"]],
    });
  }
  if (maxInstances > minInstances) {
    problems.push({
      path: [...path, "maxInstances"],
      value: maxInstances,
      allowed: `minInstances, ${minInstances}, with ttlHours: scaling would be left without its endpoint`,
      remedy: `write maxInstances: ${minInstances}, or leave ttlHours out`,
      restsOn: [
        [...path, "minInstances"],
        [...path, "ttlHours"],
      ],
    });
  }
  if (model.drift?.dataQuality !== undefined) {
    problems.push({
      path: [...block, "drift", "dataQuality"],
      value: undefined,
      allowed: "none with serve.sagemaker.ttlHours: Model Monitor would go on looking for an endpoint that is gone",
      remedy: "leave dataQuality out, or leave ttlHours out",
      restsOn: [[...path, "ttlHours"]],
    });
  }
  if (!hasTopic(settings)) {
    problems.push({
      path: [...path, "ttlHours"],
      value: ttlHours,
      allowed: "only where somebody is told before: with a receiver of the kind email or sns in monitoring.receivers",
      remedy:
        "add one, for example monitoring: { receivers: { team: { kind: email, addresses: [team@example.com] } } }",
      restsOn: [["monitoring"]],
    });
  }
  return problems;
}
