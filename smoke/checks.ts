import { addressChecks } from "./addresses";
import { airflowChecks } from "./airflow";
import { alertChecks } from "./alerts";
import type { Check } from "./check";
import { dashboardChecks } from "./dashboards";
import { jupyterhubChecks } from "./jupyterhub";
import { keptLogChecks } from "./keptLogs";
import { kubernetesChecks } from "./kubernetes";
import { mlflowChecks } from "./mlflow";
import { modelChecks } from "./models";
import { monitoringChecks } from "./monitoring";
import { networkChecks } from "./network";
import { releaseCheck } from "./release";

/** Every check, in the order in which they run: what others stand on comes first. */
export const checks: readonly Check[] = [
  ...kubernetesChecks,
  ...mlflowChecks,
  ...modelChecks,
  releaseCheck,
  ...airflowChecks,
  ...jupyterhubChecks,
  ...monitoringChecks,
  ...alertChecks,
  ...dashboardChecks,
  ...keptLogChecks,
  ...networkChecks,
  ...addressChecks,
];
