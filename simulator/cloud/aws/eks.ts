/** EKS. Limits: https://docs.aws.amazon.com/eks/latest/userguide/service-quotas.html */
import { limits } from "../../../components/settings/limits";
import { Account, type Existing } from "../account";
import { at, canonical, unknown } from "../values";
import { between, describeTypes, howMany, like, oneOf, Refusal, type Situation } from "./describe";
import { instanceType } from "./instanceTypes";
import * as type from "./tokens";

/** https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html */
export const versions = ["1.30", "1.31", "1.32", "1.33", "1.34", "1.35", "1.36"];
const logTypes = ["api", "audit", "authenticator", "controllerManager", "scheduler"];
export const certificateAuthority = Buffer.from("simulated certificate authority").toString("base64");

function zonesOf(situation: Situation, path: string): Set<string> {
  return new Set(
    at(situation.inputs, path).map(
      ({ value }) => situation.account.resolve([type.subnet], value)?.outputs.availabilityZone as string,
    ),
  );
}

function vpcOf(situation: Situation): string | undefined {
  const first = at(situation.inputs, "vpcConfig.subnetIds[]")[0]?.value;
  return first === undefined ? undefined : situation.account.resolve([type.subnet], first)?.outputs.vpcId;
}

function partOfCluster(existing: Existing, clusterName: string): boolean {
  return (
    existing.scope === clusterScope(clusterName) ||
    (/^aws:eks\//.test(existing.type) && existing.inputs.clusterName === clusterName)
  );
}

/** `35` of `1.35`. */
function minorOf(version: unknown): number {
  return Number(String(version).split(".")[1]);
}

/** Scope of the Kubernetes objects in a cluster. */
export function clusterScope(clusterName: string): string {
  return `cluster/${clusterName}`;
}

describeTypes(
  {
    type: type.cluster,
    id: (x) => x.inputs.name,
    arn: (x) => `arn:aws:eks:${x.region}:${x.account.number}:cluster/${x.inputs.name}`,
    // https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateCluster.html
    name: {
      longest: 100,
      allowed: /^[0-9A-Za-z][A-Za-z0-9_-]*$/,
      allowedMeans: "letters, digits, - and _, with a letter or digit first",
    },
    forces: [
      "roleArn",
      "bootstrapSelfManagedAddons",
      "encryptionConfig",
      "kubernetesNetworkConfig.serviceIpv4Cidr",
      "kubernetesNetworkConfig.ipFamily",
      "accessConfig.bootstrapClusterCreatorAdminPermissions",
      "outpostConfig",
    ],
    forcesWhen: (path, olds, news) =>
      // Encryption can be switched on later, never off; authentication can move to API, never back.
      path === "accessConfig.authenticationMode" &&
      olds.accessConfig?.authenticationMode === "API" &&
      news.accessConfig?.authenticationMode !== "API",
    required: ["vpcConfig.subnetIds"],
    refs: {
      roleArn: type.roleReference,
      "vpcConfig.subnetIds[]": type.subnet,
      "vpcConfig.securityGroupIds[]": { to: type.securityGroups },
      "encryptionConfig.provider.keyArn": type.keyReference,
    },
    limits: [
      oneOf("enabledClusterLogTypes[]", ...logTypes),
      oneOf("accessConfig.authenticationMode", "API", "API_AND_CONFIG_MAP", "CONFIG_MAP"),
      oneOf("version", ...versions),
      howMany("vpcConfig.publicAccessCidrs", 0, 40),
      howMany("vpcConfig.securityGroupIds", 0, 5),
      oneOf("encryptionConfig.resources[]", "secrets"),
      oneOf("upgradePolicy.supportType", "STANDARD", "EXTENDED"),
    ],
    defaults: { bootstrapSelfManagedAddons: true },
    computed: {
      name: (x) => x.inputs.name,
      version: () => versions.at(-2),
      "vpcConfig.vpcId": vpcOf,
      "vpcConfig.clusterSecurityGroupId": (x) => `sg-sim${x.digits("cluster group", 14)}`,
      "vpcConfig.endpointPublicAccess": () => true,
      "vpcConfig.endpointPrivateAccess": () => false,
      "vpcConfig.publicAccessCidrs": (x) => (x.inputs.vpcConfig?.endpointPublicAccess === false ? [] : ["0.0.0.0/0"]),
      endpoint: (x) => `https://${x.digits("endpoint", 16)}.eks.${x.region}.simulated.invalid`,
      certificateAuthority: () => ({ data: certificateAuthority }),
      identities: (x) => [
        {
          oidcs: [
            { issuer: `https://oidc.eks.${x.region}.simulated.invalid/id/${x.digits("issuer", 16).toUpperCase()}` },
          ],
        },
      ],
      platformVersion: () => "eks.0",
      status: () => "ACTIVE",
      createdAt: () => "2000-01-01T00:00:00Z",
      clusterId: () => "",
      accessConfig: () => ({ authenticationMode: "CONFIG_MAP", bootstrapClusterCreatorAdminPermissions: true }),
      kubernetesNetworkConfig: () => ({ ipFamily: "ipv4", serviceIpv4Cidr: "172.20.0.0/16" }),
      upgradePolicy: () => ({ supportType: "EXTENDED" }),
      deletionProtection: () => false,
    },
    handles: (x) => [
      `sg-sim${x.digits("cluster group", 14)}`,
      `https://${x.digits("endpoint", 16)}.eks.${x.region}.simulated.invalid`,
    ],
    claims: (x) => [`creator of ${x.inputs.name} ${x.caller}`],
    verify: (x) => {
      if (zonesOf(x, "vpcConfig.subnetIds[]").size < 2) {
        throw new Refusal("InvalidParameterException", "subnets specified must be in at least two different zones");
      }
      const vpcConfig = x.inputs.vpcConfig ?? {};
      if (vpcConfig.endpointPublicAccess === false && vpcConfig.endpointPrivateAccess !== true) {
        throw new Refusal("InvalidParameterException", "private and public endpoint access cannot both be disabled");
      }
    },
    verifyUpdate: (x, before) => {
      const [from, to] = [before.outputs.version, x.inputs.version].map(minorOf);
      if (x.inputs.version !== undefined && to !== from && to !== from! + 1) {
        throw new Refusal(
          "InvalidParameterException",
          `Unsupported Kubernetes minor version update from ${before.outputs.version} to ${x.inputs.version}`,
        );
      }
      // https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html: kubelets may be three minor versions behind.
      const behind = x.account
        .ofType("aws:eks/nodeGroup:NodeGroup")
        .find(({ inputs, outputs }) => inputs.clusterName === before.id && minorOf(outputs.version) < to! - 3);
      if (behind !== undefined) {
        throw new Refusal(
          "InvalidRequestException",
          `node group ${behind.id} is at ${behind.outputs.version}: update it first`,
        );
      }
    },
    code: "ResourceInUseException",
    verifyDeletion: (existing) => {
      if (existing.outputs.deletionProtection === true) {
        throw new Refusal(
          "InvalidRequestException",
          `cluster ${existing.id} has deletionProtection; switch it off first`,
        );
      }
    },
    takesAlong: (existing, account) =>
      [...account.all()]
        .filter((other) => partOfCluster(other, existing.id))
        .map((other) => Account.key(other.type, other.scope, other.id)),
  },
  {
    type: "aws:eks/nodeGroup:NodeGroup",
    most: limits.nodeGroups.most,
    mostFor: "clusterName",
    id: (x) => `${x.inputs.clusterName}:${x.inputs.nodeGroupName}`,
    arn: (x) =>
      `arn:aws:eks:${x.region}:${x.account.number}:nodegroup/${x.inputs.clusterName}/${x.inputs.nodeGroupName}/${x.digits("group", 8)}`,
    name: {
      property: "nodeGroupName",
      longest: 63,
      allowed: /^[0-9A-Za-z][A-Za-z0-9_-]*$/,
      allowedMeans: "letters, digits, - and _",
      uniqueIn: "nowhere",
    },
    forces: [
      "clusterName",
      "nodeRoleArn",
      "subnetIds",
      "instanceTypes",
      "amiType",
      "capacityType",
      "diskSize",
      "remoteAccess",
      "launchTemplate.id",
      "launchTemplate.name",
    ],
    refs: {
      clusterName: type.cluster,
      nodeRoleArn: type.roleReference,
      "subnetIds[]": type.subnet,
      "launchTemplate.id": type.launchTemplate,
      "launchTemplate.name": type.launchTemplate,
    },
    required: ["scalingConfig.minSize", "scalingConfig.maxSize", "scalingConfig.desiredSize"],
    limits: [
      instanceType("instanceTypes[]"),
      howMany("instanceTypes", 1, 20),
      oneOf("capacityType", "ON_DEMAND", "SPOT", "CAPACITY_BLOCK"),
      like(
        "amiType",
        /^(AL2_|AL2023_|BOTTLEROCKET_|WINDOWS_|CUSTOM)/,
        "AMI types of EKS such as AL2023_x86_64_STANDARD",
      ),
      oneOf("taints[].effect", "NO_SCHEDULE", "NO_EXECUTE", "PREFER_NO_SCHEDULE"),
      howMany("taints", 0, 50),
      between("scalingConfig.minSize", 0, 450),
      between("scalingConfig.maxSize", 1, 450),
      between("diskSize", 1, 65536, "GiB"),
      {
        path: "scalingConfig",
        wrong: ({ minSize, desiredSize, maxSize }) => {
          const inOrder = minSize <= desiredSize && desiredSize <= maxSize;
          return inOrder || [minSize, desiredSize, maxSize].includes(unknown)
            ? undefined
            : `has minSize ${minSize}, desiredSize ${desiredSize}, maxSize ${maxSize}; they must not decrease in this order`;
        },
      },
    ],
    computed: {
      amiType: () => "AL2023_x86_64_STANDARD",
      capacityType: () => "ON_DEMAND",
      diskSize: () => 20,
      instanceTypes: () => ["t3.medium"],
      version: (x) => x.referred("clusterName")?.outputs.version,
      releaseVersion: (x) => `${x.inputs.version ?? x.referred("clusterName")?.outputs.version}.0-00000000`,
      status: () => "ACTIVE",
      resources: (x) => [
        {
          autoscalingGroups: [{ name: `eks-${x.inputs.nodeGroupName}-sim${x.digits("scaling", 10)}` }],
          remoteAccessSecurityGroupId: "",
        },
      ],
      updateConfig: () => ({ maxUnavailable: 1 }),
    },
    claims: (x) => [`node group ${x.inputs.clusterName} ${x.inputs.nodeGroupName}`],
    verify: (x) => {
      const cluster = x.referred("clusterName")?.outputs.version;
      if (x.inputs.version !== undefined && cluster !== undefined && minorOf(x.inputs.version) > minorOf(cluster)) {
        throw new Refusal(
          "InvalidParameterException",
          `node group version ${x.inputs.version} is newer than the cluster's, ${cluster}: update the cluster first`,
        );
      }
    },
    verifyUpdate: (x, before) => {
      if (x.inputs.version !== undefined && minorOf(x.inputs.version) < minorOf(before.outputs.version)) {
        throw new Refusal("InvalidParameterException", `node groups cannot go back from ${before.outputs.version}`);
      }
    },
    // The provider sends limits and number together, and only where one of them changes.
    // https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/eks/node_group.go
    keeps: (outputs, before, { scalingConfig, version, releaseVersion }) => {
      if (canonical(scalingConfig) === canonical(before.inputs.scalingConfig))
        outputs.scalingConfig = { ...outputs.scalingConfig, desiredSize: before.outputs.scalingConfig.desiredSize };
      outputs.version = version ?? before.outputs.version;
      if (releaseVersion === undefined && outputs.version === before.outputs.version)
        outputs.releaseVersion = before.outputs.releaseVersion;
    },
  },
  {
    type: "aws:eks/fargateProfile:FargateProfile",
    id: (x) => `${x.inputs.clusterName}:${x.inputs.fargateProfileName}`,
    arn: (x) =>
      `arn:aws:eks:${x.region}:${x.account.number}:fargateprofile/${x.inputs.clusterName}/${x.inputs.fargateProfileName}`,
    name: { property: "fargateProfileName", longest: 100, uniqueIn: "nowhere" },
    forces: ["clusterName", "podExecutionRoleArn", "selectors", "subnetIds"],
    refs: { clusterName: type.cluster, podExecutionRoleArn: type.roleReference, "subnetIds[]": type.subnet },
    computed: { status: () => "ACTIVE" },
  },
);
