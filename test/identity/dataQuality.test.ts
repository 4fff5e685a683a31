import { expect } from "chai";
import { checkQuality } from "../../components/identity/policies/dataQuality";
import { policyDocument } from "../../components/lib/statements";
import { anyResourceActions } from "../../policy/anyResourceActions";
import { account, keyArn } from "../support/foundation";
import { allowed } from "../support/policyEvaluator";

const statements = checkQuality(account, {
  model: "churn",
  endpointName: "dev-churn",
  store: { bucketArn: "arn:aws:s3:::data", keyArn },
  baseline: "baselines/churn/",
  image: "000000000001.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-model-monitor-analyzer",
});
const object = (key: string) => `arn:aws:s3:::data/${key}`;
const sagemaker = (what: string) => `arn:aws:sagemaker:eu-west-1:000000000000:${what}`;
const image = (owner: string, name: string) => `arn:aws:ecr:eu-west-1:${owner}:repository/${name}`;
const cases: [may: boolean, action: string, resource: string][] = [
  [true, "s3:GetObject", object("capture/churn/main/1.jsonl")],
  [true, "s3:GetObject", object("baselines/churn/constraints.json")],
  [true, "s3:GetObject", object("source/model-monitor/churn.py")],
  [true, "s3:PutObject", object("quality/churn/1/constraint_violations.json")],
  [true, "sagemaker:DescribeEndpoint", sagemaker("endpoint/dev-churn")],
  [true, "ecr:BatchGetImage", image("000000000001", "sagemaker-model-monitor-analyzer")],
  [true, "kms:GenerateDataKey", keyArn],
  // SageMaker refuses to create a processing job whose role names places.
  [true, "ec2:CreateNetworkInterface", "*"],
  [false, "s3:GetObject", object("capture/fraud/main/1.jsonl")],
  [false, "s3:GetObject", object("data/churn/1.csv")],
  [false, "s3:GetObject", object("source/model-monitor/fraud.py")],
  [false, "s3:PutObject", object("baselines/churn/constraints.json")],
  [false, "s3:PutObject", object("quality/fraud/1.json")],
  [false, "s3:DeleteObject", object("capture/churn/main/1.jsonl")],
  [false, "sagemaker:UpdateEndpoint", sagemaker("endpoint/dev-churn")],
  [false, "sagemaker:DescribeEndpoint", sagemaker("endpoint/dev-fraud")],
  [false, "sagemaker:InvokeEndpoint", sagemaker("endpoint/dev-churn")],
  [false, "ecr:BatchGetImage", image("000000000000", "mlplatform/dev/model-server")],
  [false, "ec2:AttachNetworkInterface", "*"],
  [false, "kms:CreateGrant", keyArn],
];

describe("permissions of the check of captured requests, decided as IAM decides", () => {
  for (const [may, action, resource] of cases) {
    it(`${may ? "let" : "do not let"} it ${action} on ${resource.split(":").slice(4).join(":")}`, () => {
      expect(allowed(statements, { action, resource })).to.equal(may);
    });
  }

  it("say * for listed actions only, repeat no Sid and fit into a policy", () => {
    for (const { Action, Resource } of statements) {
      if (Resource.includes("*")) expect(Action.filter((each) => !anyResourceActions.has(each))).to.deep.equal([]);
    }
    expect(new Set(statements.map(({ Sid }) => Sid)).size).to.equal(statements.length);
    expect(policyDocument(statements).length).to.be.below(10_240);
  });
});
