import * as type from "../aws/tokens";
import { From, from, type Registered, type Registrar } from "../registrar";
import type { Properties } from "../values";

const description = type.defaultGroupDescription;
const rule = "aws:ec2/securityGroupRule:SecurityGroupRule";
const toEverywhere = {
  description: "Allow internet access.",
  type: "egress",
  fromPort: 0,
  toPort: 0,
  protocol: "-1",
  cidrBlocks: ["0.0.0.0/0"],
};

interface GroupsArgs {
  name: string;
  parent: string;
  wanted: boolean;
  vpcId: From;
  tags: From;
}

/** The two security groups `eks.Cluster` makes unless told not to: one for the cluster, then one for its nodes. */
export async function securityGroups(registrar: Registrar, { name, parent, wanted, vpcId, tags }: GroupsArgs) {
  if (!wanted) return undefined;
  const tagged = (own: Properties, urns: string[] = []) =>
    new From({ ...own, ...(tags.value ?? {}) }, [...tags.urns, ...urns], tags.isSecret);
  const cluster = await registrar.resource(
    type.securityGroup,
    `${name}-eksClusterSecurityGroup`,
    { description, vpcId, revokeRulesOnDelete: true, tags: tagged({ Name: `${name}-eksClusterSecurityGroup` }) },
    { parent },
  );
  await registrar.resource(
    rule,
    `${name}-eksClusterInternetEgressRule`,
    { ...toEverywhere, securityGroupId: from(cluster, "id") },
    { parent },
  );

  async function nodes(made: Registered): Promise<{ group: Registered; clusterIngress: Registered }> {
    const clusterName = from(made, "name");
    const groupTags = clusterName.map((known) => ({
      Name: `${name}-nodeSecurityGroup`,
      [`kubernetes.io/cluster/${known}`]: "owned",
      ...(tags.value ?? {}),
    }));
    const group = await registrar.resource(
      type.securityGroup,
      `${name}-nodeSecurityGroup`,
      { description, vpcId, revokeRulesOnDelete: true, tags: groupTags },
      { parent, dependsOn: [made] },
    );
    const onNodes = { securityGroupId: from(group, "id"), type: "ingress" };
    const fromCluster = { sourceSecurityGroupId: from(cluster, "id"), protocol: "tcp" };
    const make = (suffix: string, inputs: Properties) =>
      registrar.resource(rule, `${name}-${suffix}`, inputs, { parent });
    const [, , , , clusterIngress] = await Promise.all([
      make("eksNodeIngressRule", {
        ...onNodes,
        description: "Allow nodes to communicate with each other",
        fromPort: 0,
        toPort: 0,
        protocol: "-1",
        self: true,
      }),
      make("eksNodeClusterIngressRule", {
        ...onNodes,
        ...fromCluster,
        description: "Allow worker Kubelets and pods to receive communication from the cluster control plane",
        fromPort: 1025,
        toPort: 65535,
      }),
      make("eksExtApiServerClusterIngressRule", {
        ...onNodes,
        ...fromCluster,
        description:
          "Allow pods running extension API servers on port 443 to receive communication from cluster control plane",
        fromPort: 443,
        toPort: 443,
      }),
      make("eksNodeInternetEgressRule", { ...toEverywhere, securityGroupId: from(group, "id") }),
      make("eksClusterIngressRule", {
        description: "Allow pods to communicate with the cluster API Server",
        type: "ingress",
        fromPort: 443,
        toPort: 443,
        protocol: "tcp",
        securityGroupId: from(cluster, "id"),
        sourceSecurityGroupId: from(group, "id"),
      }),
    ]);
    return { group, clusterIngress };
  }
  return { cluster, nodes };
}
