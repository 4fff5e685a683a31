import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { ChartName } from "../../../charts/lock";
import { chartSource } from "../../../charts/source";
import { after, type Dependency } from "../../lib/dependencies";

/** A controller that brings kinds of its own. */
export interface OperatorArgs {
  chart: ChartName;
  namespace: string;
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
    const chart = new k8s.helm.v4.Chart(
      name,
      { ...chartSource(args.chart), name: args.chart, namespace: args.namespace, values: args.values },
      { ...child, dependsOn: after(namespace) },
    );
    this.ready = [chart, chart.resources];
    this.registerOutputs();
  }
}
