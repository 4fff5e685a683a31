import { passingFolders } from "../expiry";
import type { RuleProblem } from "../problems";
import type { Settings } from "../settings";

/** Data that would be deleted after a while: it lies where training's runs write, and what they write there passes. */
export function passingFolderRules({ models = {} }: Partial<Settings>): RuleProblem[] {
  if (!Object.values(models).some(({ training }) => training !== undefined)) return [];
  return Object.entries(models).flatMap(([model, { training, batch, drift, monitor }]) => {
    const asked: [string[], string | undefined][] = [
      [["training", "onNewData"], training?.onNewData],
      [["batch", "input"], batch?.input],
      [["batch", "onNewData"], batch?.onNewData],
      [["drift", "dataQuality", "baseline"], drift?.dataQuality?.baseline],
      [["monitor", "labels"], monitor?.labels],
    ];
    return asked.flatMap(([path, prefix]) => {
      const [top] = prefix?.split("/") ?? [];
      if (prefix === undefined || !passingFolders.some((folder) => folder === `${top}/`)) return [];
      return {
        path: ["models", model, ...path],
        value: prefix,
        allowed: `a prefix outside ${passingFolders.join(", ")}, where training's runs write, and objects are deleted after a while`,
        remedy: `write ${path.at(-1)}: data/${model}/`,
      };
    });
  });
}
