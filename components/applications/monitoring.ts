import type * as pulumi from "@pulumi/pulumi";
import type { MonitoringArgs } from "../apps/monitoring";
import type { AlertReceiver } from "../apps/monitoringSecrets";
import { AlertTopic } from "../foundation/alertTopic";
import type { MonitoringSettings } from "../settings/monitoring";
import { type AppContext, surroundings } from "./surroundings";

/** What monitoring gets for a stack's settings. Mails need a topic, which is made here. */
export function monitoringArgs(
  name: string,
  context: Omit<AppContext, "monitors">,
  settings: MonitoringSettings,
  opts: pulumi.ComponentResourceOptions,
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
        if (receiver.kind !== "email") return [owner, receiver];
        const topic = new AlertTopic(`${name}-alerts-${owner}`, { owner, addresses: receiver.addresses }, opts);
        return [owner, { kind: "sns", topicArn: topic.arn }];
      }),
    ),
    ...(settings.defaultReceiver === undefined ? {} : { defaultReceiver: settings.defaultReceiver }),
    tools: {
      airflow: sections.airflow !== undefined,
      mlflow: sections.mlflow !== undefined,
      jupyterhub: sections.jupyterhub !== undefined,
    },
    ...(aws && settings.cloudWatch ? { cloudWatch: aws } : {}),
    identity,
  };
}
