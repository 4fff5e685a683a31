import { z } from "zod";
import { chartValues } from "./airflow";
import { dnsLabel, email, faultOf, storedSecretName, whole } from "./formats";
import { logRetention } from "./network";
import { urlFault } from "./url";

const receiver = z.discriminatedUnion("kind", [
  z
    .strictObject({
      kind: z.literal("email").describe("An SNS topic with mail subscriptions (aws only)."),
      addresses: z
        .array(email())
        .min(1, "at least one address")
        .describe("Who is written to; each must confirm once.")
        .meta({ examples: [["ml-platform@example.com"]] }),
    })
    .meta({ title: "mail" }),
  z
    .strictObject({
      kind: z
        .literal("sns")
        .describe(
          "An SNS topic that exists (aws only). Its policy must let CloudWatch publish, and AWS Budgets where there is a budget.",
        ),
      topicArn: z
        .string()
        .regex(/^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[\w-]{1,256}$/, "the ARN of an SNS topic")
        .describe("ARN of the topic.")
        .meta({ examples: ["arn:aws:sns:eu-west-1:000000000000:on-call"] }),
    })
    .meta({ title: "SNS" }),
  z
    .strictObject({
      kind: z.literal("slack").describe("A Slack channel."),
      channel: z
        .string()
        .regex(/^#[a-z0-9_-]{1,80}$/, 'a channel in quotes, such as "#ml-alerts"')
        .describe("Channel, with its # and in quotes.")
        .meta({ examples: ["#ml-alerts"] }),
      secretName: storedSecretName()
        .describe(
          "Name of the secret that holds the address of the incoming webhook: in Secrets Manager on aws, else a Kubernetes Secret in the " +
            "namespace `mlplatform`, with the key `url`.",
        )
        .meta({ examples: ["mlplatform/prod/slack"] }),
    })
    .meta({ title: "Slack" }),
  z
    .strictObject({
      kind: z.literal("webhook").describe("Any address that takes Alertmanager's JSON."),
      secretName: storedSecretName()
        .describe(
          "Name of the secret that holds the address: in Secrets Manager on aws, else a Kubernetes Secret in the namespace `mlplatform`, with " +
            "the key `url`.",
        )
        .meta({ examples: ["mlplatform/prod/pager"] }),
    })
    .meta({ title: "webhook" }),
]);

const podLogs = z
  .strictObject({
    retentionDays: logRetention()
      .default(30)
      .describe("Days that lines are kept; what is older is deleted. Longer costs storage."),
    alertAtDailyMiB: whole(1, 100_000_000)
      .default(10_240)
      .describe(
        "MiB that all pods together may write in a day before somebody is told. It holds nothing back, and CloudWatch bills all of it.",
      ),
    maxHourlyMiB: whole(10, 1_000_000)
      .default(2048)
      .describe(
        "MiB an hour that are taken from one node. What pods write beyond it waits in their files on the node, of which the kubelet drops the oldest.",
      ),
  })
  .meta({ title: "logs" });

/** `monitoring`: Prometheus, Grafana, Alertmanager. */
export const monitoring = z
  .strictObject({
    retentionDays: whole(1, 365).default(15).describe("Days that metrics are kept."),
    storageGiB: whole(5, 16384)
      .default(50)
      .describe("Volume of Prometheus in GiB; when full the oldest metrics go first."),
    memoryMiB: whole(512, 262144)
      .default(2048)
      .describe("Memory of Prometheus in MiB; it grows with the number of series."),
    scrapeSeconds: whole(5, 300).default(30).describe("Seconds between two scrapes."),
    controlPlaneMetrics: z
      .boolean()
      .default(false)
      .describe(
        "Scrape scheduler, controller manager, etcd and kube-proxy, and alert when one is gone. Only for an existing cluster whose " +
          "nodes let pods reach their ports: kind, k3s and managed clusters hide them, and the alerts would fire for ever. Has no effect on aws.",
      ),
    cloudWatch: z
      .boolean()
      .default(true)
      .describe("Show CloudWatch in Grafana too. Has no effect on an existing cluster."),
    logs: podLogs
      .optional()
      .describe(
        "Keep what the stack's pods write, also of pods that are gone: in CloudWatch Logs on aws, else in Loki over the stack's object store. " +
          "`{}` takes the defaults. Without it a pod's words go with the pod.",
      ),
    receivers: z
      .record(dnsLabel(40), receiver)
      .default({})
      .describe("From the name of an owner to where alerts go. Without any, alerts are only seen in Grafana."),
    defaultReceiver: dnsLabel(40)
      .optional()
      .describe("Receiver of alerts that no owner claims. Without it the first of `receivers`."),
    watchdogReceiver: dnsLabel(40)
      .optional()
      .describe(
        "Receiver, a `webhook`, that hears a sign of life every two minutes and nothing else: a dead-man's switch outside the cluster, " +
          "which raises the alarm when it stops. Without it nobody notices when monitoring itself is gone.",
      ),
    runbooks: z
      .string()
      .regex(/^(https:\/\/[^\s?#]+[^/\s?#]|docs\/runbooks)$/, "an https address without a slash at its end")
      .superRefine(
        faultOf((text) =>
          text.startsWith("https://") ? urlFault(text, { schemes: ["https"], path: "optional" }) : undefined,
        ),
      )
      .default("docs/runbooks")
      .describe(
        "Address of the folder with the runbooks, which alerts point to; by default its path in the repository.",
      )
      .meta({ examples: ["https://git.example.com/ml/platform/blob/main/docs/runbooks"] }),
    values: chartValues(),
  })
  .meta({ title: "monitoring" });

export type PodLogsSettings = z.output<typeof podLogs>;
export type MonitoringSettings = z.output<typeof monitoring>;
