import { expect } from "chai";
import { fullType, parseFailure, parseTakenBack } from "../../simulator/failureRules";
import { UsageError } from "../../simulator/usageError";

describe("--fail", () => {
  const types: [string, string][] = [
    ["aws:ec2:Vpc", "aws:ec2/vpc:Vpc"],
    ["aws:ec2/vpc:Vpc", "aws:ec2/vpc:Vpc"],
    ["aws:rds:SubnetGroup", "aws:rds/subnetGroup:SubnetGroup"],
    ["random:index:RandomPassword", "random:index/randomPassword:RandomPassword"],
    ["awsx:ec2:Vpc", "awsx:ec2:Vpc"],
    ["eks:index:Cluster", "eks:index:Cluster"],
    ["kubernetes:core/v1:Namespace", "kubernetes:core/v1:Namespace"],
  ];
  for (const [short, full] of types) {
    it(`takes ${short} for ${full}`, () => expect(fullType(short)).to.equal(full));
  }

  it("means every resource of a type, or one by name", () => {
    expect(parseFailure("aws:ec2:Vpc", 1)).to.deep.equal({ type: "aws:ec2/vpc:Vpc", times: 1 });
    expect(parseFailure("aws:ec2:Vpc:main", 2)).to.deep.equal({ type: "aws:ec2/vpc:Vpc", name: "main", times: 2 });
  });

  it("has a sister for updates that are taken back", () => {
    expect(parseTakenBack("aws:sagemaker:Endpoint:churn")).to.deep.equal({
      type: "aws:sagemaker/endpoint:Endpoint",
      name: "churn",
      times: Number.POSITIVE_INFINITY,
      takenBack: true,
    });
  });

  for (const text of ["", "Vpc", "aws:ec2", "aws::Vpc", "aws:ec2:Vpc:"]) {
    it(`refuses "${text}"`, () => expect(() => parseFailure(text, 1)).to.throw(UsageError, "a type is needed"));
  }
});
