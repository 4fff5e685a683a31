import { output } from "@pulumi/pulumi";
import { expect } from "chai";
import { NodeGroup } from "../../../components/foundation/cluster/nodeGroup";
import { Nodes } from "../../../components/foundation/cluster/nodes";
import type { NetworkFacts } from "../../../components/foundation/network/facts";
import {
  account,
  building,
  clusterFacts,
  clusterName,
  Follower,
  Marker,
  networkFacts,
  nodePlan,
  tags,
} from "../../support/foundation";
import { dependencies, inputs, outline, statements, the, waitedFor } from "../../support/outline";

const groups = { system: nodePlan("system", { purpose: "system" }), apps: nodePlan("apps") };
const nodes = (network: Partial<NetworkFacts> = {}) =>
  new Nodes("nodes", { account, cluster: clusterFacts(), network: networkFacts(network), groups, tags });
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

describe("a managed node group", () => {
  const group = (over: Parameters<typeof nodePlan>[1]) =>
    building(
      () =>
        new NodeGroup("gpu", {
          clusterName,
          plan: nodePlan("gpu", over),
          roleArn: "arn:made-up",
          subnetIds: ["subnet-1"],
          tags,
          after: [new Marker("earlier")],
        }),
    );

  it("asks for what the plan says; taints in the words of EKS", async () => {
    const made = await group({
      purpose: "training",
      gpu: true,
      spot: true,
      instanceTypes: ["g6.xlarge", "g5.xlarge"],
      minNodes: 0,
      taints: [
        { key: "team", value: "risk", effect: "NoExecute" },
        { key: "soft", value: "yes", effect: "PreferNoSchedule" },
      ],
    });
    expect(inputs(made, "eks.NodeGroup gpu")).to.deep.equal({
      clusterName,
      nodeRoleArn: "arn:made-up",
      subnetIds: ["subnet-1"],
      amiType: "BOTTLEROCKET_x86_64_NVIDIA",
      capacityType: "SPOT",
      instanceTypes: ["g6.xlarge", "g5.xlarge"],
      launchTemplate: { id: "gpu-id", version: "1" },
      labels: { "mlplatform/purpose": "training", "mlplatform/node-group": "gpu" },
      taints: [
        { key: "mlplatform/purpose", value: "training", effect: "NO_SCHEDULE" },
        { key: "nvidia.com/gpu", value: "present", effect: "NO_SCHEDULE" },
        { key: "team", value: "risk", effect: "NO_EXECUTE" },
        { key: "soft", value: "yes", effect: "PREFER_NO_SCHEDULE" },
      ],
      scalingConfig: { minSize: 0, maxSize: 4, desiredSize: 0 },
      updateConfig: { maxUnavailable: 1 },
    });
    expect(dependencies(made, "eks.NodeGroup gpu")).to.include("test:index:Marker earlier");
    expect(inputs(await group({ spot: false }), "eks.NodeGroup gpu").capacityType).to.equal("ON_DEMAND");
  });

  it("leaves the number of nodes to the autoscaler", async () => {
    expect(the(await group({}), "eks.NodeGroup gpu").ignoreChanges).to.deep.equal(["scalingConfig.desiredSize"]);
  });

  it("keeps pods from the node's own credentials, encrypts its disk and tags what it starts", async () => {
    const { userData, ...rest } = inputs(await group({ diskGiB: 150 }), "ec2.LaunchTemplate gpu");
    expect(Buffer.from(userData as string, "base64").toString()).to.equal("[settings.kubernetes]\nmax-pods = 110\n");
    expect(rest).to.deep.equal({
      metadataOptions: { httpEndpoint: "enabled", httpTokens: "required", httpPutResponseHopLimit: 1 },
      blockDeviceMappings: [
        {
          deviceName: "/dev/xvdb",
          ebs: { volumeSize: 150, volumeType: "gp3", encrypted: "true", deleteOnTermination: "true" },
        },
      ],
      tagSpecifications: ["instance", "volume", "network-interface"].map((resourceType) => ({
        resourceType,
        tags: { Name: "gpu", team: "ml-platform" },
      })),
      updateDefaultVersion: true,
    });
  });
});
