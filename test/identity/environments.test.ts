import { expect } from "chai";
import { buildEnvironments, readEnvironments } from "../../components/identity/policies/environments";
import { allowed } from "../support/policyEvaluator";

const artifacts = { bucketArn: "arn:aws:s3:::artifacts", keyArn: "arn:aws:kms:eu-west-1:000000000000:key/k" };
const mine = `${artifacts.bucketArn}/environments/ab/environment.json`;
const others = [`${artifacts.bucketArn}/models/churn/3/model.tar.gz`, `${artifacts.bucketArn}/mlflow/1/model.pkl`];

describe("permissions on packages of models", () => {
  const cases: [string, string, string, boolean, boolean][] = [
    // what is asked, of what, whether a server may, whether the builder may
    ["s3:GetObject", mine, "", true, true],
    ["s3:PutObject", mine, "", false, true],
    ["s3:AbortMultipartUpload", mine, "", false, true],
    ["s3:DeleteObject", mine, "", false, false],
    ...others.flatMap((object): [string, string, string, boolean, boolean][] => [
      ["s3:GetObject", object, "", false, false],
      ["s3:PutObject", object, "", false, false],
    ]),
    ["kms:Decrypt", artifacts.keyArn, "", true, true],
    ["kms:GenerateDataKey", artifacts.keyArn, "", false, true],
    ["s3:ListBucket", artifacts.bucketArn, "environments/ab/", true, true],
    ["s3:ListBucket", artifacts.bucketArn, "mlflow/", false, false],
  ];
  for (const [action, resource, prefix, server, builder] of cases) {
    it(`${server ? "let" : "do not let"} a server, and ${builder ? "let" : "do not let"} the builder, ${action} on ${resource} ${prefix}`, () => {
      const context: Record<string, string> = prefix === "" ? {} : { "s3:prefix": prefix };
      expect(allowed(readEnvironments(artifacts), { action, resource, context })).to.equal(server);
      expect(allowed(buildEnvironments(artifacts), { action, resource, context })).to.equal(builder);
    });
  }

  it("say nothing of keys where there are none", () => {
    const { bucketArn } = artifacts;
    expect(JSON.stringify(buildEnvironments({ bucketArn }))).to.not.contain("kms");
  });
});
