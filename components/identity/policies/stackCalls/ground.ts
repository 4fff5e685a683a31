/** Network, cluster, roles and keys. */
import { type Kind, named, numbered } from "./kind";

/** Everything of a VPC, which has numbers for names. */
const network: Kind = {
  service: "ec2",
  types: [
    ...["defaultSecurityGroup", "eip", "flowLog", "internetGateway", "launchTemplate", "natGateway", "route"],
    ...["routeTable", "routeTableAssociation", "securityGroup", "securityGroupRule", "subnet", "vpc", "vpcEndpoint"],
    "vpcIpv4CidrBlockAssociation",
  ]
    .map((type) => `ec2/${type}`)
    .concat("vpc/securityGroupIngressRule", "vpc/securityGroupEgressRule"),
  reads: ["DescribeVpcAttribute"],
  lists: [
    ...["AccountAttributes", "Addresses", "AvailabilityZones", "FlowLogs", "Images", "InstanceTypes"],
    ...["InternetGateways", "LaunchTemplates", "LaunchTemplateVersions", "NatGateways", "NetworkAcls"],
    ...[
      "AddressesAttribute",
      "NetworkInterfaces",
      "PrefixLists",
      "RouteTables",
      "SecurityGroupRules",
      "SecurityGroups",
      "Subnets",
      "Tags",
    ],
    ...["VpcEndpoints", "VpcEndpointServices", "Vpcs"],
  ].map((things) => `Describe${things}`),
  writes: [
    ...["AllocateAddress", "AssociateRouteTable", "AssociateVpcCidrBlock", "AttachInternetGateway"],
    ...["AuthorizeSecurityGroupEgress", "AuthorizeSecurityGroupIngress", "CreateFlowLogs", "CreateInternetGateway"],
    ...["CreateLaunchTemplate", "CreateLaunchTemplateVersion", "CreateNatGateway", "CreateRoute", "CreateRouteTable"],
    ...["CreateSecurityGroup", "CreateSubnet", "CreateTags", "CreateVpc", "CreateVpcEndpoint", "DeleteFlowLogs"],
    ...["DeleteInternetGateway", "DeleteLaunchTemplate", "DeleteLaunchTemplateVersions", "DeleteNatGateway"],
    ...["DeleteRoute", "DeleteRouteTable", "DeleteSecurityGroup", "DeleteSubnet", "DeleteTags", "DeleteVpc"],
    ...["DeleteVpcEndpoints", "DetachInternetGateway", "DisassociateAddress", "DisassociateRouteTable"],
    ...["DisassociateVpcCidrBlock", "ModifyLaunchTemplate", "ModifySecurityGroupRules", "ModifySubnetAttribute"],
    ...["ModifyVpcAttribute", "ModifyVpcEndpoint", "ReleaseAddress", "ReplaceRoute", "ReplaceRouteTableAssociation"],
    // Node groups start instances by a launch template, in the name of whoever makes them.
    ...["RevokeSecurityGroupEgress", "RevokeSecurityGroupIngress", "RunInstances"],
  ],
  resources: (names) => [
    ...numbered("ec2", "")(names),
    `arn:${names.account.partition}:ec2:${names.account.region}::image/*`, // Images of nodes are Amazon's.
  ],
};

const cluster: Kind = {
  service: "eks",
  types: ["cluster", "nodeGroup", "addon", "accessEntry", "accessPolicyAssociation", "podIdentityAssociation"].map(
    (type) => `eks/${type}`,
  ),
  reads: [
    ...["DescribeAccessEntry", "DescribeAddon", "DescribeCluster", "DescribeNodegroup"],
    ...["DescribePodIdentityAssociation", "DescribeUpdate", "ListAccessEntries", "ListAddons"],
    ...["ListAssociatedAccessPolicies", "ListNodegroups", "ListPodIdentityAssociations", "ListTagsForResource"],
  ],
  lists: ["DescribeAddonVersions", "DescribeAddonConfiguration", "ListClusters"],
  writes: [
    ...["AssociateAccessPolicy", "CreateAccessEntry", "CreateAddon", "CreateNodegroup"],
    ...["CreatePodIdentityAssociation", "DeleteAccessEntry", "DeleteAddon", "DeleteCluster", "DeleteNodegroup"],
    ...["DeletePodIdentityAssociation", "DisassociateAccessPolicy", "TagResource", "UntagResource"],
    ...["UpdateAccessEntry", "UpdateAddon", "UpdateClusterConfig", "UpdateClusterVersion", "UpdateNodegroupConfig"],
    ...["UpdateNodegroupVersion", "UpdatePodIdentityAssociation", "AssociateEncryptionConfig"],
  ],
  creates: ["CreateCluster"],
  // An adopted cluster has a name of its own.
  resources: numbered(
    "eks",
    ...["cluster", "nodegroup", "addon", "access-entry", "podidentityassociation"].map((kind) => `${kind}/`),
  ),
};

