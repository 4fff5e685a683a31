/** A cluster in the existing network, with all that pods, volumes and load balancers need, for programs that adopt one. */
import type { Existing } from "../account";
import type { Cloud } from "../provider";
import type { Properties } from "../values";
import { certificateAuthority, clusterScope, versions } from "./eks";
import { found } from "./found";
import * as type from "./tokens";

export const existingClusterName = "existing";
export const existingClusterGroupId = "sg-00000000000000001";

const addons = [
  "vpc-cni",
  "coredns",
  "kube-proxy",
  "eks-pod-identity-agent",
  "aws-ebs-csi-driver",
  "aws-efs-csi-driver",
];
/** Deployments in `kube-system` by the names their charts give them. */
const controllers = ["aws-load-balancer-controller", "external-dns", "cluster-autoscaler"];

/** The cluster with its nodes, add-ons and controllers. */
export function existingCluster(
  { account, region }: Cloud,
  { vpcId, subnetIds }: { vpcId: string; subnetIds: string[] },
): Existing[] {
  const name = existingClusterName;
  const arn = (rest: string) => `arn:aws:eks:${region}:${account.number}:${rest}`;
  const endpoint = `https://${name}.eks.${region}.simulated.invalid`;
  const cluster = found({
    type: type.cluster,
    name,
    id: name,
    scope: region,
    handles: [arn(`cluster/${name}`), endpoint, existingClusterGroupId],
    claims: [`${type.cluster}|${region}|name ${name}`],
    outputs: {
      arn: arn(`cluster/${name}`),
      name,
      version: versions.at(-2),
      endpoint,
      certificateAuthority: { data: certificateAuthority },
      accessConfig: { authenticationMode: "API_AND_CONFIG_MAP", bootstrapClusterCreatorAdminPermissions: true },
      vpcConfig: {
        vpcId,
        subnetIds,
        securityGroupIds: [],
        clusterSecurityGroupId: existingClusterGroupId,
        endpointPublicAccess: true,
        endpointPrivateAccess: true,
        publicAccessCidrs: ["0.0.0.0/0"],
      },
      identities: [{ oidcs: [{ issuer: `https://oidc.eks.${region}.simulated.invalid/id/${name.toUpperCase()}` }] }],
      kubernetesNetworkConfig: { ipFamily: "ipv4", serviceIpv4Cidr: "172.20.0.0/16" },
      platformVersion: "eks.0",
      status: "ACTIVE",
      tags: { Name: name },
    },
  });
  const inCluster = (typeToken: string, id: string, claim: string, outputs: Properties) =>
    found({
      type: typeToken,
      name: id,
      id: `${name}:${id}`,
      scope: region,
      claims: [`${typeToken}|${region}|${claim} ${name} ${id}`],
      outputs: { ...outputs, clusterName: name },
    });
  return [
    cluster,
    inCluster("aws:eks/nodeGroup:NodeGroup", "nodes", "node group", {
      nodeGroupName: "nodes",
      scalingConfig: { minSize: 3, desiredSize: 3, maxSize: 12 },
    }),
    ...addons.map((addonName) => inCluster("aws:eks/addon:Addon", addonName, "addon", { addonName })),
    object("storage.k8s.io/StorageClass", "gp3", {
      metadata: { name: "gp3", annotations: { "storageclass.kubernetes.io/is-default-class": "true" } },
      provisioner: "ebs.csi.aws.com",
    }),
    ...controllers.map((controller) =>
      object("apps/Deployment", `kube-system/${controller}`, {
        metadata: { name: controller, namespace: "kube-system" },
        spec: { replicas: 1 },
      }),
    ),
  ];
}

function object(kind: string, id: string, outputs: Properties): Existing {
  return found({ type: `kubernetes:${kind}`, name: id, id, scope: clusterScope(existingClusterName), outputs });
}
