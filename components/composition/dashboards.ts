import { apps } from "../apps/apps";
import type { AwsFacts } from "../contracts/foundation";
import { stackName } from "../foundation/awsProvider";
import type { AlertRulesFacts } from "../observability/alerts/platform";
import type { CloudFacts } from "../observability/dashboards/cloud";
import type { ToolLinks } from "../observability/dashboards/dashboard";
import type { PlatformFacts } from "../observability/dashboards/platform";
import type { MonitoringSettings } from "../settings/monitoring";
import { servedModels } from "../settings/needs";
import { logPlace, readableLogs } from "./readableLogs";
import { type AppContext, toolAddress } from "./surroundings";

type Context = Omit<AppContext, "monitors">;

/** What the platform's dashboards show of a stack. */
export function platformFacts(
  context: Context,
  monitoring: MonitoringSettings,
  pieces: AlertRulesFacts,
): PlatformFacts {
  const { aws } = context.foundation;
  return {
    ...pieces,
    models: servedModels(context.settings).length > 0,
    gpus: context.cluster.nodeClasses.some(({ gpu }) => gpu),
    ...(aws && monitoring.cloudWatch ? { cloud: cloudFacts(context, aws) } : {}),
    links: toolLinks(context),
  };
}

/** Tools that people can reach, with their addresses. */
export function toolLinks(context: Context): ToolLinks {
  return Object.fromEntries(
    Object.values(apps).flatMap(({ title, tool, asked }) => {
      // Dashboards are in Grafana already.
      const address = tool !== "grafana" && asked(context.settings) ? toolAddress(context, tool) : undefined;
      return address ? [[title, address.url]] : [];
    }),
  );
}

/** Kinds of log groups of a stack, by what their names begin with: which of the group's logs is shown, and its title. */
const shownLogs = {
  "/aws/eks/": ["cluster", "Control plane of the cluster"],
  "/aws/rds/": ["postgresql", "Database"],
} as const;

function cloudFacts(context: Context, { account, logGroups }: AwsFacts): CloudFacts {
  const { foundation, settings } = context;
  const places = (groups: string[]) => groups.map((group) => logPlace(account, group));
  const shown = Object.entries(shownLogs).flatMap(([prefix, [last, title]]) =>
    logGroups
      .filter((name) => name.startsWith(prefix) && name.endsWith("/*"))
      .map((name) => ({ title, places: places([`${name.slice(0, -1)}${last}`]) })),
  );
  const { functions, airflow, failedRuns } = readableLogs(context);
  const [runs] = places(failedRuns);
  const more = [
    { title: "Functions", places: places(functions) },
    { title: "Airflow", places: places(airflow) },
  ].filter((log) => log.places.length > 0);
  const database =
    Object.keys(foundation.databases).length > 0 && settings.foundation.kind === "aws"
      ? { identifier: stackName(), ...settings.foundation.database }
      : undefined;
  return {
    region: account.region,
    ...(database ? { database } : {}),
    logs: [...shown, ...more],
    ...(runs ? { failedRuns: runs } : {}),
    ...(settings.governance?.budget && account.partition === "aws"
      ? { monthlyUsd: settings.governance.budget.monthlyUsd }
      : {}),
  };
}
