import type * as pulumi from "@pulumi/pulumi";
import type { MonitoringArgs } from "../apps/monitoring";
import type { AlertReceiver } from "../apps/monitoringSecrets";
import { AlertTopic } from "../foundation/alertTopic";
import { airflowInCluster } from "../needs";
import type { MonitoringSettings } from "../settings/monitoring";
import { type AppContext, surroundings } from "./surroundings";

/** The topics that mails need, by owner. */
export function alertTopics(
  name: string,
  { receivers }: Pick<MonitoringSettings, "receivers">,
  opts: pulumi.ComponentResourceOptions,
): Record<string, AlertTopic> {
  return Object.fromEntries(
    Object.entries(receivers).flatMap(([owner, receiver]) =>
      receiver.kind === "email"
        ? [[owner, new AlertTopic(`${name}-alerts-${owner}`, { owner, addresses: receiver.addresses }, opts)]]
        : [],
    ),
  );
}

/** What monitoring gets for a stack's settings. */
export function monitoringArgs(
  context: Omit<AppContext, "monitors">,
  settings: MonitoringSettings,
  topics: Record<string, Pick<AlertTopic, "arn">>,
): MonitoringArgs {
  const { foundation, identity } = context;
  const { aws } = foundation;
  const sections = context.settings;
  return {
    ...surroundings(context, "grafana", settings.values),
    retentionDays: settings.retentionDays,
    storageGiB: settings.storageGiB,
    memoryMiB: settings.memoryMiB,
    scrapeSeconds: settings.scrapeSeconds,
    controlPlaneMetrics: aws === undefined,
    receivers: Object.fromEntries(
      Object.entries(settings.receivers).map(([owner, receiver]): [string, AlertReceiver] => {
        return [owner, receiver.kind === "email" ? { kind: "sns", topicArn: topics[owner]!.arn } : receiver];
      }),
    ),
    ...(settings.defaultReceiver === undefined ? {} : { defaultReceiver: settings.defaultReceiver }),
    ...(settings.watchdogReceiver === undefined ? {} : { watchdogReceiver: settings.watchdogReceiver }),
    tools: {
      airflow: airflowInCluster(sections) !== undefined,
      mlflow: sections.mlflow !== undefined,
      jupyterhub: sections.jupyterhub !== undefined,
    },
    ...(aws && settings.cloudWatch ? { cloudWatch: aws } : {}),
    identity,
  };
}
