/** EKS. Limits: https://docs.aws.amazon.com/eks/latest/userguide/service-quotas.html */
import { Account, type Existing } from "../account";
import { hasNodes } from "../controllers/scheduling";
import { at, unknown } from "../values";
import { between, describeTypes, howMany, like, oneOf, Refusal, type Situation } from "./describe";
import { instanceType } from "./instanceTypes";
import * as type from "./tokens";

/** https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html */
export const versions = ["1.30", "1.31", "1.32", "1.33", "1.34", "1.35", "1.36"];
/** https://docs.aws.amazon.com/eks/latest/userguide/workloads-add-ons-available-eks.html */
export const addons = [
  "vpc-cni",
  "coredns",
  "kube-proxy",
  "aws-ebs-csi-driver",
  "aws-efs-csi-driver",
  "aws-mountpoint-s3-csi-driver",
  "aws-fsx-csi-driver",
  "snapshot-controller",
  "eks-pod-identity-agent",
  "metrics-server",
  "adot",
  "amazon-cloudwatch-observability",
  "aws-guardduty-agent",
  "eks-node-monitoring-agent",
  "cert-manager",
  "external-dns",
  "kube-state-metrics",
  "prometheus-node-exporter",
  "aws-privateca-connector-for-kubernetes",
  "amazon-sagemaker-hyperpod-taskgovernance",
  "aws-network-flow-monitoring-agent",
  "fluent-bit",
];
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

