/** Answers of data sources about EKS. */
import { Refusal } from "../account";
import type { Properties } from "../values";
import { type Answer, type Asked, one } from "./answers";
import { versions } from "./eks";
import { isCreator } from "./eksAccess";
import { addonVersion } from "./eksAddons";
import * as type from "./tokens";

function clusters({ cloud, region }: Asked) {
  return cloud.account.ofType(type.cluster).filter(({ scope }) => scope === region);
}

/** Parts of a cluster, by their type. */
function parts(token: string, args: Properties, { cloud, region }: Asked) {
  return cloud.account
    .ofType(token)
    .filter(({ scope, outputs }) => scope === region && outputs.clusterName === args.clusterName);
}

export const clusterAnswers: Record<string, Answer> = {
  "aws:eks/getClusters:getClusters": (_, asked) => ({ id: asked.region, names: clusters(asked).map(({ id }) => id) }),
  "aws:eks/getCluster:getCluster": (args, asked) => {
    const { id, outputs } = one(
      clusters(asked).filter((each) => each.id === args.name),
      `cluster ${args.name}`,
    );
    const { accessConfig, certificateAuthority } = outputs;
    return {
      ...outputs,
      id,
      tags: outputs.tags ?? {},
      accessConfigs: [accessConfig],
      certificateAuthorities: [certificateAuthority],
    };
  },
  "aws:eks/getNodeGroups:getNodeGroups": (args, asked) => ({
    id: args.clusterName,
    names: parts("aws:eks/nodeGroup:NodeGroup", args, asked).map(({ outputs }) => outputs.nodeGroupName),
  }),
  "aws:eks/getNodeGroup:getNodeGroup": (args, asked) => {
    const groups = parts("aws:eks/nodeGroup:NodeGroup", args, asked);
    const { id, outputs } = one(
      groups.filter((each) => each.outputs.nodeGroupName === args.nodeGroupName),
      `node group ${args.nodeGroupName}`,
    );
    const { scalingConfig, launchTemplate } = outputs;
    return {
      ...outputs,
      id,
      tags: outputs.tagsAll ?? {},
      scalingConfigs: [scalingConfig],
      launchTemplates: launchTemplate === undefined ? [] : [launchTemplate],
    };
  },
  "aws:eks/getAddon:getAddon": (args, asked) => {
    const { id, outputs } = one(
      parts("aws:eks/addon:Addon", args, asked).filter((each) => each.outputs.addonName === args.addonName),
      `add-on ${args.addonName}`,
    );
    return { ...outputs, id, tags: outputs.tagsAll ?? {} };
  },
  "aws:eks/getAccessEntry:getAccessEntry": ({ clusterName, principalArn }, { cloud, region }) => {
    const entry = cloud.account.get("aws:eks/accessEntry:AccessEntry", region, `${clusterName}:${principalArn}`);
    const id = `${clusterName}:${principalArn}`;
    if (entry !== undefined) return { ...entry.outputs, id, tags: entry.outputs.tagsAll ?? {} };
    if (isCreator(cloud.account, region, clusterName, principalArn)) return { id, type: "STANDARD", tags: {} };
    throw new Refusal("ResourceNotFoundException", `cluster ${clusterName} has no access entry for ${principalArn}`);
  },
  "aws:eks/getClusterAuth:getClusterAuth": (args) => ({ id: args.name, token: "simulated-token" }),
  "aws:eks/getAddonVersion:getAddonVersion": (args) => ({
    id: args.addonName,
    version: addonVersion(args.addonName, args.kubernetesVersion || versions.at(-2)),
  }),
  "aws:eks/getClusterVersions:getClusterVersions": () => ({
    id: "simulated",
    clusterVersions: versions.map((clusterVersion) => ({ clusterVersion, status: "STANDARD_SUPPORT" })),
  }),
};
