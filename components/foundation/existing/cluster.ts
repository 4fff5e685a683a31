import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Cluster, NodeClass } from "../../contracts/foundation";
import type { Dependency } from "../../lib/dependencies";
import { purposeLabel } from "../../lib/labels";
import { appliedInPlace } from "../appliedInPlace";
import { definedGroups } from "../ownership/sharedCluster";
import type { KubeconfigContext } from "./kubeconfig";

/** A cluster that somebody else keeps, wherever it runs. */
export interface ExistingClusterArgs {
  context: KubeconfigContext;
  /** Name of the context. Another one is another cluster. */
  contextName: string;
  deleteUnreachable: boolean;
  /** What is used though somebody else made it, such as `crds/monitoring.coreos.com`. */
  adopt: string[];
  nodeClasses: NodeClass[];
  /** Port of the API server as policies see it; absent: the kubeconfig's. */
  apiServerPortNumber?: number;
  storageClass?: string;
  sharedStorageClass?: string;
}

/** The way into a running cluster; nothing of the cluster itself is made or changed. */
export class ExistingCluster extends pulumi.ComponentResource implements Cluster {
  readonly name: pulumi.Output<string>;
  readonly provider: k8s.Provider;
  readonly kubeconfig: pulumi.Output<string>;
  readonly nodeClasses: NodeClass[];
  readonly apiServerPorts: number[];
  readonly definedGroups: string[];
  readonly storageClass?: string;
  readonly sharedStorageClass?: string;
  /** What pods need beside the cluster is added by who makes it. */
  readonly ready: Dependency[];

  constructor(name: string, args: ExistingClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:foundation:ExistingCluster", name, {}, opts);
    this.name = pulumi.output(args.context.clusterName);
    this.kubeconfig = pulumi.secret(args.context.kubeconfig);
    this.provider = new k8s.Provider(
      name,
      {
        kubeconfig: this.kubeconfig,
        // Whatever else of the kubeconfig changes - address, certificate, user - it leads to the same cluster.
        clusterIdentifier: args.contextName,
        ...appliedInPlace,
        // What an earlier run of this stack left behind, on purpose or as it was killed, is taken up again: it carries the stack's
        // label. Anything else that is there is refused before it comes to this; see ownership.ts.
        upsertExistingObjects: true,
        deleteUnreachable: args.deleteUnreachable,
      },
      { parent: this },
    );
    this.nodeClasses = args.nodeClasses.map(nodeClass);
    this.apiServerPorts = apiServerPorts(args);
    this.definedGroups = definedGroups(args.adopt);
    if (args.storageClass !== undefined) this.storageClass = args.storageClass;
    if (args.sharedStorageClass !== undefined) this.sharedStorageClass = args.sharedStorageClass;
    this.ready = [this.provider];
    this.registerOutputs({ name: this.name });
  }
}

/** Nodes go by the labels they are said to have, and by the platform's own where none are said. */
function nodeClass(given: NodeClass): NodeClass {
  return Object.keys(given.labels).length > 0 ? given : { ...given, labels: { [purposeLabel]: given.purpose } };
}

/** Some networks judge a packet by the port of the Service `kubernetes`, others by that of the server behind it. */
function apiServerPorts({ apiServerPortNumber, context }: ExistingClusterArgs): number[] {
  return [...new Set([443, 6443, apiServerPortNumber ?? context.serverPortNumber])];
}
