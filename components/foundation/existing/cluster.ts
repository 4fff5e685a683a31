import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Dependency } from "../../lib/dependencies";
import { purposeLabel } from "../../lib/labels";
import { appliedInPlace } from "../appliedInPlace";
import type { Cluster, NodeClass, NodePurpose } from "../contracts";
import type { KubeconfigContext } from "./kubeconfig";

/** A cluster that somebody else keeps, wherever it runs. */
export interface ExistingClusterArgs {
  context: KubeconfigContext;
  /** Name of the context. Another one is another cluster. */
  contextName: string;
  deleteUnreachable: boolean;
  nodeClasses: { purpose: NodePurpose; gpu: boolean; labels: Record<string, string> }[];
  storageClass?: string;
  sharedStorageClass?: string;
}

/** The way into a running cluster; nothing of the cluster itself is made or changed. */
export class ExistingCluster extends pulumi.ComponentResource implements Cluster {
  readonly name: pulumi.Output<string>;
  readonly provider: k8s.Provider;
  readonly kubeconfig: pulumi.Output<string>;
  readonly nodeClasses: NodeClass[];
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
        // What an earlier stack left behind on purpose (data, definitions of custom resources) is taken up again.
        upsertExistingObjects: true,
        deleteUnreachable: args.deleteUnreachable,
      },
      { parent: this },
    );
    this.nodeClasses = args.nodeClasses.map(nodeClass);
    if (args.storageClass !== undefined) this.storageClass = args.storageClass;
    if (args.sharedStorageClass !== undefined) this.sharedStorageClass = args.sharedStorageClass;
    this.ready = [this.provider];
    this.registerOutputs({ name: this.name });
  }
}

/** Nodes go by the labels they are said to have, and by the platform's own where none are said. */
function nodeClass({ purpose, gpu, labels }: ExistingClusterArgs["nodeClasses"][number]): NodeClass {
  return { purpose, gpu, labels: Object.keys(labels).length > 0 ? labels : { [purposeLabel]: purpose }, taints: [] };
}
