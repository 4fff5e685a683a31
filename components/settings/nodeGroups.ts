import { z } from "zod";
import { dnsLabel, instanceType, whole } from "./formats";

/** What a group of nodes is for. Workloads ask for a purpose, never for a group. */
export const purposes = ["system", "apps", "notebooks", "training", "serving"] as const;
export type Purpose = (typeof purposes)[number];

/** What runs on the nodes of one purpose. */
export const purpose = () =>
  z
    .enum(purposes)
    .describe(
      "What runs here. A purpose that no group serves runs on the `apps` groups, and on `system` where there are none.",
    );

/** The key of a label, a taint or an annotation. https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set */
export const labelKey = z
  .string()
  .max(317)
  .regex(
    /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/,
    "a Kubernetes label key such as team or example.com/team",
  );
export const labelValue = z
  .string()
  .regex(
    /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/,
    "a Kubernetes label value: at most 63 letters, digits, -, _ or .",
  );

/** A taint of nodes. */
export const taint = z
  .strictObject({
    key: labelKey.describe("Key of the taint.").meta({ examples: ["dedicated"] }),
    value: labelValue.default("").describe("Value of the taint; may be empty."),
    effect: z
      .enum(["NoSchedule", "PreferNoSchedule", "NoExecute"])
      .default("NoSchedule")
      .describe("What happens to pods without a toleration; `NoExecute` also evicts running ones."),
  })
  .meta({ title: "taint" });

/** One group of nodes. */
export const nodeGroup = z
  .strictObject({
    purpose: purpose().meta({ examples: ["apps"] }),
    instanceTypes: z
      .array(instanceType())
      .min(1, "at least one instance type")
      .max(20)
      .describe(
        "EC2 instance types on Nitro of one CPU architecture, `medium` or larger, preferred first. Several make " +
          "spot interruptions rarer.",
      )
      .meta({ examples: [["m7i.large"]] }),
    gpu: z
      .boolean()
      .default(false)
      .describe("The instance types have NVIDIA GPUs: the group gets the GPU image, the device plugin and a taint."),
    spot: z
      .boolean()
      .default(false)
      .describe("Use spare capacity: much cheaper, and taken away with two minutes' notice. Refused for `system`."),
    minNodes: whole(0, 1000)
      .default(0)
      .describe("Nodes kept even when idle. 0 scales to zero; the first pod then waits for a node."),
    maxNodes: whole(1, 1000).default(3).describe("Most nodes the autoscaler may start: the limit of cost."),
    diskGiB: whole(20, 16384)
      .default(50)
      .describe("Data volume of each node in GiB, for images and scratch space. GPU images alone can take 20."),
    labels: z.record(labelKey, labelValue).default({}).describe("More Kubernetes labels on the nodes."),
    taints: z.array(taint).default([]).describe("More taints; pods without a matching toleration stay away."),
  })
  .meta({ title: "node group" });

/**
 * `foundation.cluster.nodeGroups`: from name to group. EKS allows a node group 63 characters; `mlplatform-nodes-` in front and
 * a suffix of 8 behind leave 38.
 */
export const nodeGroups = z.record(dnsLabel(38), nodeGroup).meta({
  examples: [{ system: { purpose: "system", instanceTypes: ["m7i.large"], minNodes: 2, maxNodes: 4 } }],
});

export type NodeGroupSettings = z.output<typeof nodeGroup>;
export type NodeGroupsSettings = z.output<typeof nodeGroups>;
