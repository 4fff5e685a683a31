import { expect } from "chai";
import type { DenyStatement, PolicyStatement } from "../../components/lib/statements";
import { guardrail } from "../../guardrails/statement";
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

  it("hears statements that name an action by a pattern, or by what they are not about", () => {
    const others = [statement({ Action: ["s3:PutObject"] }), statement({ Action: ["s3:GetObjectTagging"] })];
    expect(allowed(others, request)).to.equal(false);
    for (const pattern of ["s3:Get*", "s3:?etObject", "S3:*", "*"])
      expect(allowed([...others, statement({ Action: [pattern] })], request), pattern).to.equal(true);
    const but = (NotAction: string[]): DenyStatement => ({ Sid: "D", Effect: "Deny", NotAction, Resource: ["*"] });
    expect(allowed([statement(), but(["s3:PutObject"])], request)).to.equal(false);
    expect(allowed([statement(), but(["s3:GetObject"])], request)).to.equal(true);
    expect(allowed([statement(), statement({ Effect: "Deny", Action: ["s3:*"] })], request)).to.equal(false);
  });

  it("holds a boundary and a service control policy against the request, by the same statements of theirs", () => {
    const rail = (...Action: string[]) =>
      guardrail([
        { Sid: "Other", Effect: "Allow", Action: ["s3:PutObject"], Resource: ["*"] },
        { Sid: "S", Effect: "Allow", Action, Resource: ["*"] },
      ]);
    expect(allowed([statement()], request, { boundary: rail("s3:GetObject") })).to.equal(true);
    expect(allowed([statement()], request, { boundary: rail("s3:Get*") })).to.equal(true);
    expect(allowed([statement()], request, { boundary: rail("s3:DeleteObject") })).to.equal(false);
    const denies = (Action: string) =>
      guardrail([
        { Sid: "Other", Effect: "Deny", Action: ["s3:PutObject"], Resource: ["*"] },
        { Sid: "S", Effect: "Deny", Action: [Action], Resource: ["*"] },
      ]);
    expect(allowed([statement()], request, { serviceControl: denies("s3:getobject") })).to.equal(false);
    expect(allowed([statement()], request, { serviceControl: denies("s3:DeleteObject") })).to.equal(true);
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
