import { expect } from "chai";
import fc from "fast-check";
import { Address4 } from "ip-address";
import { narrowestPodMask, narrowestPrimaryMask, planSubnets, widestMask } from "../../components/lib/subnetPlan";

const zoneNames = ["a", "b", "c", "d", "e", "f"];

function range(cidr: string): { first: bigint; last: bigint } {
  const address = new Address4(cidr);
  return { first: address.startAddress().bigInt(), last: address.endAddress().bigInt() };
}

describe("the plan of subnets", () => {
  it("divides a /16 over three zones as documented", () => {
    const [first, , third] = planSubnets({
      cidr: "10.0.0.0/16",
      podCidr: "100.64.0.0/16",
      zones: ["eu-west-1a", "eu-west-1b", "eu-west-1c"],
    });
    expect(first).to.deep.equal({
      zone: "eu-west-1a",
      privateCidr: "10.0.0.0/19",
      publicCidr: "10.0.32.0/21",
      databaseCidr: "10.0.40.0/21",
      podCidr: "100.64.0.0/18",
    });
    expect(third).to.include({ privateCidr: "10.0.128.0/19", podCidr: "100.64.128.0/18" });
  });

  it("moves no range of the first zones when a third or fourth is added", () => {
    const plan = (zones: string[]) => planSubnets({ cidr: "10.0.0.0/16", podCidr: "100.64.0.0/16", zones });
    expect(plan(zoneNames.slice(0, 4)).slice(0, 2)).to.deep.equal(plan(zoneNames.slice(0, 2)));
  });

  it("leaves pods out when there is no range for them", () => {
    expect(planSubnets({ cidr: "10.0.0.0/16", zones: ["a", "b"] })[0]).not.to.have.property("podCidr");
  });

  it("lies inside its ranges, without overlap, and gives pods room, for every size and count of zones allowed", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: widestMask, max: narrowestPrimaryMask }),
        fc.integer({ min: 2, max: 6 }),
        fc.nat(),
        (mask, zoneCount, slack) => {
          const podMask = Math.max(widestMask, narrowestPodMask(zoneCount) - (slack % 3));
          const cidr = `10.0.0.0/${mask}`;
          const podCidr = `100.64.0.0/${podMask}`;
          const plan = planSubnets({ cidr, podCidr, zones: zoneNames.slice(0, zoneCount) });
          const primary = plan.flatMap((zone) => [zone.privateCidr, zone.publicCidr, zone.databaseCidr]);
          const pods = plan.map((zone) => zone.podCidr!);
          for (const [whole, parts] of [
            [cidr, primary],
            [podCidr, pods],
          ] as const) {
            const outer = range(whole);
            const sorted = parts.map(range).sort((a, b) => (a.first < b.first ? -1 : 1));
            sorted.forEach((part, index) => {
              expect(part.first >= outer.first && part.last <= outer.last).to.equal(true);
              if (index > 0) expect(part.first > sorted[index - 1]!.last).to.equal(true);
            });
          }
          for (const pod of pods) expect(new Address4(pod).subnetMask).to.be.at.most(20);
          for (const part of primary) expect(new Address4(part).subnetMask).to.be.at.most(28);
        },
      ),
    );
  });
});