const roleArns = ({ account, project }: Parameters<Kind["resources"]>[0]) =>
  ["role", "instance-profile"].map((kind) => `arn:${account.partition}:iam::${account.accountId}:${kind}/${project}-*`);

/** Roles and what they may do. What may be attached, and to whom a role may be handed, is in `stackRoles.ts`. */
const roles: Kind = {
  service: "iam",
  types: ["role", "rolePolicy", "rolePolicyAttachment", "instanceProfile"].map((type) => `iam/${type}`),
  reads: [
    ...["GetInstanceProfile", "GetRole", "GetRolePolicy", "ListAttachedRolePolicies", "ListInstanceProfilesForRole"],
    ...["ListInstanceProfileTags", "ListRolePolicies", "ListRoleTags"],
  ],
  lists: ["ListRoles"],
  writes: [
    ...["AddRoleToInstanceProfile", "CreateInstanceProfile", "CreateRole", "DeleteInstanceProfile", "DeleteRole"],
    ...["DeleteRolePermissionsBoundary", "PutRolePermissionsBoundary"],
    ...["DeleteRolePolicy", "PutRolePolicy", "RemoveRoleFromInstanceProfile", "TagInstanceProfile", "TagRole"],
    ...["UntagInstanceProfile", "UntagRole", "UpdateAssumeRolePolicy", "UpdateRole", "UpdateRoleDescription"],
  ],
  resources: roleArns,
};

/** The account's trust in the git host, which this setup has made or found: the program looks at it. */
const trust: Kind = {
  service: "iam",
  types: ["iam/openIdConnectProvider"],
  reads: ["GetOpenIDConnectProvider", "ListOpenIDConnectProviderTags"],
  resources: ({ account }) => [`arn:${account.partition}:iam::${account.accountId}:oidc-provider/*`],
};

const keys: Kind = {
  service: "kms",
  types: ["kms/key", "kms/alias"],
  reads: ["DescribeKey", "GetKeyPolicy", "GetKeyRotationStatus", "ListResourceTags"],
  lists: ["ListAliases"],
  writes: [
    ...["CreateAlias", "DeleteAlias", "DisableKeyRotation", "EnableKeyRotation", "PutKeyPolicy"],
    ...["ScheduleKeyDeletion", "TagResource", "UntagResource", "UpdateAlias", "UpdateKeyDescription"],
  ],
  creates: ["CreateKey"],
  resources: (names) => [...numbered("kms", "key/")(names), ...named("kms", "alias/")(names)],
};

const files: Kind = {
  service: "elasticfilesystem",
  types: ["efs/fileSystem", "efs/mountTarget"],
  reads: [
    ...["DescribeFileSystems", "DescribeLifecycleConfiguration", "DescribeMountTargets"],
    ...["DescribeMountTargetSecurityGroups", "ListTagsForResource"],
  ],
  writes: [
    ...["CreateMountTarget", "DeleteFileSystem", "DeleteMountTarget", "ModifyMountTargetSecurityGroups"],
    ...["PutLifecycleConfiguration", "TagResource", "UntagResource", "UpdateFileSystem", "UpdateFileSystemProtection"],
  ],
  creates: ["CreateFileSystem"],
  resources: numbered("elasticfilesystem", "file-system/"),
};

export const ground: readonly Kind[] = [network, cluster, roles, trust, keys, files];
