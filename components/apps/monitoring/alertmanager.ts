import { inhibitions } from "../../observability/alerts/inhibitions";
import { modelLabel, ownerLabel, platformOwner, toolLabel } from "../../observability/alerts/labels";

/** Where the alerts of one owner go. */
export type AlertTarget =
  /** Region is read from the ARN: Alertmanager signs its requests for it. */
  | { kind: "sns"; topicArn: string }
  /** A file of the owner's name holds the address of the incoming webhook. */
  | { kind: "slack"; channel: string }
  /** A file of the owner's name holds the address. */
  | { kind: "webhook" };

/** Secret with the addresses that are secret themselves, by owner: whoever knows one may write there. */
export const receiversSecretName = "alert-receivers";

/** Who is told of what. */
export interface AlertRouting {
  /** By owner, the value of the label `owner` of an alert. */
  targets: Record<string, AlertTarget>;
  /** Owner who gets what no owner claims. Without it the first; without any, alerts are only seen in Grafana. */
  defaultOwner?: string;
  /**
   * Owner whose target hears a sign of life every few minutes, and has to raise the alarm when it stops: a dead-man's switch
   * outside the cluster. Without it the sign of life goes nowhere.
   */
  watchdogOwner?: string;
  /** Address of Grafana, which notifications point to. */
  grafanaUrl?: string;
}

/** Receiver that tells nobody. Not a possible name of an owner. */
const nobody = "nobody.";

/** File in which Alertmanager finds a key of a Secret it was given. */
function addressFile(owner: string): string {
  return `/etc/alertmanager/secrets/${receiversSecretName}/${owner}`;
}

const severity = "{{ with .CommonLabels.severity }}{{ toUpper . }}{{ else }}FIRING{{ end }}";
const title = `[{{ if eq .Status "firing" }}${severity}{{ else }}RESOLVED{{ end }}] {{ .CommonLabels.alertname }}`;

/** One paragraph for each alert; what an alert does not have is left out. */
function text(grafanaUrl: string | undefined): string {
  const annotation = (name: string, words: string) => `{{ with .Annotations.${name} }}\n${words}{{ . }}{{ end }}`;
  const one =
    '{{ .Labels.alertname }}, since {{ .StartsAt.UTC.Format "2006-01-02 15:04 MST" }}' +
    annotation("summary", "") +
    annotation("description", "") +
    annotation("runbook_url", "What to do: ") +
    '{{ range .Labels.SortedPairs }}{{ if ne .Name "alertname" }}\n  {{ .Name }}: {{ .Value }}{{ end }}{{ end }}';
  return `{{ range .Alerts }}${one}\n\n{{ end }}${grafanaUrl === undefined ? "" : `All alerts: ${grafanaUrl}/alerting/groups`}`;
}

function receiver(name: string, target: AlertTarget, grafanaUrl: string | undefined) {
  const resolved = { send_resolved: true };
  switch (target.kind) {
    case "sns": {
      const region = target.topicArn.split(":")[3]!;
      // A subject is at most 100 characters of ASCII; Alertmanager cuts it to that.
      const sns = { topic_arn: target.topicArn, sigv4: { region }, subject: title, message: text(grafanaUrl) };
      return { name, sns_configs: [{ ...resolved, ...sns }] };
    }
    case "slack": {
      const color = '{{ if eq .Status "firing" }}danger{{ else }}good{{ end }}';
      const link = grafanaUrl === undefined ? {} : { title_link: `${grafanaUrl}/alerting/groups` };
      const slack = { channel: target.channel, api_url_file: addressFile(name), color, title, ...link };
      return { name, slack_configs: [{ ...resolved, ...slack, text: text(grafanaUrl), fallback: title }] };
    }
    case "webhook":
      return { name, webhook_configs: [{ ...resolved, url_file: addressFile(name) }] };
  }
}

/** Owner who gets what no owner claims: the one that is named, else the first that is not a dead-man's switch. */
export function defaultOwner(
  routing: Pick<AlertRouting, "defaultOwner" | "watchdogOwner"> & { targets: object },
): string {
  const people = Object.keys(routing.targets).filter((owner) => owner !== routing.watchdogOwner);
  return routing.defaultOwner ?? people[0] ?? platformOwner;
}

/**
 * Alertmanager's configuration: one receiver an owner, a route by the label `owner`, and one page for one cause.
 * @throws when the owner of a route has no target.
 * @see https://prometheus.io/docs/alerting/latest/configuration/
 */
export function alertmanagerConfig(routing: AlertRouting) {
  const { targets, watchdogOwner, grafanaUrl } = routing;
  const owners = Object.keys(targets);
  for (const owner of [routing.defaultOwner, watchdogOwner]) {
    if (owner !== undefined && !owners.includes(owner)) {
      throw new Error(
        `Alerts are sent to "${owner}", but targets are only known of: ${owners.join(", ") || "nobody"}.`,
      );
    }
  }
  const people = owners.filter((owner) => owner !== watchdogOwner);
  const byDefault = people.length === 0 && routing.defaultOwner === undefined ? nobody : defaultOwner(routing);
  return {
    global: { resolve_timeout: "5m" },
    route: {
      receiver: byDefault,
      group_by: ["alertname", "namespace", ownerLabel, toolLabel, modelLabel],
      group_wait: "30s",
      group_interval: "5m",
      repeat_interval: "12h",
      routes: [
        // Fires for ever: when it stops coming, Prometheus or Alertmanager is gone. Sent well within the usual patience of a switch.
        {
          receiver: watchdogOwner ?? nobody,
          matchers: ['alertname="Watchdog"'],
          group_wait: "0s",
          group_interval: "1m",
          repeat_interval: "2m",
        },
        { receiver: nobody, matchers: ['severity=~"info|none"'] }, // For looking at, not for waking people.
        ...people.map((owner) => ({ receiver: owner, matchers: [`${ownerLabel}="${owner}"`] })),
      ],
    },
    inhibit_rules: inhibitions,
    receivers: [{ name: nobody }, ...owners.map((owner) => receiver(owner, targets[owner]!, grafanaUrl))],
  };
}
