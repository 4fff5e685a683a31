import * as pulumi from "@pulumi/pulumi";
import type { AwsFacts } from "../foundation/contracts";
import { servedModels } from "../needs";
import type { AlertRulesFacts } from "../observability/alerts/platform";
import type { CloudFacts } from "../observability/dashboards/cloud";
import type { ToolLinks } from "../observability/dashboards/dashboard";
import type { PlatformFacts } from "../observability/dashboards/platform";
import type { MonitoringSettings } from "../settings/monitoring";
import { type AppContext, toolAddress } from "./surroundings";

type Context = Omit<AppContext, "monitors">;

/** What the platform's dashboards show of a stack. */
export function platformFacts(
  context: Context,
  monitoring: MonitoringSettings,
  pieces: AlertRulesFacts,
): PlatformFacts {
  const { aws, databases } = context.foundation;
  return {
    ...pieces,
    models: servedModels(context.settings).length > 0,
    gpus: context.cluster.nodeClasses.some(({ gpu }) => gpu),
    ...(aws && monitoring.cloudWatch ? { cloud: cloudFacts(aws, Object.keys(databases).length > 0) } : {}),
    links: toolLinks(context),
  };
}

/** Tools that people can reach, with their addresses. */
export function toolLinks(context: Context): ToolLinks {
  const { settings } = context;
  const tools = [
    ["Airflow", "airflow", settings.airflow && settings.airflow.executor.kind !== "mwaa"],
    ["MLflow", "mlflow", settings.mlflow],
    ["JupyterHub", "hub", settings.jupyterhub],
  ] as const;
  return Object.fromEntries(
    tools.flatMap(([title, tool, there]) => {
      const address = there ? toolAddress(context, tool) : undefined;
      return address ? [[title, address.url]] : [];
    }),
  );
}

/** Kinds of log groups of a stack, by what their names begin with: which of the group's logs is shown, and its title. */
const shownLogs = {
  "/aws/eks/": ["cluster", "Control plane of the cluster"],
  "/aws/rds/": ["postgresql", "Database"],
} as const;

function cloudFacts({ account, logGroups }: AwsFacts, databases: boolean): CloudFacts {
  const { region, accountId, partition } = account;
  const logs = Object.entries(shownLogs).flatMap(([prefix, [last, title]]) =>
    logGroups
      .filter((name) => name.startsWith(prefix) && name.endsWith("/*"))
      .map((name) => {
        const group = `${name.slice(0, -1)}${last}`;
        return {
          title,
          place: { region, group, arn: `arn:${partition}:logs:${region}:${accountId}:log-group:${group}` },
        };
      }),
  );
  return { region, ...(databases ? { database: `${pulumi.getProject()}-${pulumi.getStack()}` } : {}), logs };
}
