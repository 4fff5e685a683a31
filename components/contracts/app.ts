/** What an app may know of its surroundings. Narrow on purpose: no app sees a cloud, the settings or another app. */
import type * as pulumi from "@pulumi/pulumi";
import type { Dependency } from "../lib/dependencies";
import { nodeGroupLabel, purposeLabel } from "../lib/labels";
import type { Ingress, NodeClass } from "./foundation";

/** Nodes that a pod is sent to. Empty where the cluster sets none aside. */
export interface Placement {
  nodeSelector: Record<string, string>;
  tolerations: { key: string; operator: "Equal"; value: string; effect: NodeClass["taints"][number]["effect"] }[];
}

/** How people reach an app. */
export interface Address {
  /** Full host name. */
  host: string;
  /** `https://host`, or `http://` where there is no TLS. */
  url: string;
  ingress: Ingress;
  /** TLS Secret in the app's namespace; absent where the load balancer ends TLS or there is none. */
  tlsSecretName?: string;
}

/** What each role may do in every tool. */
export type Role = "admin" | "editor" | "viewer";

/** Who people are, and what they may do. */
export type SignIn = SignInProvider & {
  clientId: string;
  /** The client's secret. Only ever put into a Secret; charts get that Secret's name. */
  clientSecret: pulumi.Output<string>;
  /** From the provider's group (a team of the organization on GitHub) to a role. */
  groups: Record<string, Role>;
};

export type SignInProvider =
  | { provider: "github"; organization: string }
  | { provider: "google"; hostedDomain: string }
  /** Cognito is reached as the OpenID Connect provider that it is. */
  | { provider: "oidc"; issuer: string; groupsClaim: string };

/** What every app gets. */
export interface AppSurroundings {
  /** Depend on these before scheduling a pod. */
  ready: Dependency[];
  /** Where the app's own pods run. */
  placement: Placement;
  /** Absent: the cluster's default class. */
  storageClass?: string;
  /** Absent where the app is reached by port forwarding only. */
  address?: Address;
  /** Absent only where there is no address either, or on one's own machine. */
  signIn?: SignIn;
  /** Depend on these before making a ServiceMonitor; absent where nothing monitors. */
  monitors?: Dependency[];
  /** Whether the app's secrets and volumes outlive the stack. */
  keepData: boolean;
  /** Values of the chart that no setting covers, merged last. */
  values: Record<string, unknown>;
}

/**
 * Chooses nodes of a purpose: its own class, else `apps`, else `system`, else any node. Only the label of the purpose is asked
 * for, so that several groups of one purpose share the work; GPU nodes are asked for by group.
 */
export function placementFor(classes: NodeClass[], purpose: NodeClass["purpose"], gpu = false): Placement {
  const order = gpu ? [purpose] : ([purpose, "apps", "system"] as const);
  for (const wanted of order) {
    const found = classes.filter((each) => each.purpose === wanted && each.gpu === gpu);
    if (found.length === 0) continue;
    const { labels } = found[0]!;
    const group = labels[nodeGroupLabel];
    // Nodes that the platform did not make go by the labels that somebody gave them.
    const byPurpose = labels[purposeLabel] === undefined ? labels : { [purposeLabel]: wanted };
    return {
      nodeSelector: gpu && group !== undefined ? { [nodeGroupLabel]: group } : byPurpose,
      tolerations: found
        .flatMap((each) => each.taints)
        .map(({ key, value, effect }) => ({ key, operator: "Equal", value, effect })),
    };
  }
  return { nodeSelector: {}, tolerations: [] };
}
