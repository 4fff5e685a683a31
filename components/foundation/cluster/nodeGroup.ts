import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { after, type Dependency } from "../../lib/dependencies";
import { bottlerocketSettings, type NodePlan, type Taint } from "./nodeGroupPlan";

/** Where and as whom the nodes of a managed group run. */
export interface NodeGroupPlacement {
  clusterName: pulumi.Input<string>;
  plan: NodePlan;
  roleArn: pulumi.Input<string>;
  subnetIds: pulumi.Input<string[]>;
  /** On instances, volumes and interfaces: a launch template does not inherit the provider's default tags. */
  tags: Record<string, string>;
  /** What a node needs to become ready: its role's policies, the network add-on. */
  after: Dependency[];
}

const taintEffects: Record<Taint["effect"], string> = {
  NoSchedule: "NO_SCHEDULE",
  PreferNoSchedule: "PREFER_NO_SCHEDULE",
  NoExecute: "NO_EXECUTE",
};

/**
 * A managed node group. Changing instance types, image or disk rolls the nodes; the autoscaler owns their number.
 * @see https://docs.aws.amazon.com/eks/latest/userguide/launch-templates.html
 */
export class NodeGroup extends pulumi.ComponentResource {
  constructor(name: string, args: NodeGroupPlacement, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:foundation:NodeGroup", name, {}, opts);
    const { plan } = args;
    const template = new aws.ec2.LaunchTemplate(
      name,
      {
        // Pods get credentials from Pod Identity; with one hop they cannot reach the node's own.
        metadataOptions: { httpEndpoint: "enabled", httpTokens: "required", httpPutResponseHopLimit: 1 },
        blockDeviceMappings: [
          // Bottlerocket keeps its system on the first volume, of a size of its own, and images and scratch space on the second.
          { deviceName: "/dev/xvda", ebs: { volumeType: "gp3", encrypted: "true", deleteOnTermination: "true" } },
          {
            deviceName: "/dev/xvdb",
            ebs: { volumeSize: plan.diskGiB, volumeType: "gp3", encrypted: "true", deleteOnTermination: "true" },
          },
        ],
        userData: Buffer.from(bottlerocketSettings).toString("base64"),
        tagSpecifications: ["instance", "volume", "network-interface"].map((resourceType) => ({
          resourceType,
          tags: { Name: name, ...args.tags },
        })),
        updateDefaultVersion: true,
      },
      { parent: this },
    );
    new aws.eks.NodeGroup(
      name,
      {
        clusterName: args.clusterName,
        nodeRoleArn: args.roleArn,
        subnetIds: args.subnetIds,
        amiType: plan.amiType,
        capacityType: plan.spot ? "SPOT" : "ON_DEMAND",
        instanceTypes: plan.instanceTypes,
        launchTemplate: { id: template.id, version: template.latestVersion.apply(String) },
        labels: plan.labels,
        taints: plan.taints.map((taint) => ({ ...taint, effect: taintEffects[taint.effect] })),
        scalingConfig: { minSize: plan.minNodes, maxSize: plan.maxNodes, desiredSize: plan.minNodes },
        updateConfig: { maxUnavailable: 1 },
      },
      {
        parent: this,
        dependsOn: after(...args.after),
        ignoreChanges: ["scalingConfig.desiredSize"], // The autoscaler moves it all day.
      },
    );
    this.registerOutputs();
  }
}
