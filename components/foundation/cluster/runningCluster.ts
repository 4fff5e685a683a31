import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import type { CreatedClusterSettings } from "../../settings/cluster";
import { SettingsProblems } from "../../settings/problems";
import { type AddonName, type AddonVersions, addonNames, kubernetesTag } from "./addon";
import { planNodes } from "./nodeGroupPlan";
import { templateTag } from "./nodeGroupTemplate";

/** A managed node group as it runs, before anything is changed. */
export interface RunningGroup {
  minNodes: number;
  maxNodes: number;
  /** Nodes that it has, as the autoscaler left them. */
  nodes: number;
  amiType: string;
  capacityType: string;
  instanceTypes: string[];
  /** Version of its launch template. */
  templateVersion?: string;
  /** Mark of what that version says beside tags. */
  templateMark?: string;
}

/** What of the stack's own cluster is chosen by what is there, in plain values. */
export interface ClusterState {
  versions: AddonVersions;
  /** Node groups by their name in EKS. */
  groups: Record<string, RunningGroup>;
  /** Release of the nodes' image for each node group of the settings, where they name one. */
  imageReleases: Record<string, string>;
}

/**
 * Looks at the stack's own cluster, which need not be there yet: the number of nodes and the versions of add-ons belong to others
 * too, and are read before they are written.
 * @throws SettingsProblems where the cluster cannot become what the settings say.
 */
export async function lookAtOwnCluster(
  clusterName: string,
  settings: CreatedClusterSettings,
  opts: pulumi.InvokeOptions,
): Promise<ClusterState> {
  const { names } = await aws.eks.getClusters({}, opts);
  const there = names.includes(clusterName);
  const running = there ? (await aws.eks.getCluster({ name: clusterName }, opts)).version : undefined;
  if (running !== undefined) refuseJump(running, settings.version);
  const [addons, groups, imageReleases] = await Promise.all([
    versionsOfAddons(clusterName, running, settings.version, opts),
    there ? runningGroups(clusterName, opts) : {},
    releasesOfImages(settings, opts),
  ]);
  return { versions: { kubernetes: settings.version, addons }, groups, imageReleases };
}

/** EKS goes up one minor version at a time and never back. https://docs.aws.amazon.com/eks/latest/userguide/update-cluster.html */
function refuseJump(running: string, wanted: string): void {
  const minor = (version: string) => Number(version.split(".")[1]);
  const steps = minor(wanted) - minor(running);
  if (steps === 0 || steps === 1) return;
  const next = `1.${minor(running) + 1}`;
  const between = Array.from({ length: Math.max(steps, 0) }, (_, step) => `"1.${minor(running) + step + 1}"`);
  throw new SettingsProblems([
    {
      path: "foundation.cluster.version",
      value: wanted,
      allowed: `"${running}", which the cluster runs${steps > 0 ? `, or "${next}"` : ""}: EKS goes up one minor version at a time and never back`,
      remedy:
        steps > 0
          ? `Write one after the other and run pulumi up for each: ${between.join(", ")}.`
          : `Write version: "${running}".`,
    },
  ]);
}

/** Those that the cluster has for its version stay; others are the default of that version. */
async function versionsOfAddons(
  clusterName: string,
  running: string | undefined,
  kubernetesVersion: string,
  opts: pulumi.InvokeOptions,
): Promise<AddonVersions["addons"]> {
  const version = async (addonName: AddonName): Promise<[AddonName, string]> => {
    const found = running === undefined ? undefined : await addonThere(clusterName, addonName, opts);
    // Stacks made before gave no version: EKS chose one for the cluster's, which this run may be about to move.
    if (found && (found.tags[kubernetesTag] ?? running) === kubernetesVersion) return [addonName, found.addonVersion];
    return [addonName, (await aws.eks.getAddonVersion({ addonName, kubernetesVersion }, opts)).version];
  };
  return Object.fromEntries(await Promise.all(addonNames.map(version))) as AddonVersions["addons"];
}

async function addonThere(clusterName: string, addonName: AddonName, opts: pulumi.InvokeOptions) {
  try {
    return await aws.eks.getAddon({ clusterName, addonName }, opts);
  } catch (error) {
    if (/not ?found|find resource/i.test(String(error))) return undefined;
    throw error;
  }
}

async function runningGroups(clusterName: string, opts: pulumi.InvokeOptions): Promise<ClusterState["groups"]> {
  const { names } = await aws.eks.getNodeGroups({ clusterName }, opts);
  const all = names.map(async (nodeGroupName): Promise<[string, RunningGroup]> => {
    const group = await aws.eks.getNodeGroup({ clusterName, nodeGroupName }, opts);
    const [scaling] = group.scalingConfigs;
    const [template] = group.launchTemplates;
    const templateMark = group.tags[templateTag];
    return [
      nodeGroupName,
      {
        minNodes: scaling!.minSize,
        maxNodes: scaling!.maxSize,
        nodes: scaling!.desiredSize,
        amiType: group.amiType,
        capacityType: group.capacityType,
        instanceTypes: group.instanceTypes,
        ...(template === undefined ? {} : { templateVersion: template.version }),
        ...(templateMark === undefined ? {} : { templateMark }),
      },
    ];
  });
  return Object.fromEntries(await Promise.all(all));
}

/** https://docs.aws.amazon.com/eks/latest/userguide/retrieve-ami-id-bottlerocket.html */
async function releasesOfImages(
  { nodeGroups, nodeImageVersion, version }: CreatedClusterSettings,
  opts: pulumi.InvokeOptions,
): Promise<Record<string, string>> {
  if (nodeImageVersion === undefined) return {};
  const release = async (key: string): Promise<[string, string]> => {
    const { gpu, architecture } = planNodes(key, nodeGroups[key]!);
    const variant = `aws-k8s-${version}${gpu ? "-nvidia" : ""}/${architecture === "arm64" ? "arm64" : "x86_64"}`;
    const name = `/aws/service/bottlerocket/${variant}/${nodeImageVersion}/image_version`;
    const found = await aws.ssm.getParameter({ name }, opts).catch((error) => {
      throw new SettingsProblems([
        {
          path: "foundation.cluster.nodeImageVersion",
          value: nodeImageVersion,
          allowed: `a version of Bottlerocket that AWS has for ${variant.replace("/", " on ")}`,
          remedy: `Write another, or leave it out. AWS says: ${(error as Error).message}`,
        },
      ]);
    });
    return [key, found.value];
  };
  return Object.fromEntries(await Promise.all(Object.keys(nodeGroups).map(release)));
}
