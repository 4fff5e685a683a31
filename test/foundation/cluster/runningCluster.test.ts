import { expect } from "chai";
import { lookAtOwnCluster } from "../../../components/foundation/cluster/runningCluster";
import { parseSettings } from "../../../components/settings/parse";
import { record } from "../../support/record";

const token = (name: string) => `aws:eks/${name}:${name}`;

describe("versions of add-ons, by what the cluster has", () => {
  /** Of the proxy, whose version for Kubernetes 1.34 is v1.34.9. */
  const proxy = async (wanted: string, addon: { tags: Record<string, string> }, clusters = ["mlplatform-dev"]) => {
    const { foundation } = parseSettings({
      foundation: { kind: "aws", region: "eu-west-1", cluster: { version: wanted } },
    });
    if (foundation.kind !== "aws" || foundation.cluster.kind !== "create") throw new Error("no cluster to make");
    const { cluster } = foundation;
    let version = "";
    await record(
      async () => {
        version = (await lookAtOwnCluster("mlplatform-dev", cluster, {})).versions.addons["kube-proxy"];
      },
      {
        calls: {
          [token("getClusters")]: () => ({ names: clusters }),
          [token("getCluster")]: () => ({ version: "1.34" }),
          [token("getAddon")]: () => ({ addonVersion: "v1.34.9", ...addon }),
          [token("getAddonVersion")]: ({ kubernetesVersion }) => ({ version: `v${kubernetesVersion}.0` }),
          [token("getNodeGroups")]: () => ({ names: [] }),
        },
      },
    );
    return version;
  };
  const chosenFor = (version: string) => ({ tags: { "mlplatform/kubernetes": version } });

  it("stay as long as the cluster's does", async () => {
    expect(await proxy("1.34", chosenFor("1.34"))).to.equal("v1.34.9");
    expect(await proxy("1.34", { tags: {} }), "of a stack made before").to.equal("v1.34.9");
  });

  it("move with the cluster's", async () => {
    expect(await proxy("1.35", chosenFor("1.34"))).to.equal("v1.35.0");
    expect(await proxy("1.35", { tags: {} }), "of a stack made before").to.equal("v1.35.0");
  });

  it("are the default of a cluster that is not there yet", async () => {
    expect(await proxy("1.34", { tags: {} }, [])).to.equal("v1.34.0");
  });
});
