import type * as pulumi from "@pulumi/pulumi";
import { defaultOwner } from "../apps/monitoring/alertmanager";
import { type MonitoringSettings, monitoring } from "../settings/monitoring";
import type { Settings } from "../settings/settings";

/** Topics that mails need, by the owner of a receiver. */
export type Topics = Record<string, { arn: pulumi.Input<string> }>;

type Receivers = Pick<MonitoringSettings, "receivers" | "defaultReceiver" | "watchdogReceiver">;

/**
 * The receiver that alarms of CloudWatch and budgets tell for an owner: the one that Alertmanager tells, as far as it is a topic. For who
 * reads Slack or takes a webhook it is the default receiver, or else the first that has a topic: better somebody than nobody.
 */
export function alarmReceiver(told: Receivers | undefined, owner?: string): string | undefined {
  if (told === undefined) return undefined;
  const { receivers, defaultReceiver, watchdogReceiver } = told;
  const byDefault = defaultOwner({
    targets: receivers,
    ...(defaultReceiver === undefined ? {} : { defaultOwner: defaultReceiver }),
    ...(watchdogReceiver === undefined ? {} : { watchdogOwner: watchdogReceiver }),
  });
  return [...(owner === undefined ? [] : [owner]), byDefault, ...Object.keys(receivers)].find((name) => {
    const kind = Object.hasOwn(receivers, name) ? receivers[name]!.kind : undefined;
    return kind === "email" || kind === "sns";
  });
}

/** Address below which runbooks are found, also where nothing is monitored. */
export function runbooksOf(settings: Pick<Settings, "monitoring">): string {
  return (settings.monitoring ?? monitoring.parse({})).runbooks;
}

/** The topic of that receiver, in a list that is empty where nobody has one. */
export function alarmTopicArns(told: Receivers | undefined, topics: Topics, owner?: string): pulumi.Input<string>[] {
  const name = alarmReceiver(told, owner);
  const receiver = name === undefined ? undefined : told!.receivers[name];
  if (receiver?.kind === "sns") return [receiver.topicArn];
  return receiver?.kind === "email" ? [topics[name!]!.arn] : [];
}

/** The topic that hears of the budget, unless the budget writes to everybody it would reach anyway. */
export function budgetTopicArns(
  { monitoring: told, governance }: Pick<Settings, "monitoring" | "governance">,
  topics: Topics,
): pulumi.Input<string>[] {
  const name = alarmReceiver(told);
  const receiver = name === undefined ? undefined : told!.receivers[name];
  const written = governance?.budget?.notifyEmails ?? [];
  if (receiver?.kind === "email" && receiver.addresses.every((each) => written.includes(each))) return [];
  return alarmTopicArns(told, topics);
}
