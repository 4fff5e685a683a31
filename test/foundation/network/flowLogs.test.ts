import { expect } from "chai";
import { FlowLogs } from "../../../components/foundation/network/flowLogs";
import { account, building, keyArn } from "../../support/foundation";
import { dependencies, inputs, outline, statements } from "../../support/outline";

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
