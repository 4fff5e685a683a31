import { expect } from "chai";
import {
  checkEndpoints,
  type EndpointScope,
  merged,
  releaseOnSageMaker,
  repositoryArn,
  runEndpoint,
} from "../../components/identity/policies/sagemaker";
import { type PolicyStatement, policyDocument } from "../../components/lib/statements";
import { anyResourceActions } from "../../policy/anyResourceActions";
import { account, keyArn } from "../support/foundation";

const artifacts = { bucketArn: "arn:aws:s3:::artifacts", keyArn };
const data = { bucketArn: "arn:aws:s3:::data", keyArn };
const scope: EndpointScope = {
  model: "churn",
  endpointName: "mlplatform-test-churn",
  artifacts,
  data,
  repositoryUrl: "000000000000.dkr.ecr.eu-west-1.amazonaws.com/mlplatform/test/model-server",
  network: { subnetIds: ["subnet-1", "subnet-2"], securityGroupId: "sg-1" },
  asynchronous: false,
  captured: true,
};
const releasing = releaseOnSageMaker(account, "mlplatform-test", artifacts);
const granted: Record<string, PolicyStatement[]> = {
  "a real-time endpoint": runEndpoint(account, scope),
  "an asynchronous endpoint": runEndpoint(account, { ...scope, asynchronous: true, captured: false }),
  "a serverless endpoint": runEndpoint(account, {
    model: "churn",
    endpointName: "mlplatform-test-churn",
    artifacts: { bucketArn: "arn:aws:s3:::artifacts" },
    data: { bucketArn: "arn:aws:s3:::data" },
    repositoryUrl: scope.repositoryUrl,
    asynchronous: false,
    captured: false,
  }),
  "the release controller": releasing,
  "the function that checks": checkEndpoints(
    account,
    "arn:aws:logs:eu-west-1:000000000000:log-group:x",
    "mlplatform-test",
  ),
};

/** Whether a policy allows an action on a resource; conditions are left aside. */
function allows(statements: PolicyStatement[], action: string, resource: string): boolean {
  const fits = (pattern: string, value: string) =>
    new RegExp(`^${pattern.replace(/[.+^${}()|[\]\\]/g, "\\$&").replace(/\*/g, ".*")}$`).test(value);
  return statements.some(
    ({ Effect, Action, Resource }) =>
      Effect === "Allow" && Action.includes(action) && Resource.some((pattern) => fits(pattern, resource)),
  );
}

