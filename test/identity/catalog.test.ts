import { expect } from "chai";
import { crawl, queryCatalog } from "../../components/identity/policies/catalog";
import type { PolicyStatement } from "../../components/lib/statements";
import { anyResourceActions } from "../../policy/anyResourceActions";
import { account, keyArn } from "../support/foundation";
import { allowed, type Request } from "../support/policyEvaluator";

const store = { bucketArn: "arn:aws:s3:::data", keyArn };
const roles: Record<string, PolicyStatement[]> = {
  crawler: crawl(account, { store, databaseName: "platform", folder: "data/", tablePrefix: "data_" }),
  reader: queryCatalog(account, {
    store,
    databaseName: "platform",
    workgroupName: "platform-dev",
    folders: ["data/", "predictions/churn/"],
  }),
};
const glue = (what: string) => `arn:aws:glue:eu-west-1:000000000000:${what}`;
const workgroup = (name: string) => `arn:aws:athena:eu-west-1:000000000000:workgroup/${name}`;
const object = (key: string) => `arn:aws:s3:::data/${key}`;
const listing = (prefix: string): Request => ({
  action: "s3:ListBucket",
  resource: "arn:aws:s3:::data",
  context: { "s3:prefix": prefix },
});
const on = (action: string, resource: string): Request => ({ action, resource });

const allow: [who: string, request: Request][] = [
  ["crawler", on("s3:GetObject", object("data/churn/1.csv"))],
  ["crawler", listing("data/")],
  ["crawler", listing("data/churn/")],
  ["crawler", on("kms:Decrypt", keyArn)],
  ["crawler", on("glue:GetDatabase", glue("database/platform"))],
  ["crawler", on("glue:CreateTable", glue("table/platform/data_churn"))],
  ["crawler", on("logs:PutLogEvents", "arn:aws:logs:eu-west-1:000000000000:log-group:/aws-glue/crawlers:log-stream:a")],
  ["reader", on("athena:StartQueryExecution", workgroup("platform-dev"))],
  ["reader", on("athena:GetQueryResults", workgroup("platform-dev"))],
  ["reader", on("glue:GetTable", glue("table/platform/data_churn"))],
  ["reader", on("s3:GetObject", object("predictions/churn/date=2025-01-01/a.parquet"))],
  ["reader", on("s3:PutObject", object("athena/1.csv"))],
  ["reader", on("s3:GetObject", object("athena/1.csv"))],
];
const deny: [who: string, request: Request][] = [
  ["crawler", on("s3:GetObject", object("predictions/churn/1.parquet"))],
  ["crawler", on("s3:PutObject", object("data/churn/1.csv"))],
  ["crawler", on("s3:DeleteObject", object("data/churn/1.csv"))],
  ["crawler", listing("predictions/")],
  ["crawler", { action: "s3:ListBucket", resource: "arn:aws:s3:::data" }],
  ["crawler", on("glue:UpdateTable", glue("table/platform/predictions_churn"))],
  ["crawler", on("glue:CreateTable", glue("table/other/data_churn"))],
  ["crawler", on("glue:DeleteTable", glue("table/platform/data_churn"))],
  ["crawler", on("glue:DeleteDatabase", glue("database/platform"))],
  ["crawler", on("kms:Decrypt", "arn:aws:kms:eu-west-1:000000000000:key/other")],
  ["crawler", on("kms:CreateGrant", keyArn)],
  ["reader", on("athena:StartQueryExecution", workgroup("primary"))],
  ["reader", on("athena:UpdateWorkGroup", workgroup("platform-dev"))],
  ["reader", on("athena:DeleteWorkGroup", workgroup("platform-dev"))],
  ["reader", on("glue:UpdateTable", glue("table/platform/data_churn"))],
  ["reader", on("glue:GetTable", glue("table/other/data_churn"))],
  ["reader", on("s3:PutObject", object("data/churn/1.csv"))],
  ["reader", on("s3:DeleteObject", object("athena/1.csv"))],
  ["reader", on("s3:GetObject", object("models/churn/1/model.tar.gz"))],
  ["reader", on("s3:GetObject", object("predictions/fraud/1.parquet"))],
];
const written = ({ action, resource, context }: Request) =>
  `${action} on ${resource.split(":").slice(2).join(":")}${context ? ` with ${JSON.stringify(context)}` : ""}`;

describe("permissions around the catalog, decided as IAM decides", () => {
  for (const [who, request] of allow) {
    it(`let the ${who} ${written(request)}`, () => expect(allowed(roles[who]!, request)).to.equal(true));
  }
  for (const [who, request] of deny) {
    it(`do not let the ${who} ${written(request)}`, () => expect(allowed(roles[who]!, request)).to.equal(false));
  }

  it("name every action, repeat no Sid, and say * for listed actions only", () => {
    for (const statements of Object.values(roles)) {
      expect(new Set(statements.map(({ Sid }) => Sid)).size).to.equal(statements.length);
      for (const { Action, Resource, Sid } of statements) {
        for (const action of Action) expect(action, Sid).to.match(/^[a-z0-9]+:[A-Za-z]+$/);
        if (Resource.includes("*")) expect(Action.filter((each) => !anyResourceActions.has(each))).to.deep.equal([]);
      }
    }
  });

  it("say nothing of keys where there are none", () => {
    const open = { store: { bucketArn: store.bucketArn }, databaseName: "d", folder: "data/", tablePrefix: "data_" };
    expect(JSON.stringify(crawl(account, open))).to.not.contain("kms:");
  });

  for (const folder of ["", "/", "data", "*/"]) {
    it(`never reach below ${JSON.stringify(folder)}`, () => {
      const scope = { store, databaseName: "d", folder, tablePrefix: "t_" };
      expect(() => crawl(account, scope)).to.throw("is not a folder");
    });
  }
});