/** Addons with pods that are no DaemonSet. @see https://docs.aws.amazon.com/eks/latest/userguide/add-ons-troubleshooting.html */
const needsNodes = new Set(["coredns", "metrics-server", "aws-ebs-csi-driver", "aws-efs-csi-driver"]);

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
    verify: (x) => {
      if (zonesOf(x, "vpcConfig.subnetIds[]").size < 2) {
        throw new Refusal("InvalidParameterException", "subnets specified must be in at least two different zones");
      }
      const vpcConfig = x.inputs.vpcConfig ?? {};
      if (vpcConfig.endpointPublicAccess === false && vpcConfig.endpointPrivateAccess !== true) {
        throw new Refusal("InvalidParameterException", "private and public endpoint access cannot both be disabled");
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
      releaseVersion: () => "0.0.0-00000000",
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
  },
  {
    type: "aws:eks/addon:Addon",
    id: (x) => `${x.inputs.clusterName}:${x.inputs.addonName}`,
    arn: (x) =>
      `arn:aws:eks:${x.region}:${x.account.number}:addon/${x.inputs.clusterName}/${x.inputs.addonName}/${x.digits("addon", 8)}`,
    forces: ["clusterName", "addonName"],
    refs: {
      clusterName: { to: [type.cluster], holds: false },
      serviceAccountRoleArn: type.roleReference,
      "podIdentityAssociations[].roleArn": type.roleReference,
    },
    limits: [
      oneOf("addonName", ...addons),
      oneOf("resolveConflictsOnCreate", "NONE", "OVERWRITE"),
      oneOf("resolveConflictsOnUpdate", "NONE", "OVERWRITE", "PRESERVE"),
      like("addonVersion", /^v\d+\.\d+\.\d+(-eksbuild\.\d+)?$/, "versions such as v1.2.3-eksbuild.1"),
      {
        path: "configurationValues",
        wrong: (value) => {
          try {
            JSON.parse(String(value));
            return undefined;
          } catch {
            // YAML is allowed too; only text that opens as JSON and does not parse is certainly wrong.
            return /^\s*[{[]/.test(String(value)) ? "is broken JSON" : undefined;
          }
        },
      },
    ],
    computed: {
      addonVersion: () => "v0.0.0-eksbuild.1",
      configurationValues: () => "",
      createdAt: () => "2000-01-01T00:00:00Z",
      modifiedAt: () => "2000-01-01T00:00:00Z",
    },
    claims: (x) => [`addon ${x.inputs.clusterName} ${x.inputs.addonName}`],
    verify: (x) => {
      const eks = x.referred("clusterName");
      if (eks === undefined || !needsNodes.has(x.inputs.addonName)) return;
      if (!hasNodes({ account: x.account, eks, scope: clusterScope(eks.id) })) {
        throw new Refusal(
          "Timeout",
          `addon ${x.inputs.addonName} of ${eks.id} stays DEGRADED: its pods find no node. Make a node group first and depend on it`,
        );
      }
    },
  },
  {
    type: "aws:eks/accessEntry:AccessEntry",
    id: (x) => `${x.inputs.clusterName}:${x.inputs.principalArn}`,
    forces: ["clusterName", "principalArn", "type"],
    refs: { clusterName: { to: [type.cluster], holds: false }, principalArn: principal() },
    limits: [
      oneOf("type", "STANDARD", "EC2_LINUX", "EC2_WINDOWS", "FARGATE_LINUX", "EC2", "HYBRID_LINUX", "HYPERPOD_LINUX"),
      like("kubernetesGroups[]", /^(?!system:).+/, "groups that do not begin with system:"),
    ],
    defaults: { type: "STANDARD" },
    computed: {
      accessEntryArn: (x) =>
        `arn:aws:eks:${x.region}:${x.account.number}:access-entry/${x.inputs.clusterName}/sim${x.digits("entry", 8)}`,
      userName: (x) => x.inputs.principalArn,
      kubernetesGroups: () => [],
      createdAt: () => "2000-01-01T00:00:00Z",
      modifiedAt: () => "2000-01-01T00:00:00Z",
    },
    claims: (x) => [`access entry ${x.inputs.clusterName} ${x.inputs.principalArn}`],
    verify: entriesAllowed,
  },
  {
    type: "aws:eks/accessPolicyAssociation:AccessPolicyAssociation",
    id: (x) => `${x.inputs.clusterName}#${x.inputs.principalArn}#${x.inputs.policyArn}`,
    forces: ["clusterName", "principalArn", "policyArn", "accessScope"],
    refs: { clusterName: { to: [type.cluster], holds: false }, principalArn: principal() },
    limits: [
      // https://docs.aws.amazon.com/eks/latest/userguide/access-policy-permissions.html
      like(
        "policyArn",
        /^arn:aws[\w-]*:eks::aws:cluster-access-policy\/Amazon\w+$/,
        "policies such as arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy",
      ),
      oneOf("accessScope.type", "cluster", "namespace"),
    ],
    computed: { associatedAt: () => "2000-01-01T00:00:00Z", modifiedAt: () => "2000-01-01T00:00:00Z" },
    claims: (x) => [`association ${x.inputs.clusterName} ${x.inputs.principalArn} ${x.inputs.policyArn}`],
    verify: (x) => {
      entriesAllowed(x);
      const entry = `aws:eks/accessEntry:AccessEntry|${x.region}|access entry ${x.inputs.clusterName} ${x.inputs.principalArn}`;
      if (x.account.owner(entry) === undefined) {
        throw new Refusal(
          "ResourceNotFoundException",
          `cluster ${x.inputs.clusterName} has no access entry for ${x.inputs.principalArn}; make it first and depend on it`,
        );
      }
    },
  },
  {
    type: "aws:eks/podIdentityAssociation:PodIdentityAssociation",
    id: (x) => `a-sim${x.digits("id", 14)}`,
    forces: ["clusterName", "namespace", "serviceAccount"],
    refs: {
      clusterName: { to: [type.cluster], holds: false },
      roleArn: type.roleReference,
      targetRoleArn: type.roleReference,
    },
    computed: {
      associationArn: (x) =>
        `arn:aws:eks:${x.region}:${x.account.number}:podidentityassociation/${x.inputs.clusterName}/a-sim${x.digits("id", 14)}`,
      associationId: (x) => `a-sim${x.digits("id", 14)}`,
      disableSessionTags: () => false,
      externalId: () => "",
    },
    claims: (x) => [`identity ${x.inputs.clusterName} ${x.inputs.namespace} ${x.inputs.serviceAccount}`],
    verify: trustsPods,
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

/** Roles that somebody else made are allowed; what carries a name made up for a program's role must exist. */
function principal() {
  return {
    to: [type.role],
    holds: false,
    unless: (value: string) => !/^arn:aws[\w-]*:iam::\d{12}:role\/.*-[0-9a-f]{7}$/.test(value),
  };
}

function entriesAllowed(x: Situation): void {
  const mode = x.referred("clusterName")?.outputs.accessConfig?.authenticationMode;
  if (mode === "CONFIG_MAP") {
    throw new Refusal(
      "InvalidRequestException",
      `cluster ${x.inputs.clusterName} has authentication mode CONFIG_MAP, which takes no access entries; set API or API_AND_CONFIG_MAP`,
    );
  }
}

/** https://docs.aws.amazon.com/eks/latest/userguide/pod-id-role.html */
function trustsPods(x: Situation): void {
  const trust = String(x.referred("roleArn")?.outputs.assumeRolePolicy ?? "");
  const wanted = ["pods.eks.amazonaws.com", "sts:AssumeRole", "sts:TagSession"];
  const missing = wanted.filter((word) => !trust.includes(word));
  if (missing.length > 0) {
    throw new Refusal(
      "InvalidParameterException",
      `trust policy of ${x.inputs.roleArn} must let pods.eks.amazonaws.com do sts:AssumeRole and sts:TagSession; it lacks ${missing.join(", ")}`,
    );
  }
}
