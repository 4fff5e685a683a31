import { expect } from "chai";
import type { PolicyStatement } from "../../components/lib/statements";
import { allowed } from "../support/policyEvaluator";

const statement = (over: Partial<PolicyStatement> = {}): PolicyStatement => ({
  Sid: "S",
  Effect: "Allow",
  Action: ["s3:GetObject"],
  Resource: ["arn:aws:s3:::b/a/*"],
  ...over,
});
const request = { action: "s3:GetObject", resource: "arn:aws:s3:::b/a/1" };
const conditioned = (Condition: PolicyStatement["Condition"], context?: Record<string, string | string[]>) =>
  allowed([statement({ Condition: Condition! })], { ...request, ...(context ? { context } : {}) });

describe("the evaluator that tests of permissions use", () => {
  it("denies what nobody allows, and what somebody denies", () => {
    expect(allowed([], request)).to.equal(false);
    expect(allowed([statement()], request)).to.equal(true);
    expect(allowed([statement()], { ...request, resource: "arn:aws:s3:::b/ab" })).to.equal(false);
    expect(allowed([statement(), statement({ Effect: "Deny", Resource: ["*"] })], request)).to.equal(false);
  });

  it("takes small and large letters of actions for the same, of resources not", () => {
    expect(allowed([statement({ Action: ["S3:getobject"] })], request)).to.equal(true);
    expect(allowed([statement()], { ...request, resource: "arn:aws:s3:::b/A/1" })).to.equal(false);
  });

  it("holds a condition against the request, whose missing keys fit no comparison but a negated one", () => {
    expect(conditioned({ StringEquals: { k: ["a", "b"] } }, { k: "b" })).to.equal(true);
    expect(conditioned({ StringEquals: { k: "a" } }, { k: "b" })).to.equal(false);
    expect(conditioned({ StringEquals: { k: "a" } })).to.equal(false);
    expect(conditioned({ StringNotEquals: { k: "a" } })).to.equal(true);
    expect(conditioned({ StringEqualsIfExists: { k: "a" } })).to.equal(true);
    expect(conditioned({ StringLike: { k: "a/*" } }, { k: "a/b" })).to.equal(true);
    expect(conditioned({ Null: { k: "false" } })).to.equal(false);
    expect(conditioned({ "ForAllValues:StringEquals": { k: ["a"] } }, { k: ["a", "b"] })).to.equal(false);
    expect(conditioned({ "ForAnyValue:StringEquals": { k: ["a"] } }, { k: ["a", "b"] })).to.equal(true);
  });
});
