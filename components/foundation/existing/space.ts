import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { after, type Dependency } from "../../lib/dependencies";

/** Namespace of what the platform keeps, and of the Secrets that a stack's config names. */
export const platformNamespace = "mlplatform";

/** Names and ports that every pod may need to look up other pods. */
export const dns: k8s.types.input.networking.v1.NetworkPolicyEgressRule = {
  ports: [
    { port: 53, protocol: "UDP" },
    { port: 53, protocol: "TCP" },
  ],
};

/** The namespace `mlplatform`. */
export interface SpaceArgs {
  /** Stays when the stack goes: it holds data, or Secrets that somebody else put there. */
  keep: boolean;
  protect: boolean;
}

/** A namespace in which pods reach only what they were let through to. */
export class Space extends pulumi.ComponentResource {
  readonly ready: Dependency[];

  constructor(name: string, args: SpaceArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:foundation:Space", name, {}, opts);
    const child = { parent: this };
    const namespace = new k8s.core.v1.Namespace(
      name,
      { metadata: { name: platformNamespace, labels: { "pod-security.kubernetes.io/enforce": "restricted" } } },
      { ...child, protect: args.protect, retainOnDelete: args.keep },
    );
    const closed = new k8s.networking.v1.NetworkPolicy(
      `${name}-closed`,
      {
        metadata: { name: "closed", namespace: platformNamespace },
        spec: { podSelector: {}, policyTypes: ["Ingress", "Egress"] },
      },
      { ...child, dependsOn: after(namespace) },
    );
    this.ready = [namespace, closed];
    this.registerOutputs();
  }
}
