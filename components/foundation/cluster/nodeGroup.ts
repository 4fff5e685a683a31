import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { after, type Dependency } from "../../lib/dependencies";
import { stableJson } from "../../lib/json";
import type { NodePlan, Taint } from "./nodeGroupPlan";
import { templateMark, templateOf, templateTag } from "./nodeGroupTemplate";
import type { RunningGroup } from "./runningCluster";

/** Where and as whom the nodes of a managed group run. */
export interface NodeGroupPlacement {
  clusterName: pulumi.Input<string>;
  plan: NodePlan;
  /** Kubernetes minor version of the control plane, which the nodes follow. */
  kubernetesVersion: string;
  /** Release of the image, with its hash; absent: EKS's choice when the group is made or its version moves. */
  imageRelease?: string;
  /** The group as it runs; absent before it is made. */
  running?: RunningGroup;
  roleArn: pulumi.Input<string>;
  subnetIds: pulumi.Input<string[]>;
  /** On instances, volumes and interfaces: a launch template does not inherit the provider's default tags. */
  tags: Record<string, string>;
  /** Encrypts the volumes of nodes that come from now on; its policy lets EC2 use it for the account. */
  keyArn: pulumi.Input<string>;
  /** What a node needs to become ready: its role's policies, the network add-on. */
  after: Dependency[];
}

const taintEffects: Record<Taint["effect"], string> = {
  NoSchedule: "NO_SCHEDULE",
  PreferNoSchedule: "PREFER_NO_SCHEDULE",
  NoExecute: "NO_EXECUTE",
};

/**
 * A managed node group. Its number of nodes belongs to the autoscaler, and is sent as it was read. Another version, image or disk
 * rolls the nodes one by one, each new one before an old one is drained; another instance type, kind of image or capacity makes
 * a new group of as many nodes before EKS drains the old one. Tags and keys alone roll nothing: the next nodes of a rolled group have them.
 * @see https://docs.aws.amazon.com/eks/latest/userguide/managed-node-update-behavior.html
 */
export class NodeGroup extends pulumi.ComponentResource {
  /** Name of the Auto Scaling group that EKS keeps for it. */
  readonly scalingGroupName: () => pulumi.Output<string>;

  constructor(name: string, args: NodeGroupPlacement, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:foundation:NodeGroup", name, {}, opts);
    const { plan, running } = args;
    const template = new aws.ec2.LaunchTemplate(
      name,
      {
        ...templateOf(plan, args.keyArn),
        tagSpecifications: ["instance", "volume", "network-interface"].map((resourceType) => ({
          resourceType,
          tags: { Name: name, ...args.tags },
        })),
        updateDefaultVersion: true,
      },
      { parent: this },
    );
    const capacityType = plan.spot ? "SPOT" : "ON_DEMAND";
    const wanted = templateMark(plan);
    const follows = running?.templateVersion === undefined || (running.templateMark ?? wanted) !== wanted;
    const group = new aws.eks.NodeGroup(
      name,
      {
        clusterName: args.clusterName,
        nodeRoleArn: args.roleArn,
        subnetIds: args.subnetIds,
        version: args.kubernetesVersion,
        ...(args.imageRelease === undefined ? {} : { releaseVersion: args.imageRelease }),
        amiType: plan.amiType,
        capacityType,
        instanceTypes: plan.instanceTypes,
        launchTemplate: {
          id: template.id,
          version: follows ? template.latestVersion.apply(String) : running.templateVersion!,
        },
        labels: plan.labels,
        taints: plan.taints.map((taint) => ({ ...taint, effect: taintEffects[taint.effect] })),
        scalingConfig: {
          minSize: plan.minNodes,
          maxSize: plan.maxNodes,
          desiredSize: running ? Math.min(Math.max(running.nodes, plan.minNodes), plan.maxNodes) : plan.minNodes,
        },
        updateConfig: { maxUnavailable: 1 },
        tags: { [templateTag]: wanted },
      },
      {
        parent: this,
        dependsOn: after(...args.after),
        // The autoscaler moves it all day. The provider sends it with each change of the limits, and gives it to a group that takes
        // another's place: there it is the number that was read.
        ignoreChanges: staysAsItIs(plan, capacityType, running) ? ["scalingConfig.desiredSize"] : [],
      },
    );
    this.scalingGroupName = () => group.resources.apply(([first]) => first!.autoscalingGroups[0]!.name);
    this.registerOutputs();
  }
}

/** Whether neither the limits of a group change nor anything that makes EKS replace it. */
function staysAsItIs(plan: NodePlan, capacityType: string, running: RunningGroup | undefined): boolean {
  return (
    running === undefined ||
    (running.minNodes === plan.minNodes &&
      running.maxNodes === plan.maxNodes &&
      running.amiType === plan.amiType &&
      running.capacityType === capacityType &&
      stableJson(running.instanceTypes) === stableJson(plan.instanceTypes))
  );
}
