import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { ChartName } from "../../../charts/lock";
import { chartSource } from "../../../charts/source";
import { after, type Dependency } from "../../lib/dependencies";

/** A controller that brings kinds of its own. */
export interface OperatorArgs {
  chart: ChartName;
  namespace: string;
  /** On which it answers the API server, whose address no policy can name. */
  webhookPortNumber: number;
  /** From facts; literal, so that the preview shows every object. */
  values: Record<string, unknown>;
}

/** One pinned chart in a namespace of its own. */
export class Operator extends pulumi.ComponentResource {
  /** Depend on these from every resource of the operator's kinds: it must be there to take them down. */
  readonly ready: Dependency[];

  constructor(name: string, args: OperatorArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:foundation:Operator", name, {}, opts);
    const child = { parent: this };
    const namespace = new k8s.core.v1.Namespace(
      name,
      { metadata: { name: args.namespace, labels: { "pod-security.kubernetes.io/enforce": "restricted" } } },
      child,
    );
    // What goes out stays open: the API server, the instances of its kinds and, of cert-manager, an authority.
    const closed = new k8s.networking.v1.NetworkPolicy(
      name,
      {
        metadata: { name: "webhook-alone", namespace: args.namespace },
        spec: {
          podSelector: {},
          policyTypes: ["Ingress"],
          ingress: [{ ports: [{ port: args.webhookPortNumber, protocol: "TCP" }] }],
        },
      },
      { ...child, dependsOn: after(namespace) },
    );
    const chart = new k8s.helm.v4.Chart(
      name,
      { ...chartSource(args.chart), name: args.chart, namespace: args.namespace, values: args.values },
      { ...child, dependsOn: after(namespace) },
    );
    this.ready = [chart, chart.resources, closed];
    this.registerOutputs();
  }
}
