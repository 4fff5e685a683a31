import type * as pulumi from "@pulumi/pulumi";
import { loki } from "../../charts/values/loki";
import { Monitoring, type MonitoringArgs } from "../apps/monitoring/component";
import type { AlertReceiver } from "../apps/monitoring/secrets";
import type { AwsFacts, Foundation } from "../contracts/foundation";
import { AlertTopic } from "../foundation/alertTopic";
import type { AlertRulesFacts } from "../observability/alerts/platform";
import { platformDashboards } from "../observability/dashboards/platform";
import type { MonitoringSettings } from "../settings/monitoring";
import { airflowInCluster, modelsInCluster } from "../settings/needs";
import type { Settings } from "../settings/settings";
import { platformFacts } from "./dashboards";
import type { Install } from "./install";
import { queriedLogs } from "./readableLogs";
import { type AppContext, surroundings } from "./surroundings";

/** The topics that mails need, by owner. */
export function alertTopics(
  name: string,
  aws: AwsFacts | undefined,
  { receivers }: Pick<MonitoringSettings, "receivers">,
  opts: pulumi.ComponentResourceOptions,
): Record<string, AlertTopic> {
  return Object.fromEntries(
    Object.entries(receivers).flatMap(([owner, receiver]) => {
      if (receiver.kind !== "email" || aws === undefined) return []; // The rules refuse mails elsewhere.
      const { account } = aws;
      const topic = new AlertTopic(`${name}-alerts-${owner}`, { account, owner, addresses: receiver.addresses }, opts);
      return [[owner, topic]];
    }),
  );
}

/** What of the stack's data the cluster itself keeps. */
function storesInCluster(
  { foundation: where, backup }: Settings,
  { databases }: Pick<Foundation, "databases">,
): Pick<AlertRulesFacts, "database" | "databaseLossHours" | "objectStore" | "objectLossHours"> {
  if (where.kind !== "existing") return { database: false, objectStore: false };
  const database = where.database.kind === "cloudnativepg" && Object.keys(databases).length > 0;
  return {
    database,
    ...(database && backup !== undefined ? { databaseLossHours: backup.maxLossHours } : {}),
    objectStore: where.objectStore.kind === "seaweedfs",
    ...(backup?.objects ? { objectLossHours: backup.maxLossHours } : {}),
  };
}

export const installMonitoring: Install<"monitoring"> = (name, context, { topics }, opts) => {
  const app = new Monitoring(name, monitoringArgs(context, context.settings.monitoring!, topics), opts);
  return { app, ready: app.crds, outputs: app.grafanaUrl === undefined ? {} : { grafanaUrl: app.grafanaUrl } };
};

/** What monitoring gets for a stack's settings. */
export function monitoringArgs(
  context: Omit<AppContext, "monitors">,
  settings: MonitoringSettings,
  topics: Record<string, Pick<AlertTopic, "arn">>,
): MonitoringArgs {
  const { foundation, identity } = context;
  const { aws } = foundation;
  const sections = context.settings;
  const pieces = {
    airflow: airflowInCluster(sections) !== undefined,
    mlflow: sections.mlflow !== undefined,
    jupyterhub: sections.jupyterhub !== undefined,
    models: Object.values(sections.models ?? {}).some(
      ({ serve, release }) => serve.flask || (serve.sagemaker && release === "continuous"),
    ),
  };
  const facts = platformFacts(context, settings, pieces);
  return {
    ...surroundings(context, "grafana", settings.values),
    retentionDays: settings.retentionDays,
    storageGiB: settings.storageGiB,
    memoryMiB: settings.memoryMiB,
    scrapeSeconds: settings.scrapeSeconds,
    controlPlaneMetrics: aws === undefined && settings.controlPlaneMetrics,
    receivers: Object.fromEntries(
      Object.entries(settings.receivers).map(([owner, receiver]): [string, AlertReceiver] => {
        if (receiver.kind === "email") return [owner, { kind: "sns", topicArn: topics[owner]!.arn }];
        if (receiver.kind === "sns") return [owner, receiver];
        const { secretName, ...target } = receiver;
        return [owner, { ...target, url: foundation.readSecret(secretName, "url") }];
      }),
    ),
    ...(settings.defaultReceiver === undefined ? {} : { defaultReceiver: settings.defaultReceiver }),
    ...(settings.watchdogReceiver === undefined ? {} : { watchdogReceiver: settings.watchdogReceiver }),
    tools: {
      ...pieces,
      ...storesInCluster(sections, foundation),
      ...(settings.logs
        ? { logs: { alertAtDailyMiB: settings.logs.alertAtDailyMiB, inCluster: aws === undefined } }
        : {}),
    },
    modelP99Millis: modelsInCluster(sections).map(([, { objectives }]) => objectives.p99Millis),
    runbooks: settings.runbooks,
    dashboards: platformDashboards(facts),
    ...(aws && settings.cloudWatch
      ? {
          cloudWatch: {
            account: aws.account,
            logGroups: queriedLogs(context),
            bill: facts.cloud?.monthlyUsd !== undefined,
          },
        }
      : {}),
    ...(settings.logs && aws === undefined ? { lokiUrl: `http://${loki.host}:${loki.portNumber}` } : {}),
    identity,
    defined: context.cluster.definedGroups.includes("monitoring.coreos.com"),
  };
}
