import type { App } from "../app";

export const mlflow: App = {
  tool: "mlflow",
  title: "MLflow",
  sentence: "Runs, their artifacts, and the registry of models.",
  database: true,
  asked: (settings) => settings.mlflow !== undefined,
};
