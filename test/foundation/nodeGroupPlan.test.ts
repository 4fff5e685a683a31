import { expect } from "chai";
import {
  adoptedNodeClass,
  type NodeGroupArgs,
  nodeClass,
  planNodes,
} from "../../components/foundation/cluster/nodeGroupPlan";

const group = (over: Partial<NodeGroupArgs>): NodeGroupArgs => ({
  purpose: "apps",
  instanceTypes: ["m7i.large"],
  gpu: false,
  spot: false,
  minNodes: 0,
  maxNodes: 3,
  diskGiB: 50,
  labels: {},
  taints: [],
  ...over,
});

describe("the plan of a node group", () => {
  for (const [types, gpu, ami] of [
    [["m7i.large"], false, "BOTTLEROCKET_x86_64"],
    [["m7g.large"], false, "BOTTLEROCKET_ARM_64"],
    [["g6.xlarge"], true, "BOTTLEROCKET_x86_64_NVIDIA"],
    [["g5g.xlarge"], true, "BOTTLEROCKET_ARM_64_NVIDIA"],
    [["t4g.medium"], false, "BOTTLEROCKET_ARM_64"],
  ] as const) {
    it(`chooses ${ami} for ${types[0]}`, () => {
      expect(planNodes("x", group({ instanceTypes: [...types], gpu })).amiType).to.equal(ami);
    });
  }

  it("keeps pods that did not ask off notebooks, training, serving and GPU nodes, and on system and apps nodes", () => {
    const keys = (over: Partial<NodeGroupArgs>) =>
      planNodes("x", group(over)).taints.map(({ key, value }) => `${key}=${value}`);
    expect(keys({ purpose: "system" })).to.deep.equal([]);
    expect(keys({ purpose: "apps" })).to.deep.equal([]);
    expect(keys({ purpose: "notebooks" })).to.deep.equal(["mlplatform/purpose=notebooks"]);
    expect(keys({ purpose: "serving" })).to.deep.equal(["mlplatform/purpose=serving"]);
    expect(keys({ purpose: "training", gpu: true, instanceTypes: ["g6.xlarge"] })).to.deep.equal([
      "mlplatform/purpose=training",
      "nvidia.com/gpu=present",
    ]);
  });

  it("adds the stack's labels and taints to its own, and offers both to workloads", () => {
    const taint = { key: "team", value: "risk", effect: "NoExecute" } as const;
    const plan = planNodes("risk", group({ purpose: "training", labels: { team: "risk" }, taints: [taint] }));
    expect(plan.labels).to.deep.equal({
      "mlplatform/purpose": "training",
      "mlplatform/node-group": "risk",
      team: "risk",
    });
    expect(nodeClass(plan)).to.deep.equal({
      purpose: "training",
      gpu: false,
      labels: plan.labels,
      taints: [{ key: "mlplatform/purpose", value: "training", effect: "NoSchedule" }, taint],
    });
  });

  it("knows adopted nodes by their label alone", () => {
    expect(adoptedNodeClass("serving")).to.deep.equal({
      purpose: "serving",
      gpu: false,
      labels: { "mlplatform/purpose": "serving" },
      taints: [],
    });
  });

  it("knows adopted nodes with GPUs by the taint that the platform's own have", () => {
    const gpu = { key: "nvidia.com/gpu", value: "present", effect: "NoSchedule" };
    expect(adoptedNodeClass("notebooks", true)).to.deep.include({ gpu: true, taints: [gpu] });
  });
});
