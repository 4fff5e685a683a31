import { expect } from "chai";
import { FlowLogs } from "../../../components/foundation/network/flowLogs";
import { SecurityGroup } from "../../../components/foundation/network/securityGroup";
import { VpcEndpoints } from "../../../components/foundation/network/vpcEndpoints";
import { account, building, keyArn } from "../../support/foundation";
import { dependencies, inputs, outline, statements } from "../../support/outline";

describe("VPC endpoints", () => {
  const make = (services: string[]) => () =>
    new VpcEndpoints("doors", {
      region: "eu-west-1",
      services,
      vpcId: "vpc-made-up",
      cidrs: ["10.0.0.0/16", "100.64.0.0/16"],
      subnetIds: ["subnet-1", "subnet-2"],
      routeTableIds: ["rtb-1", "rtb-2"],
    });

  it("are gateways for S3 and DynamoDB, in every route table and without a security group", async () => {
    const made = await building(make(["s3", "dynamodb"]));
    expect(outline(made)).to.deep.equal([
      "VpcEndpoints doors",
      "  ec2.VpcEndpoint doors-dynamodb",
      "  ec2.VpcEndpoint doors-s3",
    ]);
    expect(inputs(made, "ec2.VpcEndpoint doors-s3")).to.deep.equal({
      vpcId: "vpc-made-up",
      serviceName: "com.amazonaws.eu-west-1.s3",
      tags: { Name: "doors-s3" },
      vpcEndpointType: "Gateway",
      routeTableIds: ["rtb-1", "rtb-2"],
    });
  });

  it("are interfaces for the rest, open on 443 to the VPC's ranges and to nobody else", async () => {
    const made = await building(make(["ecr.api"]));
    expect(outline(made)).to.deep.equal([
      "VpcEndpoints doors",
      "  SecurityGroup doors",
      "    ec2.SecurityGroup doors",
      "    vpc.SecurityGroupIngressRule doors-from-10.0.0.0/16",
      "    vpc.SecurityGroupIngressRule doors-from-100.64.0.0/16",
      "  ec2.VpcEndpoint doors-ecr.api",
    ]);
    expect(inputs(made, "ec2.VpcEndpoint doors-ecr.api")).to.deep.equal({
      vpcId: "vpc-made-up",
      serviceName: "com.amazonaws.eu-west-1.ecr.api",
      tags: { Name: "doors-ecr.api" },
      vpcEndpointType: "Interface",
      privateDnsEnabled: true,
      subnetIds: ["subnet-1", "subnet-2"],
      securityGroupIds: ["doors-id"],
    });
    expect(inputs(made, "vpc.SecurityGroupIngressRule doors-from-100.64.0.0/16")).to.include({
      cidrIpv4: "100.64.0.0/16",
      fromPort: 443,
      toPort: 443,
    });
  });

  it("are none where none is wanted", async () => {
    expect(outline(await building(make([])))).to.deep.equal(["VpcEndpoints doors"]);
  });
});

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

describe("flow logs", () => {
  const make = () =>
    new FlowLogs("flow", {
      vpcId: "vpc-made-up",
      retentionDays: 365,
      keyArn,
      accountId: account.accountId,
    });

  it("write all traffic into an encrypted group that forgets", async () => {
    const made = await building(make);
    expect(outline(made)).to.deep.equal([
      "FlowLogs flow",
      "  cloudwatch.LogGroup flow",
      "  ec2.FlowLog flow",
      "  iam.Role flow",
      "  iam.RolePolicy flow",
    ]);
    expect(inputs(made, "cloudwatch.LogGroup flow")).to.deep.equal({ retentionInDays: 365, kmsKeyId: keyArn });
    expect(inputs(made, "ec2.FlowLog flow")).to.deep.equal({
      vpcId: "vpc-made-up",
      trafficType: "ALL",
      logDestination: "arn:aws:fake:eu-west-1:000000000000:aws:cloudwatch/logGroup:LogGroup/flow",
      iamRoleArn: "arn:aws:fake:eu-west-1:000000000000:aws:iam/role:Role/flow",
      maxAggregationInterval: 600,
    });
  });

  it("start once their role may write, into their own group alone", async () => {
    const made = await building(make);
    expect(dependencies(made, "ec2.FlowLog flow")).to.include("iam.RolePolicy flow");
    expect(statements(made, "iam.RolePolicy flow")[0]!.Resource).to.deep.equal([
      "arn:aws:fake:eu-west-1:000000000000:aws:cloudwatch/logGroup:LogGroup/flow:*",
    ]);
    expect(statements(made, "iam.Role flow", "assumeRolePolicy")[0]).to.deep.include({
      Principal: { Service: ["vpc-flow-logs.amazonaws.com"] },
      Condition: { StringEquals: { "aws:SourceAccount": "000000000000" } },
    });
  });
});
