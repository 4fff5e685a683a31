import { expect } from "chai";
import { addDecisions } from "../../components/identity/policies/decisions";
import { allowed } from "../support/policyEvaluator";

const bucketArn = "arn:aws:s3:::data";
const keyArn = "arn:aws:kms:eu-west-1:000000000000:key/made-up";
const record = `${bucketArn}/decisions/churn/3-1/20260102.json`;
const once = { "s3:if-none-match": "*" };

describe("what the release controller may do to the record of decisions", () => {
  const may = (action: string, resource: string, context: Record<string, string> = {}) =>
    allowed(addDecisions({ bucketArn, keyArn }), { action, resource, context });

  it("is to add what is not there, encrypted", () => {
    expect(may("s3:PutObject", record, once)).to.equal(true);
    expect(may("kms:GenerateDataKey", keyArn)).to.equal(true);
  });

  it("is not to write over what is there, nor to read or delete it, nor to write elsewhere", () => {
    expect(may("s3:PutObject", record)).to.equal(false);
    for (const action of ["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:GetObject", "s3:PutObjectRetention"]) {
      expect(may(action, record, once), action).to.equal(false);
    }
    for (const other of ["decisions", "data/churn/rows.csv", "metadata/churn/runs/1.json"]) {
      expect(may("s3:PutObject", `${bucketArn}/${other}`, once), other).to.equal(false);
    }
    expect(may("kms:Decrypt", keyArn)).to.equal(false);
  });

  it("needs no key where no cloud keeps one", () => {
    expect(addDecisions({ bucketArn }).map(({ Sid }) => Sid)).to.deep.equal(["AddDecisions"]);
  });
});
