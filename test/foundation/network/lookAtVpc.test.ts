import { expect } from "chai";
import { type AdoptedVpc, lookAtVpc } from "../../../components/foundation/network/lookAtVpc";
import type { AdoptedNetworkSettings } from "../../../components/settings/network";
import { type Problem, SettingsProblems } from "../../../components/settings/problems";
import { building } from "../../support/foundation";
import type { RecordOptions } from "../../support/record";

const settings: AdoptedNetworkSettings = {
  kind: "adopt",
  vpcId: "vpc-made-up",
  privateSubnetIds: ["subnet-node-a", "subnet-node-b"],
  publicSubnetIds: ["subnet-public-a"],
};
type Subnet = { vpcId: string; availabilityZone: string; availableIpAddressCount: number };

/** Zone `a` or `b` is the last letter of a subnet's id; `odd` says what is different about some. */
function calls(odd: Record<string, Partial<Subnet>>) {
  return {
    "aws:ec2/getVpc:getVpc": () => ({
      cidrBlockAssociations: [{ cidrBlock: "10.0.0.0/16" }, { cidrBlock: "100.64.0.0/16" }],
      enableDnsHostnames: true,
      enableDnsSupport: true,
    }),
    "aws:ec2/getSubnet:getSubnet": ({ id }: Record<string, unknown>) => ({
      id,
      vpcId: "vpc-made-up",
      availabilityZone: `eu-west-1${String(id).slice(-1)}`,
      availableIpAddressCount: 250,
      ...odd[String(id)],
    }),
  };
}

async function look(
  over: Partial<AdoptedNetworkSettings>,
  odd: Record<string, Partial<Subnet>> = {},
  answers: NonNullable<RecordOptions["calls"]> = {},
) {
  let found: AdoptedVpc | undefined;
  let problems: readonly Problem[] = [];
  await building(
    async () => {
      try {
        found = await lookAtVpc({ ...settings, ...over }, {});
      } catch (error) {
        if (!(error instanceof SettingsProblems)) throw error;
        problems = error.problems;
      }
    },
    { calls: { ...calls(odd), ...answers } },
  );
  return { found, problems };
}

