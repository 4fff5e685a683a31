import { expect } from "chai";
import { lookAtAnswers, startLooks } from "../../components/identity/policies/liveQuality";
import { policyDocument } from "../../components/lib/statements";
import { anyResourceActions } from "../../policy/anyResourceActions";
import { account, keyArn } from "../support/foundation";
import { allowed } from "../support/policyEvaluator";

const of = (service: string, what: string) => `arn:aws:${service}:eu-west-1:000000000000:${what}`;
const jobRole = "arn:aws:iam::000000000000:role/looks";
const roles = {
  job: lookAtAnswers(account, {
    model: "churn",
    store: { bucketArn: "arn:aws:s3:::data", keyArn },
    labels: "labels/churn/",
    image: "000000000000.dkr.ecr.eu-west-1.amazonaws.com/ml/dev/training:1.0.0",
    jobPrefix: "dev-churn-m-",
  }),
  schedule: startLooks(account, "dev-churn-m-", jobRole, of("sqs", "missed")),
};
const object = (key: string) => `arn:aws:s3:::data/${key}`;
const logs = (stream: string) => of("logs", `log-group:/aws/sagemaker/ProcessingJobs:log-stream:${stream}`);
const passing = { "iam:PassedToService": "sagemaker.amazonaws.com" };
type Case = [who: keyof typeof roles, may: boolean, action: string, resource: string, context?: Record<string, string>];
const cases: Case[] = [
  ["job", true, "s3:GetObject", object("samples/churn/date=2026-01-01/a.jsonl.gz")],
  ["job", true, "s3:GetObject", object("labels/churn/a.csv")],
  ["job", true, "s3:GetObject", object("metadata/churn/runs/r.json")],
  ["job", true, "s3:GetObject", object("models/churn/r/baseline/evaluation.json")],
  ["job", true, "s3:GetObject", object("models/churn/r/baseline/constraints.json")],
  ["job", true, "s3:ListBucket", "arn:aws:s3:::data", { "s3:prefix": "labels/churn/" }],
  ["job", true, "s3:ListBucket", "arn:aws:s3:::data", { "s3:prefix": "models/churn/r/baseline/constraints.json" }],
  ["job", false, "s3:ListBucket", "arn:aws:s3:::data", { "s3:prefix": "models/fraud/" }],
  ["job", true, "s3:PutObject", object("quality/churn/answers/1/monitor.json")],
  ["job", true, "ecr:BatchGetImage", of("ecr", "repository/ml/dev/training")],
  ["job", true, "logs:PutLogEvents", logs("dev-churn-m-1/algo-1")],
  ["job", true, "logs:DescribeLogStreams", of("logs", "log-group:/aws/sagemaker/ProcessingJobs")],
  ["job", false, "logs:DescribeLogStreams", of("logs", "log-group:/aws/sagemaker/TrainingJobs")],
  ["job", true, "kms:Decrypt", keyArn],
  ["job", true, "ec2:CreateNetworkInterfacePermission", "*"],
  ["job", false, "s3:GetObject", object("samples/fraud/date=2026-01-01/a.jsonl.gz")],
  ["job", false, "s3:GetObject", object("models/churn/r/output/model.tar.gz")],
  ["job", false, "s3:GetObject", object("models/fraud/r/baseline/constraints.json")],
  ["job", false, "s3:GetObject", object("models/churn/r/baseline/statistics.json")],
  ["job", false, "s3:GetObject", object("data/churn/a.csv")],
  ["job", false, "s3:PutObject", object("labels/churn/a.csv")],
  ["job", false, "s3:PutObject", object("models/churn/r/baseline/evaluation.json")],
  ["job", false, "s3:ListBucket", "arn:aws:s3:::data", { "s3:prefix": "" }],
  ["job", false, "logs:PutLogEvents", logs("prod-churn-m-1/algo-1")],
  ["job", false, "sagemaker:CreateProcessingJob", of("sagemaker", "processing-job/dev-churn-m-1")],
  ["schedule", true, "sagemaker:CreateProcessingJob", of("sagemaker", "processing-job/dev-churn-m-1")],
  ["schedule", true, "iam:PassRole", jobRole, passing],
  ["schedule", true, "sqs:SendMessage", of("sqs", "missed")],
  ["schedule", false, "sqs:SendMessage", of("sqs", "other")],
  ["schedule", false, "sqs:ReceiveMessage", of("sqs", "missed")],
  ["schedule", false, "sagemaker:CreateProcessingJob", of("sagemaker", "processing-job/dev-fraud-m-1")],
  ["schedule", false, "sagemaker:CreateTrainingJob", of("sagemaker", "training-job/dev-churn-m-1")],
  ["schedule", false, "iam:PassRole", jobRole, { "iam:PassedToService": "ec2.amazonaws.com" }],
  ["schedule", false, "iam:PassRole", "arn:aws:iam::000000000000:role/admin", passing],
];

describe("permissions of the monitor of live answers, decided as IAM decides", () => {
  for (const [who, may, action, resource, context] of cases) {
    it(`${who}: ${may ? "may" : "may not"} ${action} on ${resource.split(":").slice(2).join(":")}`, () => {
      expect(allowed(roles[who], { action, resource, ...(context ? { context } : {}) })).to.equal(may);
    });
  }

  for (const [who, statements] of Object.entries(roles)) {
    it(`${who}: * for listed actions only, no Sid twice, and it fits into a policy`, () => {
      for (const { Action, Resource } of statements) {
        if (Resource.includes("*")) expect(Action.filter((each) => !anyResourceActions.has(each))).to.deep.equal([]);
      }
      expect(new Set(statements.map(({ Sid }) => Sid)).size).to.equal(statements.length);
      expect(policyDocument(statements).length).to.be.below(10_240);
    });
  }

  it("job: pulls an image of another account, by tag or digest, and no other of it", () => {
    const registry = "111111111111.dkr.ecr.eu-west-1.amazonaws.com";
    const repository = (name: string) => `arn:aws:ecr:eu-west-1:111111111111:repository/${name}`;
    const store = { bucketArn: "arn:aws:s3:::data" };
    for (const end of [":7", "@sha256:0a", ":7@sha256:0a"]) {
      const job = lookAtAnswers(account, {
        ...{ model: "churn", store, labels: "labels/churn/", jobPrefix: "dev-churn-m-" },
        image: `${registry}/team/training${end}`,
      });
      const pulls = (name: string) => allowed(job, { action: "ecr:BatchGetImage", resource: repository(name) });
      expect([pulls("team/training"), pulls("team/other")], end).to.deep.equal([true, false]);
    }
  });
});
