import { expect } from "chai";
import { SecurityGroup } from "../../../components/foundation/network/securityGroup";
import { building } from "../../support/foundation";
import { inputs, outline } from "../../support/outline";

describe("a security group", () => {
  const make = () =>
    new SecurityGroup("guard", {
      vpcId: "vpc-made-up",
      description: "Made up",
      ingress: [{ key: "cluster", portNumber: 2049, peerSecurityGroupId: "sg-cluster" }],
      egress: [{ key: "https", portNumber: 443, cidrIpv4: "10.0.0.0/16" }],
    });

  it("is a group without rules in it, and one resource for each rule", async () => {
    const made = await building(make);
    expect(outline(made)).to.deep.equal([
      "SecurityGroup guard",
      "  ec2.SecurityGroup guard",
      "  vpc.SecurityGroupEgressRule guard-to-https",
      "  vpc.SecurityGroupIngressRule guard-from-cluster",
    ]);
    expect(inputs(made, "ec2.SecurityGroup guard")).to.deep.equal({
      vpcId: "vpc-made-up",
      description: "Made up",
      tags: { Name: "guard" },
    });
  });

  it("names one peer in each rule, a range or another group, and one TCP port", async () => {
    const made = await building(make);
    expect(inputs(made, "vpc.SecurityGroupIngressRule guard-from-cluster")).to.deep.equal({
      securityGroupId: "guard-id",
      ipProtocol: "tcp",
      fromPort: 2049,
      toPort: 2049,
      description: "cluster",
      referencedSecurityGroupId: "sg-cluster",
    });
    expect(inputs(made, "vpc.SecurityGroupEgressRule guard-to-https")).to.deep.equal({
      securityGroupId: "guard-id",
      ipProtocol: "tcp",
      fromPort: 443,
      toPort: 443,
      description: "https",
      cidrIpv4: "10.0.0.0/16",
    });
  });
});
