import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { stringify } from "yaml";
import type { SignIn } from "../../contracts/app";
import { after, type Dependency } from "../../lib/dependencies";
import { type AlertTarget, alertmanagerConfig, receiversSecretName } from "./alertmanager";

/** Where the alerts of one owner go; mails are a topic of `AlertTopic`. */
export type AlertReceiver =
  | (Exclude<AlertTarget, { kind: "sns" }> & {
      /** Address to which alerts are written. Secret. */
      url: pulumi.Input<string>;
    })
  /** The topic may be one that this stack makes. */
  | { kind: "sns"; topicArn: pulumi.Input<string> };

/** Everything that Grafana and Alertmanager are given by the name of a Secret. */
export interface MonitoringSecretsArgs {
  namespace: string;
  /** By owner. */
  receivers: Record<string, AlertReceiver>;
  defaultReceiver?: string;
  watchdogReceiver?: string;
  grafanaUrl?: string;
  signIn?: Pick<SignIn, "clientSecret">;
  /** The namespace. */
  after: Dependency[];
}

export const monitoringSecretNames = {
  admin: "grafana-admin",
  signIn: "grafana-sign-in",
  alertmanager: "alertmanager-config",
  receivers: receiversSecretName,
};

/** Addresses of receivers that are secret, by owner. */
export function receiverAddresses(receivers: Record<string, AlertReceiver>): Record<string, pulumi.Input<string>> {
  return Object.fromEntries(
    Object.entries(receivers).flatMap(([owner, each]) => (each.kind === "sns" ? [] : [[owner, each.url]])),
  );
}

/** Grafana's administrator, generated once; its client secret; and Alertmanager's configuration. */
export class MonitoringSecrets extends pulumi.ComponentResource {
  /** Depend on these before any pod. */
  readonly ready: pulumi.Resource[];

  constructor(name: string, args: MonitoringSecretsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:apps:MonitoringSecrets", name, {}, opts);
    const child = { parent: this };
    const secret = (role: keyof typeof monitoringSecretNames, stringData: Record<string, pulumi.Input<string>>) =>
      new k8s.core.v1.Secret(
        `${name}-${role}`,
        { metadata: { name: monitoringSecretNames[role], namespace: args.namespace }, stringData },
        { ...child, dependsOn: after(...args.after) },
      );
    const password = new random.RandomPassword(`${name}-admin`, { length: 40, special: false }, child);
    const addresses = receiverAddresses(args.receivers);
    this.ready = [
      secret("admin", { "admin-user": "admin", "admin-password": password.result }),
      // A Secret, since the operator asks for one; and an object of ours, since topics may be known only later.
      secret("alertmanager", { "alertmanager.yaml": configuration(args) }),
      ...(Object.keys(addresses).length === 0 ? [] : [secret("receivers", addresses)]),
      ...(args.signIn === undefined ? [] : [secret("signIn", { "client-secret": args.signIn.clientSecret })]),
    ];
    this.registerOutputs();
  }
}

function configuration(args: MonitoringSecretsArgs): pulumi.Output<string> {
  const { defaultReceiver, watchdogReceiver, grafanaUrl } = args;
  const receivers = pulumi.output(
    Object.fromEntries(Object.entries(args.receivers).map(([owner, each]) => [owner, withoutAddress(each)])),
  ) as pulumi.Output<Record<string, AlertTarget>>;
  return receivers.apply((targets) =>
    stringify(
      alertmanagerConfig({
        targets,
        ...(defaultReceiver === undefined ? {} : { defaultOwner: defaultReceiver }),
        ...(watchdogReceiver === undefined ? {} : { watchdogOwner: watchdogReceiver }),
        ...(grafanaUrl === undefined ? {} : { grafanaUrl }),
      }),
      { lineWidth: 0 },
    ),
  );
}

function withoutAddress(receiver: AlertReceiver) {
  if (receiver.kind === "sns") return receiver;
  const { url: _, ...target } = receiver;
  return target;
}
