import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import { ownPack } from "../../simulator/project";
import { TestStack } from "./runs";

const file = parse(readFileSync(join(__dirname, "..", "..", "docs", "examples", "lean.yaml"), "utf8"));
const none = { create: 0, update: 0, replace: 0, delete: 0 };

describe("the whole program without a cluster, on the simulated cloud", function () {
  this.timeout(600_000);
  const stack = new TestStack("lean", file);
  after(() => stack.remove());
  const types = () => new Set(stack.existing().map(({ type }) => type));

  it("breaks no rule of the policy pack, and makes neither Kubernetes nor a database nor a way out", async () => {
    const { findings, outputs } = await stack.succeed("up", { policyPack: { path: ownPack } });
    expect(findings).to.deep.equal([]);
    const made = [...types()];
    expect(
      made.filter((type) => /^(kubernetes|eks|awsx:ec2:NatGateway)|^aws:(eks|rds|autoscaling)\//.test(type)),
    ).to.deep.equal([]);
    expect(made).to.not.include.members(["aws:ec2/natGateway:NatGateway"]);
    expect(made).to.include.members([
      "aws:sagemaker/endpoint:Endpoint",
      "aws:sfn/stateMachine:StateMachine",
      "aws:cloudwatch/metricAlarm:MetricAlarm",
      "aws:sns/topic:Topic",
      "aws:budgets/budget:Budget",
      "aws:glue/catalogDatabase:CatalogDatabase",
    ]);
    expect(Object.keys(outputs).sort()).to.deep.equal([
      ...[
        "artifactsBucket",
        "athenaWorkgroup",
        "catalogDatabase",
        "dataBucket",
        "logsBucket",
        "models",
        "region",
        "vpcId",
      ],
    ]);
    const { churn } = outputs.models as Record<string, Record<string, string>>;
    expect(churn).to.deep.equal({
      sagemakerEndpoint: "mlplatform-lean-churn-serverless",
      sagemakerUrl:
        "https://runtime.sagemaker.eu-west-1.amazonaws.com/endpoints/mlplatform-lean-churn-serverless/invocations",
    });
  });

  it("has one endpoint of the VPC, the gateway that is free, and no subnets for pods", () => {
    const doors = stack.asked("aws:ec2/vpcEndpoint:VpcEndpoint");
    expect(doors.map(({ inputs }) => [inputs.serviceName, inputs.vpcEndpointType])).to.deep.equal([
      ["com.amazonaws.eu-west-1.s3", "Gateway"],
    ]);
    expect(stack.asked("aws:ec2/vpcIpv4CidrBlockAssociation:VpcIpv4CidrBlockAssociation")).to.deep.equal([]);
  });

  it("tells the owner of alarms by CloudWatch", () => {
    const alarms = stack.asked("aws:cloudwatch/metricAlarm:MetricAlarm").map(({ inputs }) => String(inputs.name));
    expect(alarms).to.include.members(["mlplatform-lean-churn-serverless-errors"]);
    expect(alarms.filter((name) => /database|node|pod/.test(name))).to.deep.equal([]);
  });

  it("changes nothing when nothing changes", async () => {
    expect((await stack.succeed("preview")).changes).to.include(none);
  });

  it("is destroyed whole", async () => {
    await stack.succeed("destroy");
    expect(stack.existing()).to.deep.equal([]);
  });
});
