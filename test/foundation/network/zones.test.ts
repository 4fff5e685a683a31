import { expect } from "chai";
import { chooseZones } from "../../../components/foundation/network/zones";
import { SettingsProblems } from "../../../components/settings/problems";
import { building } from "../../support/foundation";

async function choose(wanted: number | string[], offered = ["eu-west-1c", "eu-west-1a", "eu-west-1b"]) {
  let zones: string[] = [];
  let asked: unknown;
  let problem: unknown;
  const answer = (inputs: Record<string, unknown>) => {
    asked = inputs;
    return { names: offered, zoneIds: [], id: "eu-west-1" };
  };
  await building(
    async () => {
      try {
        zones = await chooseZones(wanted, "eu-west-1", {});
      } catch (error) {
        if (!(error instanceof SettingsProblems)) throw error;
        problem = error.problems[0];
      }
    },
    { calls: { "aws:index/getAvailabilityZones:getAvailabilityZones": answer } },
  );
  return { zones, asked, problem };
}

describe("choosing zones", () => {
  it("takes the first so many, in the same order at each run", async () => {
    expect((await choose(2)).zones).to.deep.equal(["eu-west-1a", "eu-west-1b"]);
    expect((await choose(3)).zones).to.deep.equal(["eu-west-1a", "eu-west-1b", "eu-west-1c"]);
  });

  it("takes those that are named, in the order they are named", async () => {
    expect((await choose(["eu-west-1c", "eu-west-1a"])).zones).to.deep.equal(["eu-west-1c", "eu-west-1a"]);
  });

  it("asks for available zones that nobody had to opt into and that EKS takes", async () => {
    expect((await choose(2)).asked).to.deep.equal({
      state: "available",
      filters: [{ name: "opt-in-status", values: ["opt-in-not-required"] }],
      excludeZoneIds: ["use1-az3", "usw1-az2", "cac1-az3"],
    });
  });

  it("refuses more zones than the region offers", async () => {
    expect((await choose(4)).problem).to.deep.equal({
      path: "foundation.network.zones",
      value: "4",
      allowed: "zones that eu-west-1 offers this account: eu-west-1a, eu-west-1b, eu-west-1c",
      remedy: "Ask for at most 3.",
    });
  });

  it("refuses zones the region does not have, and names them", async () => {
    expect((await choose(["eu-west-1a", "eu-west-1x"])).problem).to.include({
      value: "eu-west-1x",
      remedy: "Name zones from that list.",
    });
  });
});
