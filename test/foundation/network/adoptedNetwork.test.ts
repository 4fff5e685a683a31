import { expect } from "chai";
import { AdoptedNetwork } from "../../../components/foundation/network/adoptedNetwork";
import type { AdoptedVpc } from "../../../components/foundation/network/lookAtVpc";
import type { AdoptedNetworkSettings } from "../../../components/settings/network";
import { building, value } from "../../support/foundation";
import { outline } from "../../support/outline";

const settings: AdoptedNetworkSettings = {
  kind: "adopt",
  vpcId: "vpc-made-up",
  privateSubnetIds: ["subnet-node-a", "subnet-node-b"],
  publicSubnetIds: ["subnet-public-a"],
};

describe("an adopted network", () => {
  const vpc: AdoptedVpc = {
    settings,
    cidrs: ["10.0.0.0/16"],
    zones: ["eu-west-1a", "eu-west-1b"],
    zoneSubnetIds: ["subnet-node-a", "subnet-node-b"],
  };

  it("makes and changes nothing in the VPC", async () => {
    expect(outline(await building(() => new AdoptedNetwork("net", { vpc })))).to.deep.equal(["AdoptedNetwork net"]);
  });

  it("puts databases into the private subnets where there are none for them", async () => {
    let bare!: AdoptedNetwork;
    let full!: AdoptedNetwork;
    const more = { databaseSubnetIds: ["subnet-db-a"], podSubnetIds: { "eu-west-1a": "subnet-pod-a" } };
    await building(() => {
      bare = new AdoptedNetwork("bare", { vpc });
      full = new AdoptedNetwork("full", { vpc: { ...vpc, settings: { ...settings, ...more } } });
    });
    expect(await value(bare.databaseSubnetIds)).to.deep.equal(settings.privateSubnetIds);
    expect(bare.podSubnetIds).to.equal(undefined);
    expect(await value(full.databaseSubnetIds)).to.deep.equal(["subnet-db-a"]);
    expect(await value(full.podSubnetIds!["eu-west-1a"]!)).to.equal("subnet-pod-a");
  });
});
