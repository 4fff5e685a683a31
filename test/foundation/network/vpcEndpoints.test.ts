import { expect } from "chai";
import { VpcEndpoints } from "../../../components/foundation/network/vpcEndpoints";
import type { ResourcePolicyStatement } from "../../../components/lib/statements";
import { account, building } from "../../support/foundation";
import { inputs, outline } from "../../support/outline";
import { allowed } from "../../support/policyEvaluator";

const open = { Sid: "Everything", Effect: "Allow", Action: ["*"], Resource: ["*"], Principal: "*" };

describe("VPC endpoints", () => {
  const make =
    (services: string[], otherAccounts?: string[], ofOwnAccount = false) =>
    () =>
      new VpcEndpoints("doors", {
        account,
        ...{ services, ofOwnAccount },
        ...(otherAccounts === undefined ? {} : { otherAccounts }),
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
    const { policy, ...rest } = inputs(made, "ec2.VpcEndpoint doors-s3");
    expect(JSON.parse(policy as string).Statement, "said, or limits of before would stay").to.deep.equal([open]);
    expect(rest).to.deep.equal({
      vpcId: "vpc-made-up",
      serviceName: "com.amazonaws.eu-west-1.s3",
      tags: { Name: "doors-s3" },
      vpcEndpointType: "Gateway",
      routeTableIds: ["rtb-1", "rtb-2"],
    });
  });

  it("lead to buckets and tables of the accounts that are named alone, and to layers of images", async () => {
    const made = await building(make(["s3", "dynamodb", "kms"], ["123456789012"]));
    const of = (service: string) => inputs(made, `ec2.VpcEndpoint doors-${service}`).policy as string;
    const accounts = {
      ...{ Sid: "Accounts", Effect: "Allow", Action: ["*"], Resource: ["*"], Principal: "*" },
      Condition: { StringEquals: { "aws:ResourceAccount": [account.accountId, "123456789012"] } },
    };
    expect(JSON.parse(of("dynamodb")).Statement).to.deep.equal([accounts]);
    expect(JSON.parse(of("s3")).Statement).to.deep.equal([
      accounts,
      {
        ...{ Sid: "ImageLayers", Effect: "Allow", Action: ["s3:GetObject"], Principal: "*" },
        Resource: ["arn:aws:s3:::prod-eu-west-1-starport-layer-bucket/*"],
      },
    ]);
    expect(JSON.parse(of("kms")).Statement, "an interface is narrowed by who calls, not by what").to.deep.equal([open]);
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
    const { policy, ...rest } = inputs(made, "ec2.VpcEndpoint doors-ecr.api");
    expect(JSON.parse(policy as string).Statement).to.deep.equal([open]);
    expect(rest).to.deep.equal({
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

  it("serve callers of the own account alone where that is asked for, in other accounts too", async () => {
    const made = await building(make(["ecr.api", "sts"], undefined, true));
    const statements = (service: string): ResourcePolicyStatement[] =>
      JSON.parse(inputs(made, `ec2.VpcEndpoint doors-${service}`).policy as string).Statement;
    const layer = "arn:aws:ecr:eu-west-1:602401143452:repository/eks/coredns";
    const through = (service: string, context: Record<string, string>) =>
      allowed(
        statements(service).map(({ Principal, ...rest }) => rest),
        { action: "ecr:BatchGetImage", resource: layer, context },
      );
    expect(through("ecr.api", { "aws:PrincipalAccount": account.accountId })).to.equal(true);
    expect(through("ecr.api", { "aws:PrincipalAccount": "123456789012" })).to.equal(false);
    expect(through("ecr.api", { "aws:PrincipalIsAWSService": "true" })).to.equal(true);
    // Who comes with a token is nobody yet, and is let through to this account's roles, at the one service that takes tokens.
    const sids = (service: string) => statements(service).map(({ Sid }) => Sid);
    expect(sids("sts")).to.include("ByToken");
    expect(sids("ecr.api")).to.not.include("ByToken");
  });

  it("are none where none is wanted", async () => {
    expect(outline(await building(make([])))).to.deep.equal(["VpcEndpoints doors"]);
  });
});