describe("permissions around SageMaker", () => {
  it("become one where they are called alike, and are refused where they then allow different things", () => {
    const reading = (bucket: string, Action: string[] = ["s3:GetObject"]): PolicyStatement => ({
      ...{ Sid: "Read", Effect: "Allow", Action, Resource: [`arn:aws:s3:::${bucket}/*`] },
    });
    expect(merged([reading("a"), reading("b")])).to.deep.equal([
      { ...reading("a"), Resource: ["arn:aws:s3:::a/*", "arn:aws:s3:::b/*"] },
    ]);
    expect(() => merged([reading("a"), reading("b", ["s3:PutObject"])])).to.throw("two statements are called Read");
  });

  for (const [who, statements] of Object.entries(granted)) {
    it(`of ${who} name each action, "*" for listed ones only, repeat no Sid and fit into a policy`, () => {
      for (const { Action, Resource, Sid } of statements) {
        for (const action of Action) expect(action, Sid).to.match(/^[a-z0-9-]+:[A-Za-z0-9]+$/);
        if (Resource.includes("*")) {
          expect(
            Action.filter((action) => !anyResourceActions.has(action)),
            Sid,
          ).to.deep.equal([]);
        }
      }
      expect(new Set(statements.map(({ Sid }) => Sid)).size).to.equal(statements.length);
      expect(policyDocument(statements).length).to.be.below(10_240);
    });
  }

  const ec2 = (what: string) => `arn:aws:ec2:eu-west-1:000000000000:${what}`;
  const sagemaker = (what: string) => `arn:aws:sagemaker:eu-west-1:000000000000:${what}`;
  const ecr = (what: string) => `arn:aws:ecr:eu-west-1:000000000000:repository/${what}`;
  const logs = (what: string) => `arn:aws:logs:eu-west-1:000000000000:log-group:${what}`;
  const cases: [string, boolean, string, string][] = [
    ["a real-time endpoint", true, "s3:GetObject", "arn:aws:s3:::artifacts/models/churn/3/model.tar.gz"],
    ["a real-time endpoint", false, "s3:GetObject", "arn:aws:s3:::artifacts/models/fraud/3/model.tar.gz"],
    ["a real-time endpoint", false, "s3:GetObject", "arn:aws:s3:::artifacts/mlflow/1/model.pkl"],
    ["a real-time endpoint", false, "s3:PutObject", "arn:aws:s3:::artifacts/models/churn/3/model.tar.gz"],
    ["a real-time endpoint", true, "s3:PutObject", "arn:aws:s3:::data/capture/churn/main/x.jsonl"],
    ["a real-time endpoint", false, "s3:PutObject", "arn:aws:s3:::data/capture/fraud/main/x.jsonl"],
    ["a real-time endpoint", false, "s3:GetObject", "arn:aws:s3:::data/capture/churn/main/x.jsonl"],
    ["a real-time endpoint", true, "ecr:BatchGetImage", ecr("mlplatform/test/model-server")],
    ["a real-time endpoint", false, "ecr:BatchGetImage", ecr("mlplatform/test/training")],
    [
      "a real-time endpoint",
      true,
      "logs:PutLogEvents",
      logs("/aws/sagemaker/Endpoints/mlplatform-test-churn:log-stream:a"),
    ],
    ["a real-time endpoint", false, "logs:PutLogEvents", logs("/aws/sagemaker/Endpoints/other:log-stream:a")],
    ["a real-time endpoint", true, "ec2:CreateNetworkInterface", ec2("subnet/subnet-1")],
    ["a real-time endpoint", false, "ec2:CreateNetworkInterface", ec2("subnet/subnet-3")],
    ["a real-time endpoint", false, "ec2:CreateNetworkInterface", ec2("security-group/sg-2")],
    ["a real-time endpoint", true, "kms:CreateGrant", keyArn],
    ["a real-time endpoint", false, "kms:CreateGrant", "arn:aws:kms:eu-west-1:000000000000:key/other"],
    ["an asynchronous endpoint", true, "s3:GetObject", "arn:aws:s3:::data/asynchronous/churn/in/1.json"],
    ["an asynchronous endpoint", true, "s3:PutObject", "arn:aws:s3:::data/asynchronous/churn/out/1.json"],
    ["an asynchronous endpoint", false, "s3:PutObject", "arn:aws:s3:::data/capture/churn/main/x.jsonl"],
    ["a serverless endpoint", true, "s3:GetObject", "arn:aws:s3:::artifacts/models/churn/3/model.tar.gz"],
    ["a serverless endpoint", false, "s3:PutObject", "arn:aws:s3:::data/capture/churn/main/x.jsonl"],
    ["a serverless endpoint", false, "ec2:CreateNetworkInterface", ec2("subnet/subnet-1")],
    ["a serverless endpoint", false, "kms:Decrypt", keyArn],
    ["the release controller", true, "sagemaker:UpdateEndpoint", sagemaker("endpoint/mlplatform-test-churn")],
    [
      "the release controller",
      true,
      "sagemaker:UpdateEndpoint",
      sagemaker("endpoint-config/mlplatform-test-churn--3-a"),
    ],
    ["the release controller", false, "sagemaker:UpdateEndpoint", sagemaker("endpoint/mlplatform-prod-churn")],
    ["the release controller", true, "sagemaker:AddTags", sagemaker("endpoint/mlplatform-test-churn")],
    ["the release controller", false, "sagemaker:AddTags", sagemaker("endpoint/mlplatform-prod-churn")],
    ["the release controller", false, "sagemaker:AddTags", sagemaker("training-job/mlplatform-test-churn")],
    ["the release controller", false, "sagemaker:DeleteEndpoint", sagemaker("endpoint/mlplatform-test-churn")],
    ["the release controller", true, "sagemaker:CreateModel", sagemaker("model/mlplatform-test-fraud--3-a")],
    ["the release controller", false, "sagemaker:CreateModel", sagemaker("model/mlplatform-prod-fraud--3-a")],
    [
      "the release controller",
      true,
      "cloudwatch:DescribeAlarms",
      "arn:aws:cloudwatch:eu-west-1:000000000000:alarm:mlplatform-test-churn-errors",
    ],
    [
      "the release controller",
      false,
      "cloudwatch:DescribeAlarms",
      "arn:aws:cloudwatch:eu-west-1:000000000000:alarm:mlplatform-prod-churn-errors",
    ],
    ["the release controller", false, "sagemaker:DeleteModel", sagemaker("model/mlplatform-test-churn-first")],
    ["the release controller", true, "iam:PassRole", "arn:aws:iam::000000000000:role/mlplatform-test/endpoints/churn"],
    ["the release controller", false, "iam:PassRole", "arn:aws:iam::000000000000:role/mlplatform-prod/endpoints/churn"],
    ["the release controller", false, "iam:PassRole", "arn:aws:iam::000000000000:role/admin"],
    ["the release controller", true, "s3:PutObject", "arn:aws:s3:::artifacts/models/fraud/3/model.tar.gz"],
    ["the release controller", false, "s3:PutObject", "arn:aws:s3:::artifacts/mlflow/1/model.pkl"],
    ["the function that checks", true, "sagemaker:DescribeEndpoint", sagemaker("endpoint/mlplatform-test-churn")],
    ["the function that checks", false, "sagemaker:DescribeEndpoint", sagemaker("endpoint/mlplatform-prod-churn")],
    ["the function that checks", true, "sagemaker:DeleteModel", sagemaker("model/mlplatform-test-churn--3-a")],
    ["the function that checks", false, "sagemaker:DeleteModel", sagemaker("model/mlplatform-prod-churn--3-a")],
    ["the function that checks", false, "sagemaker:DeleteModel", sagemaker("model/mlplatform-test-churn-first")],
    ["the function that checks", false, "sagemaker:DeleteModel", sagemaker("model/mlplatform-test-churn")],
    ["the function that checks", false, "sagemaker:UpdateEndpoint", sagemaker("endpoint/mlplatform-test-churn")],
  ];
  for (const [who, allowed, action, resource] of cases) {
    it(`${allowed ? "let" : "do not let"} ${who} ${action} on ${resource.split(":").slice(5).join(":")}`, () => {
      expect(allows(granted[who]!, action, resource)).to.equal(allowed);
    });
  }

  it("pass a role to SageMaker alone, and grant a key to AWS services alone", () => {
    const by = (Sid: string) => releasing.find((statement) => statement.Sid === Sid)!.Condition;
    expect(by("PassRole")).to.deep.equal({ StringEquals: { "iam:PassedToService": "sagemaker.amazonaws.com" } });
    expect(by("EncryptVolume")).to.deep.equal({ Bool: { "kms:GrantIsForAWSResource": "true" } });
    const seeing = releasing.filter(({ Action }) => Action.includes("kms:DescribeKey"));
    expect(
      seeing.map(({ Condition }) => Condition),
      "it says nothing of a grant",
    ).to.deep.equal([undefined]);
  });

  it("list a bucket below the models' folders alone", () => {
    expect(releasing.find(({ Sid }) => Sid === "ListBelow")!.Condition).to.deep.equal({
      StringLike: { "s3:prefix": ["models/*"] },
    });
  });

  it("know a repository by its address", () => {
    expect(repositoryArn(account, scope.repositoryUrl)).to.equal(ecr("mlplatform/test/model-server"));
  });
});
