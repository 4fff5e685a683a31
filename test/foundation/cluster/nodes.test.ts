import { output } from "@pulumi/pulumi";
import { expect } from "chai";
import { Nodes } from "../../../components/foundation/cluster/nodes";
import type { NetworkFacts } from "../../../components/foundation/network/facts";
import {
  account,
  building,
  clusterFacts,
  clusterState,
  Follower,
  networkFacts,
  nodePlan,
  tags,
} from "../../support/foundation";
import { dependencies, inputs, outline, statements, waitedFor } from "../../support/outline";

const groups = { system: nodePlan("system", { purpose: "system" }), apps: nodePlan("apps") };
const nodes = (network: Partial<NetworkFacts> = {}) =>
  new Nodes("nodes", {
    account,
    cluster: clusterFacts(),
    network: networkFacts(network),
    groups,
    state: clusterState,
    keyArn: "arn:key",
    tags,
  });
const configuration = async (network: Partial<NetworkFacts>) =>
  JSON.parse(inputs(await building(() => nodes(network)), "eks.Addon nodes-vpc-cni").configurationValues as string);

describe("the nodes of a cluster", () => {
  it("are managed groups by their config key, one role, and the add-ons a node needs", async () => {
    expect(outline(await building(nodes))).to.deep.equal([
      "Nodes nodes",
      "  Addon nodes-coredns",
      "    eks.Addon nodes-coredns",
      "  Addon nodes-eks-pod-identity-agent",
      "    eks.Addon nodes-eks-pod-identity-agent",
      "  Addon nodes-kube-proxy",
      "    eks.Addon nodes-kube-proxy",
      "  Addon nodes-vpc-cni",
      "    eks.Addon nodes-vpc-cni",
      "    iam.Role nodes-vpc-cni",
      "    iam.RolePolicyAttachment nodes-vpc-cni",
      "  NodeGroup nodes-apps",
      "    ec2.LaunchTemplate nodes-apps",
      "    eks.NodeGroup nodes-apps",
      "  NodeGroup nodes-system",
      "    ec2.LaunchTemplate nodes-system",
      "    eks.NodeGroup nodes-system",
      "  NodeRole nodes-role",
      "    iam.Role nodes-role",
      "    iam.RolePolicyAttachment nodes-role-AmazonEC2ContainerRegistryPullOnly",
      "    iam.RolePolicyAttachment nodes-role-AmazonEKSWorkerNodePolicy",
    ]);
  });

  for (const [later, earlier] of [
    ["eks.Addon nodes-vpc-cni", ["eks.Addon nodes-eks-pod-identity-agent"]],
    [
      "eks.NodeGroup nodes-system",
      [
        "eks.Addon nodes-kube-proxy",
        "eks.Addon nodes-vpc-cni",
        "iam.RolePolicyAttachment nodes-role-AmazonEC2ContainerRegistryPullOnly",
        "iam.RolePolicyAttachment nodes-role-AmazonEKSWorkerNodePolicy",
        "test:index:Marker routes",
      ],
    ],
    ["eks.Addon nodes-coredns", ["eks.NodeGroup nodes-apps", "eks.NodeGroup nodes-system"]],
  ] as const) {
    it(`makes ${later} after ${earlier.join(", ")}`, async () => {
      expect(dependencies(await building(nodes), later)).to.include.members([...earlier]);
    });
  }

  it("do not make the proxy, the agent or the network wait for a node", async () => {
    const registrations = await building(nodes);
    for (const name of ["vpc-cni", "kube-proxy", "eks-pod-identity-agent"]) {
      expect(dependencies(registrations, `eks.Addon nodes-${name}`).join(), name).to.not.contain("NodeGroup");
    }
  });

  it("say what to wait for: the agent before a grant, groups and DNS before a pod", async () => {
    expect(waitedFor(await building(() => new Follower(nodes().podIdentityAgent)))).to.deep.equal([
      "eks.Addon nodes-eks-pod-identity-agent",
    ]);
    expect(waitedFor(await building(() => new Follower(nodes().ready)))).to.include.members([
      "eks.Addon nodes-coredns",
      "eks.NodeGroup nodes-apps",
      "eks.NodeGroup nodes-system",
    ]);
  });

  it("take addresses in blocks and enforce network policies", async () => {
    expect(await configuration({})).to.deep.equal({
      enableNetworkPolicy: "true",
      env: {
        ADDITIONAL_ENI_TAGS: '{"team":"ml-platform"}',
        ENABLE_PREFIX_DELEGATION: "true",
        WARM_PREFIX_TARGET: "1",
      },
    });
  });

  it("put pods into their own subnets, by zone, where there are some", async () => {
    const podSubnetIds = { "eu-west-1a": output("subnet-pod-a"), "eu-west-1b": output("subnet-pod-b") };
    const { env, eniConfig } = await configuration({ podSubnetIds });
    expect(env).to.include({
      AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG: "true",
      ENI_CONFIG_LABEL_DEF: "topology.kubernetes.io/zone",
    });
    expect(eniConfig).to.deep.equal({
      create: true,
      region: "eu-west-1",
      subnets: {
        "eu-west-1a": { id: "subnet-pod-a", securityGroups: ["sg-cluster"] },
        "eu-west-1b": { id: "subnet-pod-b", securityGroups: ["sg-cluster"] },
      },
    });
  });

  it("have a role that joins the cluster and pulls images, and that only EC2 may take", async () => {
    const registrations = await building(nodes);
    expect(statements(registrations, "iam.Role nodes-role", "assumeRolePolicy")).to.deep.equal([
      { Effect: "Allow", Principal: { Service: ["ec2.amazonaws.com"] }, Action: ["sts:AssumeRole"] },
    ]);
    expect(
      inputs(registrations, "iam.RolePolicyAttachment nodes-role-AmazonEC2ContainerRegistryPullOnly"),
    ).to.deep.equal({
      role: "nodes-role",
      policyArn: "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryPullOnly",
    });
  });
});
