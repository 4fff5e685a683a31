import { z } from "zod";
import { adoptable, cidr, defaultKind, principalArn, whole } from "./formats";
import { logRetention } from "./network";
import { nodeGroups, purposes } from "./nodeGroups";

/** EKS versions in standard or extended support that the pinned add-ons are known to run on. */
export const kubernetesVersions = ["1.33", "1.34", "1.35", "1.36"] as const;

const endpoint = z.discriminatedUnion("access", [
  z
    .strictObject({
      access: defaultKind("private").describe("Reachable from inside the VPC, and from networks joined to it."),
      allowedCidrs: z
        .array(cidr())
        .max(40)
        .default([])
        .describe(
          "Private blocks outside the VPC that may reach the Kubernetes API, such as a VPN's or a peered network's. The VPC's own " +
            "always may.",
        ),
    })
    .meta({ title: "private endpoint" }),
  z
    .strictObject({
      access: z.literal("public").describe("Also reachable from the blocks listed, with valid credentials."),
      allowedCidrs: z
        .array(cidr())
        .min(1, "at least one block")
        .max(40)
        .describe("Blocks that may reach the Kubernetes API from outside, such as the office's. 0.0.0.0/0 is refused.")
        .meta({ examples: [["203.0.113.0/24"]] }),
    })
    .meta({ title: "public endpoint" }),
]);

const scaling = z.discriminatedUnion("kind", [
  z
    .strictObject({
      kind: defaultKind("nodeGroups").describe("Managed node groups, sized by the cluster autoscaler."),
    })
    .meta({ title: "managed node groups" }),
  z
    .strictObject({
      kind: z
        .literal("karpenter")
        .describe(
          "Karpenter starts single nodes to fit. The `system` groups stay managed, at the size that their `minNodes` says, " +
            "at least 2 together; every other group becomes a pool: its `minNodes` must be 0, and `maxNodes` is the pool's limit.",
        ),
      consolidateAfterMinutes: whole(1, 1440)
        .default(10)
        .describe("Minutes that a node stands empty before it is removed. Nodes with running pods are left alone."),
    })
    .meta({ title: "Karpenter" }),
]);

const createdCluster = z
  .strictObject({
    kind: defaultKind("create").describe("Make an EKS cluster for this platform."),
    version: z
      .enum(kubernetesVersions)
      .default("1.35")
      .describe(
        "Kubernetes version, in quotes: of the control plane, the add-ons and the managed nodes, which follow in this order. EKS goes up one " +
          "minor version at a time and never back.",
      ),
    nodeImageVersion: z
      .string()
      .regex(/^\d+\.\d+\.\d+$/, "a version of Bottlerocket such as 1.61.0")
      .optional()
      .describe(
        "Version of Bottlerocket on the nodes: another one rolls managed nodes, one by one, and is for new nodes of Karpenter. Without it " +
          "managed groups keep what EKS chose when they were made or `version` moved, and Karpenter starts one that this program names.",
      )
      .meta({ examples: ["1.61.0"] }),
    endpoint: endpoint
      .prefault({})
      .describe(
        "Who reaches the Kubernetes API. With `private`, whoever runs `pulumi up` must be inside the VPC or on its VPN, " +
          "since the program talks to the cluster.",
      ),
    admins: z
      .array(principalArn())
      .default([])
      .describe(
        "IAM roles or users with all rights in the cluster. Whoever creates it, such as `assumeRoleArn`, has them already and " +
          "must not be listed.",
      ),
    viewers: z
      .array(principalArn())
      .default([])
      .describe(
        "IAM roles or users that may read most things but secrets; EKS's view policy also leaves out nodes and volumes.",
      ),
    controlPlaneLogs: z
      .array(z.enum(["api", "audit", "authenticator", "controllerManager", "scheduler"]))
      .default(["api", "audit", "authenticator", "controllerManager", "scheduler"])
      .describe("Control-plane logs sent to CloudWatch. Without `audit` nobody can say who did what."),
    logRetentionDays: logRetention().default(30).describe("Days that control-plane logs are kept."),
    sharedStorage: z
      .boolean()
      .default(false)
      .describe(
        "Add an EFS file system for volumes that many pods write; without it volumes belong to one node at a time.",
      ),
    scaling: scaling.prefault({}).describe("Who starts and stops nodes."),
    nodeGroups: nodeGroups
      .prefault({ system: { purpose: "system", instanceTypes: ["m7i.large"], minNodes: 2, maxNodes: 4 } })
      .describe(
        "From name to group of nodes. At least one has the purpose `system`, is neither spot nor GPU and never scales " +
          "below 1: the controllers that start every other node run there.",
      ),
  })
  .meta({ title: "created cluster" });

const adoptedCluster = z
  .strictObject({
    kind: z.literal("adopt").describe("Use an EKS cluster that exists. Its nodes and add-ons stay someone else's."),
    name: z
      .string()
      .regex(/^[0-9A-Za-z][A-Za-z0-9_-]{0,99}$/, "the name of an EKS cluster: letters, digits, - and _, at most 100")
      .describe("Name of the EKS cluster. It must use access entries and run the Pod Identity agent.")
      .meta({ examples: ["company-cluster"] }),
    adopt: z
      .array(adoptable())
      .default([])
      .describe(
        "What the platform may use though somebody else made it: `namespace/NAME` to put its objects into a namespace that is there, " +
          "`crds/GROUP` to use definitions of custom resources that are there. It is neither changed nor deleted. Anything else that " +
          "is there and has no label of this stack is refused.",
      )
      .meta({ examples: [["namespace/monitoring", "crds/monitoring.coreos.com"]] }),
    nodeClasses: z
      .array(z.enum(purposes))
      .default([])
      .describe(
        "Purposes that the cluster's nodes are labelled for (`mlplatform/purpose`). Empty means that pods run on any node.",
      ),
    gpuNodeClasses: z
      .array(z.enum(purposes))
      .default([])
      .describe(
        "Purposes that nodes which offer `nvidia.com/gpu` are labelled for, tainted `nvidia.com/gpu=present:NoSchedule` or not at " +
          "all. Where no node class is given pods that ask for GPUs go wherever some are.",
      ),
  })
  .meta({ title: "adopted cluster" });

const noCluster = z
  .strictObject({
    kind: z
      .literal("none")
      .describe(
        "No Kubernetes, no database and no tools: models of `s3://….tar.gz` on SageMaker, batch transform, Studio, tables, alarms of CloudWatch.",
      ),
  })
  .meta({ title: "no cluster" });

/** `foundation.cluster` on AWS. */
export const cluster = z.discriminatedUnion("kind", [createdCluster, adoptedCluster, noCluster]);

export type CreatedClusterSettings = z.output<typeof createdCluster>;
export type AdoptedClusterSettings = z.output<typeof adoptedCluster>;
export type ClusterSettings = z.output<typeof cluster>;
