import { expect } from "chai";
import { KarpenterPool } from "../../../components/foundation/cluster/karpenterPool";
import { building, clusterName, Marker, nodePlan, tags } from "../../support/foundation";
import { dependencies, inputs } from "../../support/outline";

describe("a pool of Karpenter", () => {
  const pool = (over: Parameters<typeof nodePlan>[1]) =>
    building(
      () =>
        new KarpenterPool("pool", {
          poolName: "apps",
          plan: nodePlan("apps", over),
          clusterName,
          instanceProfile: "profile",
          securityGroupId: "sg-cluster",
          subnetIds: ["subnet-a", "subnet-b"],
          consolidateAfterMinutes: 5,
          imageVersion: "1.61.0",
          keyArn: "arn:key",
          tags,
          after: [new Marker("controller")],
        }),
    );

  it("starts nodes of the plan's types, up to its number, and takes away only empty ones", async () => {
    const plan = { purpose: "training", spot: true, instanceTypes: ["m7g.large"], maxNodes: 20 } as const;
    const made = await pool({ ...plan, instanceTypes: [...plan.instanceTypes] });
    expect(inputs(made, "kubernetes:karpenter.sh/v1:NodePool pool")).to.deep.equal({
      apiVersion: "karpenter.sh/v1",
      kind: "NodePool",
      metadata: { name: "apps" },
      spec: {
        template: {
          metadata: { labels: { "mlplatform/purpose": "training", "mlplatform/node-group": "apps" } },
          spec: {
            nodeClassRef: { group: "karpenter.k8s.aws", kind: "EC2NodeClass", name: "apps" },
            taints: [{ key: "mlplatform/purpose", value: "training", effect: "NoSchedule" }],
            requirements: [
              { key: "node.kubernetes.io/instance-type", operator: "In", values: ["m7g.large"] },
              { key: "kubernetes.io/arch", operator: "In", values: ["arm64"] },
              { key: "karpenter.sh/capacity-type", operator: "In", values: ["spot"] },
            ],
            expireAfter: "Never",
          },
        },
        limits: { nodes: "20" },
        disruption: {
          consolidationPolicy: "WhenEmpty",
          consolidateAfter: "5m",
          budgets: [
            { nodes: "100%", reasons: ["Empty"] },
            { nodes: "0", reasons: ["Drifted", "Underutilized"] },
          ],
        },
      },
    });
  });

  it("starts nodes in this cluster's subnets, with an encrypted disk, tagged, closed to pods", async () => {
    const volume = { volumeType: "gp3", encrypted: true, kmsKeyID: "arn:key", deleteOnTermination: true };
    const made = await pool({ diskGiB: 150 });
    const { spec } = inputs(made, "kubernetes:karpenter.k8s.aws/v1:EC2NodeClass pool-class");
    expect(spec).to.deep.equal({
      amiSelectorTerms: [{ alias: "bottlerocket@v1.61.0" }],
      instanceProfile: "profile",
      subnetSelectorTerms: [{ id: "subnet-a" }, { id: "subnet-b" }],
      securityGroupSelectorTerms: [{ id: "sg-cluster" }],
      metadataOptions: { httpEndpoint: "enabled", httpTokens: "required", httpPutResponseHopLimit: 1 },
      blockDeviceMappings: [
        { deviceName: "/dev/xvda", ebs: { ...volume, volumeSize: "4Gi" } },
        { deviceName: "/dev/xvdb", ebs: { ...volume, volumeSize: "150Gi" } },
      ],
      kubelet: { maxPods: 110 },
      tags: { team: "ml-platform", Name: "mlplatform-test-apps" },
    });
    expect(dependencies(made, "kubernetes:karpenter.k8s.aws/v1:EC2NodeClass pool-class")).to.deep.equal([
      "test:index:Marker controller",
    ]);
  });
});
