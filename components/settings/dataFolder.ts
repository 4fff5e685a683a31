import { layout } from "../contracts/trainingLoop";
import { asFolder } from "../lib/asFolder";
import type { ModelSettings } from "./models";
import type { ModelTrainingSettings } from "./modelTraining";
import type { Settings } from "./settings";

/** Folder whose new objects start runs; absent where none do. */
export const newDataFolder = ({ onNewData }: Pick<ModelTrainingSettings, "onNewData">) =>
  onNewData === undefined ? undefined : asFolder(onNewData);

/** Folder of the data bucket that a model's data come in. */
export const dataFolder = (model: string, training: Pick<ModelTrainingSettings, "onNewData"> | undefined) =>
  (training && newDataFolder(training)) ?? layout.raw(model);

/** Models of the owners for whom people's DAGs train. */
export function trainedByDags({ airflow, models = {} }: Pick<Partial<Settings>, "airflow" | "models">) {
  const owners = airflow?.trainsFor ?? [];
  return Object.entries(models).filter(
    ([, { owner }]: [string, ModelSettings]) => owner !== undefined && owners.includes(owner),
  );
}
