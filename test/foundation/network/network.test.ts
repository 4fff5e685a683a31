import { expect } from "chai";
import { Network, type NetworkArgs } from "../../../components/foundation/network/network";
import { account, building, Follower, value } from "../../support/foundation";
import { dependencies, inputs, outline, waitedFor } from "../../support/outline";

const args: NetworkArgs = {
  account,
  cidr: "10.0.0.0/16",
  zones: ["eu-west-1a", "eu-west-1b"],
  nat: "single",
  endpoints: ["s3"],
  endpointsOfOwnAccount: false,
};
const podCidr = "100.64.0.0/16";
const made = (over: Partial<NetworkArgs> = {}) => building(() => new Network("net", { ...args, ...over }));
const vpc = "awsx:ec2:Vpc net";

describe("a network of the platform's own", () => {
  it("is a VPC, a default security group that lets nothing through, and the endpoints", async () => {
    const registrations = await made();
    expect(outline(registrations)).to.deep.equal([
      "Network net",
      "  VpcEndpoints net-endpoints",
      "    ec2.VpcEndpoint net-endpoints-s3",
      "  awsx:ec2:Vpc net",
      "  ec2.DefaultSecurityGroup net-default",
    ]);
    expect(inputs(registrations, "ec2.DefaultSecurityGroup net-default")).to.deep.equal({ vpcId: "vpc-fake" });
  });

  it("asks for public, private and database subnets by range, with the tags their users look for", async () => {
    expect(inputs(await made(), vpc)).to.deep.equal({
      cidrBlock: "10.0.0.0/16",
      availabilityZoneNames: ["eu-west-1a", "eu-west-1b"],
      enableDnsHostnames: true,
      enableDnsSupport: true,
      natGateways: { strategy: "Single" },
      subnetStrategy: "Auto",
      subnetSpecs: [
        {
          type: "Public",
          cidrBlocks: ["10.0.32.0/21", "10.0.96.0/21"],
          tags: { "kubernetes.io/role/elb": "1" },
        },
        {
          type: "Private",
          cidrBlocks: ["10.0.0.0/19", "10.0.64.0/19"],
          tags: { "kubernetes.io/role/internal-elb": "1" },
        },
        { type: "Isolated", name: "database", cidrBlocks: ["10.0.40.0/21", "10.0.104.0/21"] },
      ],
    });
  });

  for (const [nat, strategy, podGateways] of [
    ["none", "None", []],
    ["single", "Single", ["nat-fake-1", "nat-fake-1"]],
    ["perZone", "OnePerAz", ["nat-fake-1", "nat-fake-2"]],
  ] as const) {
    it(`with NAT "${nat}" leads pods out by ${podGateways.length === 0 ? "no gateway" : podGateways.join(" and ")}`, async () => {
      const registrations = await made({ nat, podCidr });
      expect(inputs(registrations, vpc).natGateways).to.deep.equal({ strategy });
      const routes = registrations.filter(({ type }) => type === "aws:ec2/route:Route");
      expect(routes.map((route) => route.inputs)).to.deep.equal(
        podGateways.map((natGatewayId, index) => ({
          routeTableId: `net-pods-${index + 1}-id`,
          destinationCidrBlock: "0.0.0.0/0",
          natGatewayId,
        })),
      );
    });
  }

  it("gives pods a range, subnets and tables of their own, the range before the subnets", async () => {
    const registrations = await made({ podCidr });
    expect(outline(registrations).filter((line) => line.includes("-pods"))).to.deep.equal([
      "  ec2.Route net-pods-1",
      "  ec2.Route net-pods-2",
      "  ec2.RouteTable net-pods-1",
      "  ec2.RouteTable net-pods-2",
      "  ec2.RouteTableAssociation net-pods-1",
      "  ec2.RouteTableAssociation net-pods-2",
      "  ec2.Subnet net-pods-1",
      "  ec2.Subnet net-pods-2",
      "  ec2.VpcIpv4CidrBlockAssociation net-pods",
    ]);
    expect(inputs(registrations, "ec2.VpcIpv4CidrBlockAssociation net-pods")).to.deep.equal({
      vpcId: "vpc-fake",
      cidrBlock: podCidr,
    });
    expect(inputs(registrations, "ec2.Subnet net-pods-2")).to.deep.equal({
      vpcId: "vpc-fake",
      availabilityZone: "eu-west-1b",
      cidrBlock: "100.64.64.0/18",
      tags: { Name: "net-pods-2" },
    });
    expect(inputs(registrations, "ec2.RouteTableAssociation net-pods-2")).to.deep.equal({
      routeTableId: "net-pods-2-id",
      subnetId: "net-pods-2-id",
    });
    expect(dependencies(registrations, "ec2.Subnet net-pods-2")).to.include("ec2.VpcIpv4CidrBlockAssociation net-pods");
  });

  it("makes nothing for pods that share the nodes' subnets", async () => {
    let network!: Network;
    const registrations = await building(() => (network = new Network("net", args)));
    expect(outline(registrations).join()).to.not.contain("pods");
    expect(network.podSubnetIds).to.equal(undefined);
    expect(network.cidrs).to.deep.equal(["10.0.0.0/16"]);
  });

  it("leads every table to the gateway endpoints, and lets pods use the others", async () => {
    const registrations = await made({ podCidr, endpoints: ["s3", "ecr.api"] });
    expect(inputs(registrations, "ec2.VpcEndpoint net-endpoints-s3").routeTableIds).to.deep.equal([
      "rtb-fake-1",
      "rtb-fake-2",
      "rtb-fake-3",
      "net-pods-1-id",
      "net-pods-2-id",
    ]);
    const from = registrations.filter(({ type }) => type.endsWith(":SecurityGroupIngressRule"));
    expect(from.map((rule) => rule.inputs.cidrIpv4)).to.deep.equal(["10.0.0.0/16", podCidr]);
  });

  it("tells its subnets by kind, the pods' by zone", async () => {
    let network!: Network;
    await building(() => (network = new Network("net", { ...args, podCidr })));
    expect(await value(network.vpcId)).to.equal("vpc-fake");
    expect((await value(network.publicSubnetIds))[0]).to.equal("subnet-public-1");
    expect((await value(network.privateSubnetIds))[0]).to.equal("subnet-private-1");
    expect((await value(network.databaseSubnetIds))[0]).to.equal("subnet-isolated-1");
    expect(Object.keys(network.podSubnetIds!)).to.deep.equal(args.zones);
    expect(await value(network.podSubnetIds!["eu-west-1b"]!)).to.equal("net-pods-2-id");
    expect(network.cidrs).to.deep.equal(["10.0.0.0/16", podCidr]);
  });

  it("is ready after routes and endpoints, those that awsx makes itself included", async () => {
    const registrations = await building(() => new Follower(new Network("net", { ...args, podCidr }).ready));
    expect(waitedFor(registrations)).to.deep.equal([
      vpc,
      "ec2.InternetGateway igw-fake",
      ...["nat-fake-1", "nat-fake-2", "nat-fake-3"].map((name) => `ec2.NatGateway ${name}`),
      ...["net-pods-1", "net-pods-2", "r-fake-1", "r-fake-2", "r-fake-3"].map((name) => `ec2.Route ${name}`),
      ...["net-pods-1", "net-pods-2", "rtbassoc-fake-1", "rtbassoc-fake-2", "rtbassoc-fake-3"].map(
        (name) => `ec2.RouteTableAssociation ${name}`,
      ),
      "ec2.VpcEndpoint net-endpoints-s3",
    ]);
  });

  it("asks for the same in a preview, where nothing of the VPC is known", async () => {
    const all = { podCidr, endpoints: ["s3", "sts"] };
    const preview = await building(() => new Network("net", { ...args, ...all }), { preview: true });
    expect(outline(preview)).to.deep.equal(outline(await made(all)));
  });
});
