import type { Settings } from "../settings/settings";
import { airflow } from "./airflow/app";
import type { App } from "./app";
import { jupyterhub } from "./jupyterhub/app";
import { mlflow } from "./mlflow/app";
import { monitoring } from "./monitoring/app";

/** The apps of a cluster by their sections of a stack's config; what the composition makes of each is in `composition/apps.ts`. */
export const apps = { airflow, mlflow, jupyterhub, monitoring } satisfies Partial<Record<keyof Settings, App>>;

export type AppName = keyof typeof apps;

/** Apps of a stack that keep metadata in a database of their own. */
export function databasesOf(settings: Settings): AppName[] {
  return (Object.keys(apps) as AppName[]).filter((name) => apps[name].database && apps[name].asked(settings));
}
