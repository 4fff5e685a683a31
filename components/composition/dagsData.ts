import { layout } from "../contracts/trainingLoop";
import type { Settings } from "../settings/settings";
import { newDataFolder } from "./loopSpec";

/** Folders with the data of models that people's DAGs train, as the data comes. */
export function trainedByDags({ airflow, models }: Pick<Settings, "airflow" | "models">): string[] {
  const owners = airflow?.trainsFor ?? [];
  const folders = Object.entries(models ?? {})
    .filter(([, { owner }]) => owner !== undefined && owners.includes(owner))
    .map(([model, { training }]) => (training && newDataFolder(training)) ?? layout.raw(model));
  return [...new Set(folders)];
}
