/** What `eks.Cluster` really makes. Facts: pulumi/pulumi-eks 4.3, `nodejs/eks/cluster/cluster.ts`, and registrations recorded from it. */
import { Refusal } from "../account";
import * as type from "../aws/tokens";
import {
  all,
  type ConstructAnswer,
  type ConstructCall,
  From,
  from,
  type Registered,
  type Registrar,
  resource,
} from "../registrar";
import type { Properties, Value } from "../values";
import { accessEntries } from "./eksAccess";
import { addons } from "./eksAddons";
import { securityGroups } from "./eksSecurityGroups";
import { kubeconfigOf } from "./kubeconfig";
import { serviceRole } from "./serviceRole";

/** Node groups, Auto Mode and Fargate of the component are not expanded: the platform makes its node groups itself. */
const unsupported = [
  "autoMode",
  "fargate",
  "nodeGroupOptions",
  "instanceRole",
  "instanceRoles",
  "storageClasses",
  "creationRoleProvider",
  "roleMappings",
  "userMappings",
];

export async function eksCluster({ name, registrar }: ConstructCall): Promise<ConstructAnswer> {
  const component = await registrar.component();
  const input = (property: string): From => registrar.input(property);
  refuseUnsupported(name, registrar);
  const parent = component.urn;
  const tags = input("tags");
  const { partition } = await registrar.invoke("aws:index/getPartition:getPartition", {});

  const ownRole = input("serviceRole").value === undefined;
  const roles = ownRole
    ? await serviceRole(registrar, parent, {
        name: `${name}-eksRole`,
        service: "eks.amazonaws.com",
        description: "Allows EKS to manage clusters on your behalf.",
        policies: ["AmazonEKSClusterPolicy"],
        actions: ["sts:AssumeRole", "sts:TagSession"],
        partition,
        tags,
      })
    : undefined;
  const wantsGroups = input("skipDefaultSecurityGroups").value !== true;
  const groups = await securityGroups(registrar, {
    name,
    parent,
    wanted: wantsGroups && input("clusterSecurityGroup").value === undefined,
    vpcId: input("vpcId"),
    tags,
  });

  const encryption = input("encryptionConfigKeyArn");
  const encryptionConfig =
    encryption.value === undefined ? undefined : { provider: { keyArn: encryption }, resources: ["secrets"] };
  const authenticationMode = input("authenticationMode").value;
  const serviceRange = input("kubernetesServiceIpAddressRange");
  const ipFamily = input("ipFamily");
  const made = await registrar.resource(
    type.cluster,
    `${name}-eksCluster`,
    {
      name: input("name"),
      roleArn: roles === undefined ? input("serviceRole").map((role) => role.arn) : from(roles.role, "arn"),
      bootstrapSelfManagedAddons: input("bootstrapSelfManagedAddons").value ?? true,
      vpcConfig: {
        securityGroupIds: groups === undefined ? undefined : [from(groups.cluster, "id")],
        subnetIds: subnetIds(registrar),
        endpointPrivateAccess: input("endpointPrivateAccess"),
        endpointPublicAccess: input("endpointPublicAccess"),
        publicAccessCidrs: input("publicAccessCidrs"),
      },
      kubernetesNetworkConfig:
        serviceRange.value === undefined && ipFamily.value === undefined
          ? undefined
          : { serviceIpv4Cidr: serviceRange, ipFamily: ipFamily.value ?? "ipv4" },
      version: input("version"),
      enabledClusterLogTypes: input("enabledClusterLogTypes"),
      tags: new From(
        { Name: `${name}-eksCluster`, ...(input("clusterTags").value ?? {}), ...(tags.value ?? {}) },
        tags.urns,
        tags.isSecret,
      ),
      encryptionConfig,
      accessConfig:
        authenticationMode === undefined
          ? undefined
          : { authenticationMode, bootstrapClusterCreatorAdminPermissions: true },
      upgradePolicy: input("upgradePolicy"),
      deletionProtection: input("deletionProtection"),
    },
    {
      parent,
      ignoreChanges: ["accessConfig.bootstrapClusterCreatorAdminPermissions", "bootstrapSelfManagedAddons"],
      dependsOn: roles === undefined ? [] : [roles.role, ...roles.attachments],
    },
  );

  const kubeconfig = kubeconfigOf(made, input("providerCredentialOpts").value, true);
  const provider = await registrar.resource(
    "pulumi:providers:kubernetes",
    `${name}-eks-k8s`,
    {
      kubeconfig: kubeconfig.map((config) => JSON.stringify(config)),
      enableConfigMapMutable: input("enableConfigMapMutable"),
    },
    { parent },
  );
  const wantedEntries: Properties = registrar.parts("accessEntries");
  const entries = await accessEntries(registrar, {
    name,
    parent,
    cluster: made,
    wanted: wantedEntries,
    authenticationMode,
    provider,
  });
  const { network } = await addons(registrar, {
    name,
    parent,
    cluster: made,
    tags,
    entries,
    kubernetesProvider: provider,
  });
  const nodeGroups = groups === undefined || !wantsGroups ? undefined : await groups.nodes(made);
  const oidc =
    input("createOidcProvider").value === true ? await oidcProvider(registrar, name, parent, made) : undefined;

  const ownKubeconfig = kubeconfigOf(made, input("providerCredentialOpts").value, false);
  const ownGroup = from(made, "vpcConfig").map(({ clusterSecurityGroupId }) => clusterSecurityGroupId);
  const issuer = from(made, "identities").map((identities) => identities?.[0]?.oidcs?.[0]?.issuer ?? "");
  return registrar.outputs(component, {
    kubeconfig: ownKubeconfig,
    kubeconfigJson: ownKubeconfig.map((config) => JSON.stringify(config)),
    eksCluster: resource(made),
    clusterSecurityGroup: groups === undefined ? undefined : resource(groups.cluster),
    nodeSecurityGroup: nodeGroups === undefined ? undefined : resource(nodeGroups.group),
    eksClusterIngressRule: nodeGroups === undefined ? undefined : resource(nodeGroups.clusterIngress),
    instanceRoles: [],
    clusterSecurityGroupId: groups === undefined ? ownGroup : from(groups.cluster, "id"),
    nodeSecurityGroupId: nodeGroups === undefined ? ownGroup : from(nodeGroups.group, "id"),
    clusterIngressRuleId: nodeGroups === undefined ? "" : from(nodeGroups.clusterIngress, "securityGroupRuleId"),
    defaultNodeGroupAsgName: "",
    fargateProfileId: "",
    fargateProfileStatus: "",
    oidcProviderArn: oidc === undefined ? "" : from(oidc, "arn"),
    oidcProviderUrl: issuer,
    oidcIssuer: issuer.map((url: string) => url.replace("https://", "")),
    autoModeNodeRoleName: "",
    core: {
      cluster: resource(made),
      vpcId: input("vpcId"),
      subnetIds: subnetIds(registrar),
      publicSubnetIds: input("publicSubnetIds"),
      privateSubnetIds: input("privateSubnetIds"),
      endpoint: from(made, "endpoint"),
      provider: resource(provider),
      clusterSecurityGroup: groups === undefined ? undefined : resource(groups.cluster),
      instanceRoles: [],
      nodeGroupOptions: {
        version: input("version"),
        ...(nodeGroups === undefined
          ? {}
          : {
              nodeSecurityGroup: resource(nodeGroups.group),
              clusterIngressRule: resource(nodeGroups.clusterIngress),
            }),
      },
      vpcCni: network === undefined ? undefined : resource(network),
      encryptionConfig,
      kubeconfig: ownKubeconfig,
      storageClasses: {},
      tags,
      oidcProvider: oidc === undefined ? undefined : resource(oidc),
      clusterIamRole: roles === undefined ? input("serviceRole") : resource(roles.role),
      accessEntries: Object.values(wantedEntries),
      autoModeNodeRoleName: "",
    },
  });
}

