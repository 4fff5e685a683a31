import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { after, type Dependency } from "../../lib/dependencies";
import { maxPodsPerNode, type NodePlan } from "./nodeGroupPlan";

/** Version of Bottlerocket where settings name none: the first with images for every Kubernetes version that they allow. https://github.com/bottlerocket-os/bottlerocket/blob/develop/CHANGELOG.md */
export const karpenterImageVersion = "1.61.0";

/** Which nodes Karpenter may start for one group of the stack's config. */
export interface KarpenterPoolArgs {
  /** Name of the NodePool and of its EC2NodeClass. */
  poolName: string;
  plan: NodePlan;
  clusterName: string;
  instanceProfile: pulumi.Input<string>;
  securityGroupId: pulumi.Input<string>;
  subnetIds: pulumi.Input<string[]>;
  consolidateAfterMinutes: number;
  /** Version of Bottlerocket. */
  imageVersion: string;
  /** Encrypts the volumes of nodes. */
  keyArn: pulumi.Input<string>;
  tags: Record<string, string>;
  after: Dependency[];
}

/**
 * One NodePool and its EC2NodeClass. A node leaves only when it is empty: moving pods to save money ends training runs and
 * notebooks.
 * @see https://karpenter.sh/docs/concepts/disruption/#nodepool-disruption-budgets
 */
export class KarpenterPool extends pulumi.ComponentResource {
  constructor(name: string, args: KarpenterPoolArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:foundation:KarpenterPool", name, {}, opts);
    const child = { parent: this };
    const { plan, poolName } = args;
    const volume = { volumeType: "gp3", encrypted: true, kmsKeyID: args.keyArn, deleteOnTermination: true };
    const image = new k8s.apiextensions.CustomResource(
      `${name}-class`,
      {
        apiVersion: "karpenter.k8s.aws/v1",
        kind: "EC2NodeClass",
        metadata: { name: poolName },
        spec: {
          // `latest` would have Karpenter replace every node at each release of AWS.
          amiSelectorTerms: [{ alias: `bottlerocket@v${args.imageVersion}` }],
          instanceProfile: args.instanceProfile,
          subnetSelectorTerms: pulumi.output(args.subnetIds).apply((ids) => ids.map((id) => ({ id }))),
          securityGroupSelectorTerms: [{ id: args.securityGroupId }],
          metadataOptions: { httpEndpoint: "enabled", httpTokens: "required", httpPutResponseHopLimit: 1 },
          blockDeviceMappings: [
            { deviceName: "/dev/xvda", ebs: { ...volume, volumeSize: "4Gi" } },
            { deviceName: "/dev/xvdb", ebs: { ...volume, volumeSize: `${plan.diskGiB}Gi` } },
          ],
          kubelet: { maxPods: maxPodsPerNode },
          tags: { ...args.tags, Name: `${args.clusterName}-${poolName}` },
        },
      },
      { ...child, dependsOn: after(...args.after) },
    );
    new k8s.apiextensions.CustomResource(
      name,
      {
        apiVersion: "karpenter.sh/v1",
        kind: "NodePool",
        metadata: { name: poolName },
        spec: {
          template: {
            metadata: { labels: plan.labels },
            spec: {
              nodeClassRef: { group: "karpenter.k8s.aws", kind: "EC2NodeClass", name: poolName },
              taints: plan.taints,
              requirements: [
                { key: "node.kubernetes.io/instance-type", operator: "In", values: plan.instanceTypes },
                { key: "kubernetes.io/arch", operator: "In", values: [plan.architecture] },
                { key: "karpenter.sh/capacity-type", operator: "In", values: [plan.spot ? "spot" : "on-demand"] },
              ],
              expireAfter: "Never",
            },
          },
          limits: { nodes: String(plan.maxNodes) },
          disruption: {
            consolidationPolicy: "WhenEmpty",
            consolidateAfter: `${args.consolidateAfterMinutes}m`,
            // Another image, tag or disk is for new nodes; those that work go on until they are empty.
            budgets: [
              { nodes: "100%", reasons: ["Empty"] },
              { nodes: "0", reasons: ["Drifted", "Underutilized"] },
            ],
          },
        },
      },
      { ...child, dependsOn: image },
    );
    this.registerOutputs();
  }
}
