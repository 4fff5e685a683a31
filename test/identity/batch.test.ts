import { expect } from "chai";
import type { AwsAccount } from "../../components/contracts/account";
import {
  pipeIntoMachine,
  queueFromRule,
  runTransforms,
  startMachine,
  stopScoring,
  tellOfTransforms,
  transformData,
} from "../../components/identity/policies/batch";
import { allowed } from "../support/policyEvaluator";

const account: AwsAccount = { accountId: "000000000000", region: "eu-west-1", partition: "aws" };
const store = { bucketArn: "arn:aws:s3:::made-up", keyArn: "arn:aws:kms:eu-west-1:000000000000:key/k" };
const actions = (statements: { Action: string[] }[]) => statements.flatMap(({ Action }) => Action);

describe("permissions of batch scoring", () => {
  it("reads what is to be scored and writes one model's predictions, nothing else", () => {
    const statements = transformData(store, "churn", ["incoming/churn/", "daily/"]);
    const of = (action: string) => statements.filter(({ Action }) => Action.includes(action));
    expect(of("s3:GetObject").flatMap(({ Resource }) => Resource)).to.deep.equal([
      "arn:aws:s3:::made-up/incoming/churn/*",
      "arn:aws:s3:::made-up/daily/*",
      "arn:aws:s3:::made-up/predictions/churn/*",
    ]);
    for (const action of ["s3:PutObject", "s3:DeleteObject"]) {
      expect(of(action).flatMap(({ Resource }) => Resource)).to.deep.equal([
        "arn:aws:s3:::made-up/predictions/churn/*",
      ]);
    }
    expect(new Set(statements.map(({ Sid }) => Sid)).size).to.equal(statements.length);
  });

  it("says nothing of keys where there are none", () => {
    expect(actions(transformData({ bucketArn: store.bucketArn }, "churn", ["in/"])).join()).to.not.contain("kms");
  });

  for (const prefix of ["", "/", "incoming", "a*/"]) {
    it(`never reads below ${JSON.stringify(prefix)}`, () => {
      expect(() => transformData(store, "churn", [prefix])).to.throw("is not a folder");
    });
  }

  it("writes what happened to a model's own transform jobs", () => {
    const statements = tellOfTransforms(account, "dev-churn-");
    const written = statements.filter(({ Action }) => Action.includes("logs:PutLogEvents"));
    expect(written.flatMap(({ Resource }) => Resource)).to.deep.equal([
      "arn:aws:logs:eu-west-1:000000000000:log-group:/aws/sagemaker/TransformJobs:log-stream:dev-churn-*",
    ]);
    expect(statements.find(({ Resource }) => Resource.includes("*"))?.Condition).to.deep.equal({
      StringEquals: { "cloudwatch:namespace": "/aws/sagemaker/TransformJobs" },
    });
  });

  it("of a pinned model, the state machine looks nothing up and passes no role", () => {
    const statements = runTransforms(account, { jobPrefix: "dev-churn-", store, model: "churn" });
    expect(actions(statements).join()).to.not.match(/PassRole|Endpoint|ListModels|dynamodb|sns/);
    expect(statements.find(({ Sid }) => Sid === "Transform")?.Resource).to.deep.equal([
      "arn:aws:sagemaker:eu-west-1:000000000000:transform-job/dev-churn-*",
    ]);
    expect(statements.find(({ Sid }) => Sid === "NoteRuns")?.Resource).to.deep.equal([
      "arn:aws:s3:::made-up/predictions/churn/_runs/*",
    ]);
  });

  it("of an endpoint, the state machine sees that one and its configurations", () => {
    const statements = runTransforms(account, {
      jobPrefix: "dev-churn-",
      endpointName: "dev-churn",
      tableArn: "arn:aws:dynamodb:eu-west-1:000000000000:table/t",
      topicArn: "arn:aws:sns:eu-west-1:000000000000:t",
      store,
      model: "churn",
      machineName: "dev-churn-batch",
      newFolder: "landing/churn/",
    });
    const statement = (sid: string) => statements.find(({ Sid }) => Sid === sid);
    expect(statement("SeeHowRunsEnded")?.Resource).to.deep.equal([
      "arn:aws:states:eu-west-1:000000000000:execution:dev-churn-batch:*",
    ]);
    expect(statement("FindNewObjects")?.Condition).to.deep.equal({
      StringLike: { "s3:prefix": ["landing/churn/*"] },
    });
    expect(statement("FindHolder")?.Action).to.deep.equal(["dynamodb:GetItem"]);
    const resources = statements.flatMap(({ Resource }) => Resource);
    expect(resources).to.include("arn:aws:sagemaker:eu-west-1:000000000000:endpoint/dev-churn");
    expect(resources).to.include("arn:aws:sagemaker:eu-west-1:000000000000:endpoint-config/dev-churn-*");
    expect(resources).to.not.include("*");
    expect(statements.find(({ Sid }) => Sid === "NoteScored")?.Action).to.have.members([
      "dynamodb:PutItem",
      "dynamodb:DeleteItem",
    ]);
  });

  it("the state machine may list what a schedule scores, once", () => {
    const lists = (more: { folder: string; newFolder?: string; tableArn?: string }) =>
      runTransforms(account, { jobPrefix: "dev-churn-", store, model: "churn", ...more })
        .filter(({ Action }) => Action.includes("s3:ListBucket"))
        .map(({ Condition }) => Condition?.StringLike?.["s3:prefix"]);
    const tableArn = "arn:aws:dynamodb:eu-west-1:000000000000:table/t";
    expect(lists({ folder: "landing/churn/" })).to.deep.equal([["landing/churn/"]]);
    expect(lists({ folder: "landing/churn/", newFolder: "landing/churn/", tableArn })).to.deep.equal([
      ["landing/churn/*"],
    ]);
    expect(lists({ folder: "landing/churn/", newFolder: "landing/churn-new/", tableArn })).to.deep.equal([
      ["landing/churn/"],
      ["landing/churn-new/*"],
    ]);
    expect(lists({ folder: "landing/", newFolder: "landing/churn/", tableArn })).to.deep.equal([
      ["landing/"],
      ["landing/churn/*"],
    ]);
  });

  it("whoever starts it may start it, and nothing else", () => {
    expect(startMachine("m")).to.have.length(1);
    expect(actions(startMachine("m"))).to.deep.equal(["states:StartExecution"]);
    expect(actions(startMachine("m", "q"))).to.have.members(["states:StartExecution", "sqs:SendMessage"]);
    expect(pipeIntoMachine("q", "m").map(({ Resource }) => Resource)).to.deep.equal([["q"], ["m"]]);
  });

  it("what stops runs may stop those of the stack's scoring, and no others", () => {
    const statements = stopScoring(account, "arn:aws:logs:eu-west-1:000000000000:log-group:f", "dev");
    const may = (action: string, resource: string) =>
      allowed(statements, {
        action: `states:${action}`,
        resource: `arn:aws:states:eu-west-1:000000000000:${resource}`,
      });
    expect(may("ListExecutions", "stateMachine:dev-churn-batch")).to.equal(true);
    expect(may("StopExecution", "execution:dev-gone-batch:1")).to.equal(true);
    expect(may("StopExecution", "execution:dev-churn-training:1")).to.equal(false);
    expect(may("StopExecution", "execution:prod-churn-batch:1")).to.equal(false);
    expect(may("StartExecution", "stateMachine:dev-churn-batch")).to.equal(false);
    expect(may("DeleteStateMachine", "stateMachine:dev-churn-batch")).to.equal(false);
    expect(actions(statements).join()).to.not.contain("dynamodb");
  });

  it("the queue takes from one rule alone", () => {
    expect(queueFromRule("q", "r")[0]).to.deep.include({
      Principal: { Service: ["events.amazonaws.com"] },
      Condition: { ArnEquals: { "aws:SourceArn": "r" } },
    });
  });
});
