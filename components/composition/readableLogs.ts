import { jupyterhubNamespace } from "../../charts/values/jupyterhubNames";
import { mwaaLogGroups } from "../apps/mwaa/component";
import type { AwsAccount } from "../contracts/account";
import { dagNamespaces } from "../contracts/airflowNames";
import { stackName } from "../foundation/awsProvider";
import { endpointLogs, failedRunsLogs, functionLogs, podLogsPrefix } from "../foundation/logGroups";
import { endpointName } from "../lib/endpointName";
import type { LogPlace } from "../observability/dashboards/cloudWatch";
import { airflowInCluster, hasStateMachines } from "../settings/needs";
import { usesSageMaker } from "../settings/rules/sagemaker";
import type { Settings } from "../settings/settings";
import type { CloudContext } from "./surroundings";

/** Logs that Grafana shows, beside those of the foundation. */
export interface ReadableLogs {
  /** Of Lambda functions. */
  functions: string[];
  /** Of Amazon's managed Airflow. */
  airflow: string[];
  /** Of SageMaker's endpoints, by model. */
  endpoints: Record<string, string>;
  /** Failed runs of state machines. */
  failedRuns: string[];
}

/** Names of the log groups that a stack's pieces on AWS write to. */
export function readableLogs({ foundation, settings }: CloudContext): ReadableLogs {
  const stack = stackName();
  const models = Object.entries(settings.models ?? {});
  const managedAirflow = settings.airflow !== undefined && airflowInCluster(settings) === undefined;
  return {
    functions: [
      ...(Object.keys(foundation.databases).length > 0 ? [functionLogs(stack, "database-access")] : []),
      ...(models.some(([, block]) => usesSageMaker(block)) ? [functionLogs(stack, "endpoint-release")] : []),
    ],
    airflow: managedAirflow ? mwaaLogGroups(stack) : [],
    endpoints: Object.fromEntries(
      models.flatMap(([model, { serve }]) =>
        serve.sagemaker ? [[model, endpointLogs(endpointName(stack, model, serve.sagemaker.kind))]] : [],
      ),
    ),
    failedRuns: hasStateMachines(settings) ? [failedRunsLogs(stack)] : [],
  };
}

/**
 * Log groups that Grafana may query: the foundation's, those of the stack's endpoints and of what its pods write, and by their full names
 * those of everything else. Endpoints are not named one by one, since a role's policy holds no more than some forty of them.
 */
export function queriedLogs(context: CloudContext): string[] {
  const { functions, airflow, endpoints, failedRuns } = readableLogs(context);
  const { logGroups = [] } = context.foundation.aws ?? {};
  const ofEndpoints = Object.keys(endpoints).length > 0 ? [endpointLogs(`${stackName()}-*`)] : [];
  const ofPods = context.settings.monitoring?.logs ? [`${podLogsPrefix(stackName())}*`] : [];
  return [...logGroups, ...functions, ...airflow, ...ofEndpoints, ...failedRuns, ...ofPods];
}

/** Log groups with what code of people wrote: their notebooks, tasks of their DAGs, and pods that those start. None where it is not kept. */
export function peoplesLogs({ monitoring, jupyterhub, airflow }: Settings): string[] {
  if (monitoring?.logs === undefined) return [];
  const ofAirflow = airflow && airflow.executor.kind !== "mwaa" ? dagNamespaces(airflow) : [];
  return [...(jupyterhub ? [jupyterhubNamespace] : []), ...ofAirflow].map(
    (namespace) => `${podLogsPrefix(stackName())}${namespace}`,
  );
}

/** Where a log group of the stack is. */
export function logPlace({ partition, region, accountId }: AwsAccount, group: string): LogPlace {
  return { region, group, arn: `arn:${partition}:logs:${region}:${accountId}:log-group:${group}` };
}
