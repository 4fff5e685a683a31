import { expect } from "chai";
import { NodeGroup } from "../../../components/foundation/cluster/nodeGroup";
import { templateMark, templateOf } from "../../../components/foundation/cluster/nodeGroupTemplate";
import type { RunningGroup } from "../../../components/foundation/cluster/runningCluster";
import { stableJson } from "../../../components/lib/json";
import { mark } from "../../../components/lib/mark";
import { building, clusterName, Marker, nodePlan, tags } from "../../support/foundation";
import { dependencies, inputs, the } from "../../support/outline";

const { minNodes, maxNodes, amiType, instanceTypes } = nodePlan("gpu");
const asMade: RunningGroup = { minNodes, maxNodes, nodes: 0, amiType, capacityType: "ON_DEMAND", instanceTypes };

describe("a managed node group", () => {
  const group = (over: Parameters<typeof nodePlan>[1], running?: Partial<RunningGroup>) =>
    building(
      () =>
        new NodeGroup("gpu", {
          clusterName,
          kubernetesVersion: "1.35",
          ...(running ? { running: { ...asMade, ...running } } : {}),
          plan: nodePlan("gpu", over),
          roleArn: "arn:made-up",
          subnetIds: ["subnet-1"],
          keyArn: "arn:key",
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
      version: "1.35",
      labels: { "mlplatform/purpose": "training", "mlplatform/node-group": "gpu" },
      taints: [
        { key: "mlplatform/purpose", value: "training", effect: "NO_SCHEDULE" },
        { key: "nvidia.com/gpu", value: "present", effect: "NO_SCHEDULE" },
        { key: "team", value: "risk", effect: "NO_EXECUTE" },
        { key: "soft", value: "yes", effect: "PREFER_NO_SCHEDULE" },
      ],
      scalingConfig: { minSize: 0, maxSize: 4, desiredSize: 0 },
      updateConfig: { maxUnavailable: 1 },
      tags: { "mlplatform/template": templateMark(nodePlan("gpu")) },
    });
    expect(dependencies(made, "eks.NodeGroup gpu")).to.include("test:index:Marker earlier");
    expect(inputs(await group({ spot: false }), "eks.NodeGroup gpu").capacityType).to.equal("ON_DEMAND");
  });

  it("has the same mark under any key, so that another key is for the nodes that come and ends none", () => {
    expect(templateMark(nodePlan("gpu"))).to.equal(mark(stableJson(templateOf(nodePlan("gpu")))));
    expect(stableJson(templateOf(nodePlan("gpu"), "arn:key"))).to.not.equal(stableJson(templateOf(nodePlan("gpu"))));
  });

  it("leaves the number of nodes to the autoscaler", async () => {
    const ignored = async (running?: Partial<RunningGroup>) =>
      the(await group({}, running), "eks.NodeGroup gpu").ignoreChanges;
    expect(await ignored()).to.deep.equal(["scalingConfig.desiredSize"]);
    expect(await ignored({ nodes: 3 })).to.deep.equal(["scalingConfig.desiredSize"]);
  });

  const others: [title: string, running: Partial<RunningGroup>, nodes: number][] = [
    ["limits that change", { maxNodes: 3, nodes: 2 }, 2],
    ["a maximum below what runs", { maxNodes: 9, nodes: 8 }, 4],
    ["another instance type", { instanceTypes: ["m7i.2xlarge"], nodes: 3 }, 3],
    ["another kind of capacity", { capacityType: "SPOT", nodes: 3 }, 3],
  ];
  for (const [title, running, nodes] of others) {
    it(`sends the number of nodes that run with ${title}, since the provider sends one`, async () => {
      const made = await group({}, running);
      expect(the(made, "eks.NodeGroup gpu").ignoreChanges).to.deep.equal([]);
      expect(inputs(made, "eks.NodeGroup gpu").scalingConfig).to.deep.include({ desiredSize: nodes });
    });
  }

  it("follows its launch template when more than tags change, and else stays at the version that runs", async () => {
    const version = async (over: object, running: Partial<RunningGroup>) =>
      (inputs(await group(over, running), "eks.NodeGroup gpu").launchTemplate as { version: string }).version;
    expect(await version({}, { templateVersion: "7" }), "of a stack made before").to.equal("7");
    expect(await version({}, { templateVersion: "7", templateMark: templateMark(nodePlan("gpu")) })).to.equal("7");
    expect(
      await version({ diskGiB: 150 }, { templateVersion: "7", templateMark: templateMark(nodePlan("gpu")) }),
    ).to.equal("1");
  });

  it("keeps pods from the node's own credentials, encrypts its disk and tags what it starts", async () => {
    const volume = { volumeType: "gp3", encrypted: "true", kmsKeyId: "arn:key", deleteOnTermination: "true" };
    const { userData, ...rest } = inputs(await group({ diskGiB: 150 }), "ec2.LaunchTemplate gpu");
    expect(Buffer.from(userData as string, "base64").toString()).to.equal("[settings.kubernetes]\nmax-pods = 110\n");
    expect(rest).to.deep.equal({
      metadataOptions: { httpEndpoint: "enabled", httpTokens: "required", httpPutResponseHopLimit: 1 },
      blockDeviceMappings: [
        { deviceName: "/dev/xvda", ebs: volume },
        { deviceName: "/dev/xvdb", ebs: { ...volume, volumeSize: 150 } },
      ],
      tagSpecifications: ["instance", "volume", "network-interface"].map((resourceType) => ({
        resourceType,
        tags: { Name: "gpu", team: "ml-platform" },
      })),
      updateDefaultVersion: true,
    });
  });
});