function refuseUnsupported(name: string, registrar: Registrar): void {
  for (const property of unsupported) {
    if (registrar.input(property).value !== undefined) {
      throw new Refusal(
        "Unsupported",
        `the simulated cloud does not expand ${property} of eks.Cluster "${name}"; add it to simulator/cloud/expansions/eksCluster.ts`,
      );
    }
  }
  if (registrar.input("skipDefaultNodeGroup").value !== true) {
    throw new Refusal(
      "Unsupported",
      `the simulated cloud does not expand the default node group of eks.Cluster "${name}"; set skipDefaultNodeGroup`,
    );
  }
  const { value: cidrs } = registrar.input("publicAccessCidrs");
  if (cidrs !== undefined && registrar.input("endpointPublicAccess").value === false) {
    throw new Refusal("InvalidParameter", "`publicAccessCidrs` can only be set when `endpointPublicAccess` is true");
  }
}

function subnetIds(registrar: Registrar): From {
  const given = registrar.input("subnetIds");
  if (given.value !== undefined) return given;
  const lists = { publicIds: registrar.input("publicSubnetIds"), privateIds: registrar.input("privateSubnetIds") };
  return all(lists, ({ publicIds, privateIds }) => [...(publicIds ?? []), ...(privateIds ?? [])]);
}

async function oidcProvider(
  registrar: Registrar,
  name: string,
  parent: string,
  cluster: Registered,
): Promise<Registered> {
  const url = from(cluster, "identities").map((identities: Value) => identities[0].oidcs[0].issuer);
  const inputs: Properties = { clientIdLists: ["sts.amazonaws.com"], url, thumbprintLists: ["0".repeat(40)] };
  return registrar.resource("aws:iam/openIdConnectProvider:OpenIdConnectProvider", `${name}-oidcProvider`, inputs, {
    parent,
  });
}
