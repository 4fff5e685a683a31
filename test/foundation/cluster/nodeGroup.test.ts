import { expect } from "chai";
import { NodeGroup } from "../../../components/foundation/cluster/nodeGroup";
import { building, clusterName, Marker, nodePlan, tags } from "../../support/foundation";
import { dependencies, inputs, the } from "../../support/outline";

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
        { deviceName: "/dev/xvda", ebs: { volumeType: "gp3", encrypted: "true", deleteOnTermination: "true" } },
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
