import { expect } from "chai";
import {
  keepFeatures,
  lookUpFeatures,
  publishFeatures,
  readFeatures,
  readHistory,
  writeFeatures,
} from "../../components/identity/policies/features";
import { account, keyArn } from "../support/foundation";
import { allowed } from "../support/policyEvaluator";

const store = { bucketArn: "arn:aws:s3:::data", keyArn };
const group = (name: string) => `arn:aws:sagemaker:eu-west-1:000000000000:feature-group/${name}`;
const aws = (service: string, resource: string) => `arn:aws:${service}:eu-west-1:000000000000:${resource}`;
const object = (key: string) => `arn:aws:s3:::data/${key}`;
const roles = {
  group: keepFeatures(store, "churn"),
  reader: readFeatures(account, ["dev-churn"]),
  writer: writeFeatures(account, ["dev-churn"]),
  server: lookUpFeatures(account, "dev-churn", keyArn),
  publishing: publishFeatures(account, "dev-churn"),
  history: readHistory(account, {
    ...{ model: "churn", store, databaseName: "dev", tableName: "features_churn", workgroupName: "dev.churn" },
  }),
};
const cases: [who: keyof typeof roles, may: boolean, action: string, resource: string][] = [
  ["group", true, "s3:PutObject", object("features/churn/000000000000/sagemaker/a.parquet")],
  ["group", true, "s3:GetBucketAcl", "arn:aws:s3:::data"],
  ["group", true, "kms:GenerateDataKey", keyArn],
  ["group", false, "s3:PutObject", object("features/fraud/a.parquet")],
  ["group", false, "s3:PutObject", object("data/churn/a.csv")],
  ["group", false, "s3:GetObject", object("features/churn/a.parquet")],
  ["group", false, "s3:DeleteObject", object("features/churn/a.parquet")],
  ["group", false, "s3:PutBucketPolicy", "arn:aws:s3:::data"],
  ["group", false, "kms:GenerateDataKey", "arn:aws:kms:eu-west-1:000000000000:key/other"],
  ["reader", true, "sagemaker:GetRecord", group("dev-churn")],
  ["reader", true, "sagemaker:BatchGetRecord", group("dev-churn")],
  ["reader", false, "sagemaker:GetRecord", group("prod-churn")],
  ["reader", false, "sagemaker:PutRecord", group("dev-churn")],
  ["writer", true, "sagemaker:PutRecord", group("dev-churn")],
  ["writer", true, "sagemaker:DeleteRecord", group("dev-churn")],
  ["writer", false, "sagemaker:PutRecord", group("dev-fraud")],
  ["writer", false, "sagemaker:UpdateFeatureGroup", group("dev-churn")],
  ["writer", false, "sagemaker:DeleteFeatureGroup", group("dev-churn")],
  ["server", true, "sagemaker:BatchGetRecord", group("dev-churn")],
  ["server", true, "kms:Decrypt", keyArn],
  ["server", false, "sagemaker:BatchGetRecord", group("dev-churn-eu")],
  ["server", false, "sagemaker:PutRecord", group("dev-churn")],
  ["server", false, "sagemaker:DeleteRecord", group("dev-churn")],
  ["server", false, "s3:GetObject", object("features/churn/a.parquet")],
  ["publishing", true, "sagemaker:PutRecord", group("dev-churn")],
  ["publishing", true, "sagemaker:BatchGetRecord", group("dev-churn")],
  ["publishing", false, "sagemaker:PutRecord", group("dev-fraud")],
  ["publishing", false, "sagemaker:DeleteRecord", group("dev-churn")],
  ["history", true, "athena:StartQueryExecution", aws("athena", "workgroup/dev.churn")],
  ["history", false, "athena:StartQueryExecution", aws("athena", "workgroup/dev")],
  ["history", false, "athena:GetQueryResults", aws("athena", "workgroup/dev")],
  ["history", false, "athena:StartQueryExecution", aws("athena", "workgroup/primary")],
  ["history", true, "glue:GetPartitions", aws("glue", "table/dev/features_churn")],
  ["history", false, "glue:GetTable", aws("glue", "table/dev/features_fraud")],
  ["history", false, "glue:UpdateTable", aws("glue", "table/dev/features_churn")],
  ["history", true, "s3:GetObject", object("features/churn/a.parquet")],
  ["history", false, "s3:GetObject", object("features/churn-eu/a.parquet")],
  ["history", false, "s3:PutObject", object("features/churn/a.parquet")],
  ["history", true, "s3:PutObject", object("athena/features/churn/answer.csv")],
  ["history", true, "s3:GetObject", object("athena/features/churn/answer.csv")],
  ["history", false, "s3:PutObject", object("athena/answer.csv")],
  ["history", false, "s3:GetObject", object("athena/answer.csv")],
  ["history", false, "s3:GetObject", object("athena/features/churn-eu/answer.csv")],
  ["history", false, "sagemaker:PutRecord", group("dev-churn")],
];

describe("permissions around features, decided as IAM decides", () => {
  for (const [who, may, action, resource] of cases) {
    it(`${may ? "let" : "do not let"} the ${who} ${action} on ${resource.split(":").slice(5).join(":")}`, () => {
      expect(allowed(roles[who], { action, resource })).to.equal(may);
    });
  }

  it("are none where there are no groups", () => {
    expect([...readFeatures(account, []), ...writeFeatures(account, [])]).to.deep.equal([]);
  });
});
