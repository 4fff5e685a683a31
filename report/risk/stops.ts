import { trainedOnAws } from "../../components/settings/engines";
import { endingModels, notebookGroups, stopsOf } from "../../components/settings/needs";
import type { Settings } from "../../components/settings/settings";

/** What of a stack ends or rests without anybody's hand, and when. */
export function stops(settings: Partial<Settings>): string[] {
  const { governance, models = {}, training } = settings;
  const budget = governance?.budget;
  const ending = endingModels({ models });
  const kinds = stopsOf(settings);
  const notebooks = [
    ...Object.keys(training?.studio.notebooks ?? {}).map((name) => `the notebook instance ${name}`),
    ...(training?.studio.enabled ? ["Studio's apps"] : []),
    ...notebookGroups(settings).map((name) => `the nodes ${name}, and JupyterHub's servers with them`),
  ];
  const byBudget = [
    ...(kinds.includes("experiments") ? ending.map(([model]) => `the endpoint of ${model}, for good`) : []),
    ...(kinds.includes("notebooks") ? notebooks : []),
    ...(kinds.includes("training") && Object.values(models).some(({ training: loop }) => trainedOnAws(loop))
      ? ["runs of training on AWS that nobody started"]
      : []),
  ];
  return [
    ...(budget?.stop === undefined
      ? []
      : [
          `Once a month has cost ${(budget.monthlyUsd * budget.stop.atPercent) / 100} dollars, until it ends: ${byBudget.join("; ")}. ` +
            "`governance.budget.stop`",
        ]),
    ...(governance?.offHours === undefined
      ? []
      : [
          `From ${governance.offHours.stopAt} to ${governance.offHours.startAt} and on other days than work days: nodes and database; notebook instances. \`governance.offHours\``,
        ]),
    ...ending.map(
      ([model, , hours]) =>
        `${hours} hours after it was made, for good: the endpoint of ${model}. \`models.${model}.serve.sagemaker.ttlHours\``,
    ),
  ];
}
