import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { ChartName } from "../../../charts/lock";
import { chartSource } from "../../../charts/source";
import type { WorkloadIdentity } from "../../contracts/foundation";
import { after, type Dependency } from "../../lib/dependencies";
import type { PolicyStatement } from "../../lib/statements";

/** Namespace of the controllers that come with the cluster, not with an app. */
export const controllerNamespace = "kube-system";

/** A controller that acts on AWS for the cluster. */
export interface ControllerArgs {
  chart: ChartName;
  /** From facts; literal, so that the preview shows every object. */
  values: Record<string, unknown>;
  skipCrds?: boolean;
  /** Service account of the chart, as the values name it. */
  serviceAccount: string;
  statements: pulumi.Input<PolicyStatement[]>;
  identity: WorkloadIdentity;
  after: Dependency[];
}

/** One pinned chart in `kube-system` with an identity of its own. */
export class Controller extends pulumi.ComponentResource {
  /** Depend on these from whatever the controller must clean up after: it then goes last. */
  readonly ready: Dependency[];

  constructor(name: string, args: ControllerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:foundation:Controller", name, {}, opts);
    const child = { parent: this };
    const granted = args.identity.grant(
      name,
      { namespace: controllerNamespace, serviceAccount: args.serviceAccount, statements: args.statements },
      child,
    );
    const chart = new k8s.helm.v4.Chart(
      name,
      {
        ...chartSource(args.chart),
        name: args.chart,
        namespace: controllerNamespace,
        ...(args.skipCrds === undefined ? {} : { skipCrds: args.skipCrds }),
        values: args.values,
      },
      { ...child, dependsOn: after(granted, ...args.after) }, // Pods started before the grant run without credentials.
    );
    this.ready = [chart, chart.resources];
    this.registerOutputs();
  }
}
