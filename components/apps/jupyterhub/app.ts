import type { App } from "../app";

export const jupyterhub: App = {
  tool: "hub",
  title: "JupyterHub",
  sentence: "Notebooks, with MLflow and the DAGs at hand.",
  database: true,
  asked: (settings) => settings.jupyterhub !== undefined,
};
