import type { AppName } from "../apps/apps";
import { installAirflow } from "./airflow";
import type { Install } from "./install";
import { installJupyterhub } from "./jupyterhub";
import { installMlflow } from "./mlflow";
import { installMonitoring } from "./monitoring";

/** How each app is made, in this order: monitoring first, so that the others are seen from their first minute. */
export const installs: { [Name in AppName]: Install<Name> } = {
  monitoring: installMonitoring,
  mlflow: installMlflow,
  airflow: installAirflow,
  jupyterhub: installJupyterhub,
};
