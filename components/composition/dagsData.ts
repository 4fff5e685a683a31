import { dataFolder, trainedByDags } from "../settings/dataFolder";
import type { Settings } from "../settings/settings";

/** Folders with the data of models that people's DAGs train, as the data comes. */
export const foldersForDags = (settings: Pick<Settings, "airflow" | "models">): string[] => [
  ...new Set(trainedByDags(settings).map(([model, { training }]) => dataFolder(model, training))),
];
