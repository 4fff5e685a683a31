import { expect } from "chai";
import { AdoptedNetwork, type AdoptedVpc } from "../../../components/foundation/network/adoptedNetwork";
import type { AdoptedNetworkSettings } from "../../../components/settings/network";
import { building, value } from "../../support/foundation";
import { inputs, outline } from "../../support/outline";

const settings: AdoptedNetworkSettings = {
  kind: "adopt",
  vpcId: "vpc-made-up",
  privateSubnetIds: ["subnet-node-a", "subnet-node-b"],
  publicSubnetIds: ["subnet-public-a"],
};

describe("an adopted network", () => {
  const vpc: AdoptedVpc = { settings, cidrs: ["10.0.0.0/16"], zones: ["eu-west-1a", "eu-west-1b"] };

  it("makes nothing in the VPC but tags, which say who may use which subnet", async () => {
    const made = await building(() => new AdoptedNetwork("net", { vpc, clusterName: "mlplatform-test" }));
    expect(outline(made)).to.deep.equal([
      "AdoptedNetwork net",
      "  ec2.Tag net-subnet-node-a-discovery",
      "  ec2.Tag net-subnet-node-a-internal-elb",
      "  ec2.Tag net-subnet-node-b-discovery",
      "  ec2.Tag net-subnet-node-b-internal-elb",
      "  ec2.Tag net-subnet-public-a-elb",
    ]);
    const tag = (name: string) => inputs(made, `ec2.Tag net-subnet-${name}`);
    expect(tag("node-a-discovery")).to.deep.equal({
      resourceId: "subnet-node-a",
      key: "karpenter.sh/discovery",
      value: "mlplatform-test",
    });
    expect(tag("node-a-internal-elb")).to.include({ key: "kubernetes.io/role/internal-elb", value: "1" });
    expect(tag("public-a-elb")).to.include({ resourceId: "subnet-public-a", key: "kubernetes.io/role/elb" });
  });

  it("puts databases into the private subnets where there are none for them", async () => {
    let bare!: AdoptedNetwork;
    let full!: AdoptedNetwork;
    const more = { databaseSubnetIds: ["subnet-db-a"], podSubnetIds: { "eu-west-1a": "subnet-pod-a" } };
    await building(() => {
      bare = new AdoptedNetwork("bare", { vpc, clusterName: "x" });
      full = new AdoptedNetwork("full", { vpc: { ...vpc, settings: { ...settings, ...more } }, clusterName: "x" });
    });
    expect(await value(bare.databaseSubnetIds)).to.deep.equal(settings.privateSubnetIds);
    expect(bare.podSubnetIds).to.equal(undefined);
    expect(await value(full.databaseSubnetIds)).to.deep.equal(["subnet-db-a"]);
    expect(await value(full.podSubnetIds!["eu-west-1a"]!)).to.equal("subnet-pod-a");
    expect(full.ready).to.have.length(5);
  });
});
