import { airflowInCluster } from "../../settings/needs";
import type { App } from "../app";

export const airflow: App = {
  tool: "airflow",
  title: "Airflow",
  sentence: "Pipelines, their schedules, runs and logs.",
  database: true,
  asked: (settings) => airflowInCluster(settings) !== undefined,
};
