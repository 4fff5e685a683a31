import { expect } from "chai";
import type { DataSource } from "../../components/contracts/dataSource";
import { useWorkgroup } from "../../components/identity/policies/catalog";
import { readSources } from "../../components/identity/policies/sources";
import { policyDocument } from "../../components/lib/statements";
import { account } from "../support/foundation";
import { allowed, type Request } from "../support/policyEvaluator";

const keyArn = "arn:aws:kms:eu-west-1:111122223333:key/lake";
const lake: DataSource = { name: "lake", bucket: "company-lake", folder: "sales/orders/", keyArn, database: "sales" };
const whole: DataSource = { name: "whole", bucket: "company-archive" };
const statements = readSources(account, [lake, whole]);

const object = (bucket: string, key: string) => `arn:aws:s3:::${bucket}/${key}`;
const glue = (what: string) => `arn:aws:glue:eu-west-1:000000000000:${what}`;
const listing = (prefix: string, bucket = "company-lake"): Request => ({
  action: "s3:ListBucket",
  resource: `arn:aws:s3:::${bucket}`,
  context: { "s3:prefix": prefix },
});

const may: Request[] = [
  listing("sales/orders/"),
  listing("sales/orders/2026/"),
  listing("", "company-archive"),
  { action: "s3:GetBucketLocation", resource: "arn:aws:s3:::company-lake" },
  { action: "s3:GetObject", resource: object("company-lake", "sales/orders/1.parquet") },
  { action: "s3:GetObject", resource: object("company-archive", "anything") },
  { action: "kms:Decrypt", resource: keyArn },
  { action: "glue:GetTable", resource: glue("table/sales/orders") },
  { action: "glue:GetPartitions", resource: glue("database/sales") },
];

const mayNot: Request[] = [
  listing(""),
  listing("sales/customers/"),
  listing("sales/orders-old/"),
  listing("sales/orders"),
  { action: "s3:GetObject", resource: object("company-lake", "sales/customers/1.parquet") },
  { action: "s3:GetObject", resource: object("company-lake", "sales/orders-old/1.parquet") },
  { action: "s3:GetObject", resource: object("company-lake-2", "sales/orders/1.parquet") },
  { action: "s3:PutObject", resource: object("company-lake", "sales/orders/1.parquet") },
  { action: "s3:DeleteObject", resource: object("company-archive", "anything") },
  { action: "kms:GenerateDataKey", resource: keyArn },
  { action: "kms:Decrypt", resource: "arn:aws:kms:eu-west-1:111122223333:key/other" },
  { action: "glue:GetTable", resource: glue("table/hr/salaries") },
  { action: "glue:UpdateTable", resource: glue("table/sales/orders") },
];

const said = ({ action, resource }: Request) => `${action} on ${resource}`;

describe("permissions on data that lie elsewhere", () => {
  it("read what a source names, and the columns of its tables", () => {
    for (const request of may) expect(allowed(statements, request), said(request)).to.equal(true);
  });

  it("neither reach beside its folder nor change anything", () => {
    for (const request of mayNot) expect(allowed(statements, request), said(request)).to.equal(false);
  });

  it("are none for whoever names no source", () => {
    expect(readSources(account, [])).to.deep.equal([]);
  });

  it("of a source without key and database name neither", () => {
    expect(policyDocument(readSources(account, [whole]))).to.not.match(/kms:|glue:/);
  });

  it("fit into a role beside all else, at the most sources with the longest names", () => {
    const long = Array.from({ length: 5 }, (_, at) => ({
      name: `source-${at}`,
      bucket: `${"b".repeat(61)}${String(at).padStart(2, "0")}`,
      folder: `${"f".repeat(60)}/`,
      keyArn: `arn:aws:kms:eu-west-1:111122223333:key/${"0".repeat(35)}${at}`,
      database: `${"d".repeat(30)}${at}`,
    }));
    // A role's own policies have 10,240 characters in all: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    expect(policyDocument(readSources(account, long)).length).to.be.below(4_500);
  });

  it("let a reader of tables ask in the stack's workgroup, and keep the answers in the stack's bucket alone", () => {
    const store = { bucketArn: "arn:aws:s3:::data" };
    const queries = [...statements, ...useWorkgroup(account, "dev", store)];
    const workgroup = (name: string) => `arn:aws:athena:eu-west-1:000000000000:workgroup/${name}`;
    const ask = (name: string) => ({ action: "athena:StartQueryExecution", resource: workgroup(name) });
    const put = (bucket: string) => ({ action: "s3:PutObject", resource: object(bucket, "athena/answer.csv") });
    expect(allowed(queries, ask("dev"))).to.equal(true);
    expect(allowed(queries, ask("primary"))).to.equal(false);
    expect(allowed(queries, put("data"))).to.equal(true);
    expect(allowed(queries, put("company-lake"))).to.equal(false);
  });
});
