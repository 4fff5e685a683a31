import type { NodeClass, NodePurpose } from "../../contracts/foundation";
import { instanceTypeFacts } from "../../lib/instanceTypes";
import { gpuResource, nodeGroupLabel, purposeLabel } from "../../lib/labels";

/** A Kubernetes taint. */
export interface Taint {
  key: string;
  value: string;
  effect: "NoSchedule" | "PreferNoSchedule" | "NoExecute";
}

/** A group of nodes as the stack's config describes it. */
export interface NodeGroupArgs {
  purpose: NodePurpose;
  /** EC2 types of one CPU architecture. */
  instanceTypes: string[];
  gpu: boolean;
  spot: boolean;
  minNodes: number;
  maxNodes: number;
  diskGiB: number;
  labels: Record<string, string>;
  taints: Taint[];
}

/** What makes nodes of a group: the same for a managed group and for a Karpenter pool. */
export interface NodePlan extends NodeGroupArgs {
  /** As Kubernetes calls it. */
  architecture: "amd64" | "arm64";
  /** AMI type of a managed node group. */
  amiType: string;
}

/** Keeps pods that ask for no GPU off nodes that have some. */
const gpuTaint: Taint = { key: gpuResource, value: "present", effect: "NoSchedule" };

/** Nodes of these purposes turn away pods that did not ask for them. */
const reservedPurposes: ReadonlySet<NodePurpose> = new Set(["notebooks", "training", "serving"]);

/**
 * Completes a group with its image, labels and taints. Bottlerocket: no shell, read-only root, and its NVIDIA variant brings
 * the device plugin.
 * @see https://docs.aws.amazon.com/eks/latest/APIReference/API_Nodegroup.html
 */
export function planNodes(key: string, group: NodeGroupArgs): NodePlan {
  const arm = instanceTypeFacts(group.instanceTypes[0]!)?.architecture === "arm64";
  const reserved = reservedPurposes.has(group.purpose);
  return {
    ...group,
    architecture: arm ? "arm64" : "amd64",
    amiType: `BOTTLEROCKET_${arm ? "ARM_64" : "x86_64"}${group.gpu ? "_NVIDIA" : ""}`,
    labels: { [purposeLabel]: group.purpose, [nodeGroupLabel]: key, ...group.labels },
    taints: [
      ...(reserved ? [{ key: purposeLabel, value: group.purpose, effect: "NoSchedule" } as const] : []),
      ...(group.gpu ? [gpuTaint] : []),
      ...group.taints,
    ],
  };
}

/** What workloads may ask for. */
export function nodeClass(plan: NodePlan): NodeClass {
  return { purpose: plan.purpose, gpu: plan.gpu, labels: plan.labels, taints: plan.taints };
}

/**
 * With prefix delegation a node has room for more pods than its type's default count; 110 is what EKS recommends below 30 vCPUs.
 * @see https://docs.aws.amazon.com/eks/latest/best-practices/prefix-mode-linux.html
 */
export const maxPodsPerNode = 110;

/** Bottlerocket settings of the nodes of a managed group. */
export const bottlerocketSettings = ["[settings.kubernetes]", `max-pods = ${maxPodsPerNode}`, ""].join("\n");

/** Nodes that somebody else keeps, known by their label alone; those with GPUs may be tainted as a group's own are. */
export function adoptedNodeClass(purpose: NodePurpose, gpu = false): NodeClass {
  return { purpose, gpu, labels: { [purposeLabel]: purpose }, taints: gpu ? [gpuTaint] : [] };
}
