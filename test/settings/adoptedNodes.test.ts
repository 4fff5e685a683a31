import { expect } from "chai";
import { runWith } from "../platform/program";
import { one } from "../support/record";
import { onAws, onExisting, problemsOf, theProblemOf } from "./fixtures";

const network = {
  kind: "adopt",
  vpcId: "vpc-0000000000000000a",
  privateSubnetIds: ["subnet-0000000000000000a", "subnet-0000000000000000b"],
};
const adopted = (cluster: object, sections: object) =>
  onAws({ network, cluster: { kind: "adopt", name: "company", ...cluster } }, sections);
const hub = { jupyterhub: { profiles: { gpu: { gpus: 1 } } } };
const served = { mlflow: {}, models: { churn: { from: "models:/churn/1", serve: { flask: { gpus: 1 } } } } };

describe("GPUs of somebody else's cluster", () => {
  for (const [what, sections, path, purpose] of [
    ["a profile", hub, "jupyterhub.profiles.gpu.gpus", "notebooks"],
    ["a model", served, "models.churn.serve.flask.gpus", "serving"],
  ] as const) {
    it(`are there for ${what} where its nodes are not described, or described as having them`, () => {
      expect(problemsOf(adopted({}, sections))).to.deep.equal([]);
      expect(problemsOf(adopted({ nodeClasses: ["apps"], gpuNodeClasses: [purpose] }, sections))).to.deep.equal([]);
    });

    it(`are refused to ${what} where its nodes are described without any for it`, () => {
      const onEks = theProblemOf(adopted({ nodeClasses: [purpose], gpuNodeClasses: ["training"] }, sections));
      expect(onEks).to.include({
        path,
        remedy: `write gpus: 0, or add ${purpose} to foundation.cluster.gpuNodeClasses`,
      });
    });
  }

  it("are refused on an existing cluster with the place where to say that they exist", () => {
    const { path, remedy } = theProblemOf(onExisting({ nodeClasses: [{ purpose: "notebooks" }] }, hub));
    expect(path).to.equal("jupyterhub.profiles.gpu.gpus");
    expect(remedy).to.contain("add { purpose: notebooks, gpu: true } to foundation.nodeClasses");
  });

  const release = async (cluster: object) => {
    const config = Object.entries(adopted(cluster, hub)).map(([key, value]) => [`mlplatform:${key}`, value]);
    const all = await runWith(Object.fromEntries(config));
    const chart = one(all, "kubernetes:helm.sh/v4:Chart", "mlplatform-jupyterhub");
    return (chart.inputs.values as { singleuser: { profileList: Profile[] } }).singleuser.profileList;
  };
  type Profile = { slug: string; kubespawner_override: Record<string, unknown> };

  it("are asked for by a profile's servers, on any node where none is described", async () => {
    const [profile, ...others] = await release({});
    expect(others).to.deep.equal([]);
    expect(profile!.kubespawner_override).to.deep.include({
      extra_resource_limits: { "nvidia.com/gpu": "1" },
      node_selector: {},
      tolerations: [],
    });
  }).timeout(60_000);

  it("are asked for on the nodes labelled for notebooks, whose taint is tolerated", async () => {
    const [profile] = await release({ gpuNodeClasses: ["notebooks"] });
    expect(profile!.kubespawner_override).to.deep.include({
      node_selector: { "mlplatform/purpose": "notebooks" },
      tolerations: [{ key: "nvidia.com/gpu", operator: "Equal", value: "present", effect: "NoSchedule" }],
    });
  }).timeout(60_000);
});

describe("DAGs on a volume of somebody else's EKS cluster", () => {
  it("are refused, since no volume of it is known to be shared", () => {
    const { path, allowed, remedy } = theProblemOf(adopted({}, { airflow: { dags: { kind: "volume" } } }));
    expect({ path, remedy }).to.deep.equal({ path: "airflow.dags.kind", remedy: "write kind: git" });
    expect(allowed).to.contain("company, which somebody else keeps");
  });
});
