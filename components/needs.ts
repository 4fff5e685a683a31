import type { Settings } from "./settings/settings";

/** Images the platform builds itself, whatever the stack holds. */
const ownImages = ["model-server", "notebook", "training"];

/** What the sections of a stack's config ask of the foundation. */
export interface Needs {
  /** Apps that keep metadata in a database of their own. */
  databases: string[];
  images: string[];
}

/** Derives from the whole config what a foundation must provide, so that no app has to know a foundation. */
export function needs(settings: Settings): Needs {
  const apps = { airflow: settings.airflow, mlflow: settings.mlflow, jupyterhub: settings.jupyterhub };
  return {
    databases: Object.entries(apps).flatMap(([app, section]) => (section === undefined ? [] : [app])),
    images: ownImages,
  };
}
