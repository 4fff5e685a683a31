import { expect } from "chai";
import { runDags } from "../../components/identity/policies/dags";
import type { PolicyStatement } from "../../components/lib/statements";
import { keyArn } from "../support/foundation";
import { allowed, type Request } from "../support/policyEvaluator";

const store = { bucketArn: "arn:aws:s3:::data", keyArn };
const roles = { scoring: runDags(store), training: runDags(store, ["data/churn/", "raw/fraud/"]) };
const on = (action: string, key: string): Request => ({ action, resource: `arn:aws:s3:::data/${key}` });
const listing = (prefix: string): Request => ({
  ...{ action: "s3:ListBucket", resource: "arn:aws:s3:::data" },
  context: { "s3:prefix": prefix },
});
const cases: [who: keyof typeof roles, may: boolean, request: Request][] = [
  ["scoring", true, on("s3:GetObject", "incoming/churn/a.csv")],
  ["scoring", true, on("s3:PutObject", "predictions/churn/a.csv")],
  ["scoring", false, on("s3:GetObject", "data/churn/train/a.csv")],
  ["scoring", false, listing("data/churn/")],
  ["scoring", false, on("s3:PutObject", "samples/churn/a.csv")],
  ["training", true, on("s3:GetObject", "data/churn/train/a.csv")],
  ["training", true, listing("data/churn/")],
  ["training", true, on("s3:GetObject", "raw/fraud/a.csv")],
  ["training", true, { action: "kms:Decrypt", resource: keyArn }],
  ["training", false, on("s3:GetObject", "data/churn-eu/train/a.csv")],
  ["training", false, on("s3:GetObject", "data/other/train/a.csv")],
  ["training", false, listing("data/")],
  ["training", false, listing("data/churn-eu/")],
  ["training", false, on("s3:PutObject", "data/churn/train/a.csv")],
  ["training", false, on("s3:DeleteObject", "data/churn/train/a.csv")],
  ["training", false, on("s3:GetObject", "models/churn/run/output/model.tar.gz")],
];

describe("permissions of tasks of people's DAGs, decided as IAM decides", () => {
  for (const [who, may, request] of cases) {
    const what = `${request.action} on ${request.context?.["s3:prefix"] ?? request.resource.split(":").at(-1)}`;
    it(`${may ? "let" : "do not let"} tasks for ${who} ${what}`, () => {
      expect(allowed(roles[who] as PolicyStatement[], request)).to.equal(may);
    });
  }
});