describe("looking at a VPC to adopt", () => {
  it("accepts one that fits, and reads its ranges and the zones of its nodes", async () => {
    const pods = { "eu-west-1a": "subnet-pod-a", "eu-west-1b": "subnet-pod-b" };
    const over = { podSubnetIds: pods, databaseSubnetIds: ["subnet-db-a", "subnet-db-b"] };
    const { found, problems } = await look(over);
    expect(problems).to.deep.equal([]);
    expect(found).to.deep.equal({
      settings: { ...settings, ...over },
      zones: ["eu-west-1a", "eu-west-1b"],
      zoneSubnetIds: ["subnet-node-a", "subnet-node-b"],
      cidrs: ["10.0.0.0/16", "100.64.0.0/16"],
    });
  });

  const at = "foundation.network";
  const elsewhere = { vpcId: "vpc-other" };
  for (const [what, over, odd, path, words] of [
    [
      "a private subnet of another VPC",
      {},
      { "subnet-node-b": elsewhere },
      `${at}.privateSubnetIds[1]`,
      /belongs to vpc-other/,
    ],
    [
      "a public subnet of another VPC",
      {},
      { "subnet-public-a": elsewhere },
      `${at}.publicSubnetIds[0]`,
      /belongs to vpc-other/,
    ],
    [
      "a database subnet of another VPC",
      { databaseSubnetIds: ["subnet-db-a", "subnet-db-b"] },
      { "subnet-db-a": elsewhere },
      `${at}.databaseSubnetIds[0]`,
      /belongs to vpc-other/,
    ],
    [
      "private subnets of one zone",
      {},
      { "subnet-node-b": { availabilityZone: "eu-west-1a" } },
      `${at}.privateSubnetIds`,
      /another zone/,
    ],
    [
      "database subnets of one zone",
      { databaseSubnetIds: ["subnet-db-a", "subnet-db2-a"] },
      {},
      `${at}.databaseSubnetIds`,
      /another zone/,
    ],
    [
      "a private subnet with 15 free addresses",
      {},
      { "subnet-node-a": { availableIpAddressCount: 15 } },
      `${at}.privateSubnetIds[0]`,
      /It has 15/,
    ],
    [
      "pods without a subnet in one of the nodes' zones",
      { podSubnetIds: { "eu-west-1a": "subnet-pod-a" } },
      {},
      `${at}.podSubnetIds`,
      /Add one in eu-west-1b/,
    ],
    [
      "a pod subnet under the wrong zone",
      { podSubnetIds: { "eu-west-1a": "subnet-pod2-a", "eu-west-1b": "subnet-pod-a" } },
      {},
      `${at}.podSubnetIds.eu-west-1b`,
      /lies in eu-west-1a/,
    ],
  ] as const) {
    it(`refuses ${what}, with where and what to do`, async () => {
      const { found, problems } = await look(over as Partial<AdoptedNetworkSettings>, odd);
      expect(found).to.equal(undefined);
      expect(problems.map((problem) => problem.path)).to.deep.equal([path]);
      expect(problems[0]!.remedy).to.match(words);
    });
  }

  it("names a pod subnet of another VPC by its zone, as the config does", async () => {
    const { problems } = await look({ podSubnetIds: { "eu-west-1a": "subnet-pod-a" } }, { "subnet-pod-a": elsewhere });
    expect(problems.map((problem) => problem.path)).to.deep.equal([`${at}.podSubnetIds.eu-west-1a`]);
  });

  it("refuses a VPC without DNS host names, and one whose ranges hold those of services", async () => {
    const vpc = (over: object) => ({
      "aws:ec2/getVpc:getVpc": () => ({
        cidrBlockAssociations: [],
        enableDnsHostnames: true,
        enableDnsSupport: true,
        ...over,
      }),
    });
    const dark = await look({}, {}, vpc({ enableDnsHostnames: false }));
    expect(dark.problems.map(({ remedy }) => remedy).join()).to.match(/--enable-dns-hostnames/);
    const wide = await look({}, {}, vpc({ cidrBlockAssociations: [{ cidrBlock: "172.16.0.0/12" }] }));
    expect(wide.problems.map(({ path, value }) => `${path} ${value}`)).to.deep.equal([`${at}.vpcId 172.16.0.0/12`]);
  });

  it("takes the first private subnet of each zone for what there may be one of in a zone", async () => {
    const { found } = await look({ privateSubnetIds: ["subnet-one-a", "subnet-two-a", "subnet-one-b"] });
    expect(found?.zoneSubnetIds).to.deep.equal(["subnet-one-a", "subnet-one-b"]);
  });

  it("accepts 16 free addresses, the least a cluster starts with", async () => {
    expect((await look({}, { "subnet-node-a": { availableIpAddressCount: 16 } })).problems).to.deep.equal([]);
  });

  it("tells everything that is wrong at once", async () => {
    const few = { availableIpAddressCount: 3 };
    expect((await look({}, { "subnet-node-a": few, "subnet-node-b": few })).problems).to.have.length(2);
  });

  it("names each id that AWS does not know, without a stack trace", async () => {
    const unknown = ({ id }: Record<string, unknown>) => {
      throw new Error(`${id} does not exist`);
    };
    const { found, problems } = await look(
      {},
      {},
      { "aws:ec2/getVpc:getVpc": unknown, "aws:ec2/getSubnet:getSubnet": unknown },
    );
    expect(found).to.equal(undefined);
    expect(problems.map(({ path }) => path)).to.have.members([
      `${at}.vpcId`,
      `${at}.privateSubnetIds[0]`,
      `${at}.privateSubnetIds[1]`,
      `${at}.publicSubnetIds[0]`,
    ]);
    for (const { allowed } of problems) expect(allowed).to.match(/of this account and region$/);
  });
});
