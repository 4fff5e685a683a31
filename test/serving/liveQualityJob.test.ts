import { expect } from "chai";
import { type LiveQualityFacts, lookArguments, lookRequest } from "../../components/serving/liveQualityJob";
import { monitor } from "../../components/settings/monitor";
import { lookPrefix } from "../../components/training/names";
import { keyArn } from "../support/foundation";

const checks = {
  labels: "labels/churn/",
  modelQuality: { metric: "brier", maxDropPercent: 5 },
  bias: { columns: ["contract", "x".repeat(200)], maxIncreasePercent: 20 },
  explainability: {},
};
const facts: LiveQualityFacts = {
  model: "churn",
  bucketName: "data",
  keyArn,
  labels: "labels/churn/",
  reports: "quality/churn/answers/",
  image: "000000000000.dkr.ecr.eu-west-1.amazonaws.com/ml/training:1.0.0",
  hyperparameters: { SM_HP_PROJECT: "churn" },
  checks: monitor.parse(checks),
  jobPrefix: "dev-churn-m-",
  roleArn: "arn:aws:iam::000000000000:role/looks",
  network: { subnetIds: ["subnet-1"], securityGroupId: "sg-1" },
  tags: { team: "ml" },
};

describe("a look at live answers, as SageMaker is asked for it", () => {
  const asked = JSON.parse(lookRequest(facts));

  it("runs the training image's command with what the config says, at the time of the schedule", () => {
    expect(asked.AppSpecification.ImageUri).to.equal(facts.image);
    expect(asked.AppSpecification.ContainerArguments).to.deep.equal([
      ...["monitor", "--bucket=data", "--model=churn", "--labels=labels/churn/", "--at=<aws.scheduler.scheduled-time>"],
      ...["--every-hours=24", "--label-delay-hours=24", "--metric=brier", "--max-drop-percent=5", "--column=contract"],
      ...[`--column=${"x".repeat(200)}`, "--max-bias-increase=0.2", "--min-ndcg=0.9"],
    ]);
    expect(asked.Environment).to.deep.equal({ SM_HP_PROJECT: "churn" });
  });

  it("asks what requests may differ by from what was trained on", () => {
    const { dataQuality } = monitor.parse({ dataQuality: {} });
    expect(lookArguments({ ...facts, checks: { ...monitor.parse({}), dataQuality } }).slice(-2)).to.deep.equal([
      "--max-missing-increase=10",
      "--max-unexpected=1",
    ]);
  });

  it("leaves out the checks that are not asked for", () => {
    const plain = lookArguments({ ...facts, checks: monitor.parse({ bias: { columns: ["a"] } }) }).join(" ");
    expect(plain).to.not.match(/metric|drop|ndcg|missing|unexpected/);
  });

  it("keeps within SageMaker's limits with the longest names", () => {
    for (const argument of asked.AppSpecification.ContainerArguments) expect(argument.length).to.be.at.most(256);
    const called = (prefix: string) => JSON.parse(lookRequest({ ...facts, jobPrefix: prefix })).ProcessingJobName;
    expect(called(lookPrefix("mlplatform-a-long-stack", "m".repeat(27)))).to.contain("-m-<aws");
    expect(called("p".repeat(27))).to.match(/^p{27}</);
    expect(() => called("p".repeat(28))).to.throw("at most 27 characters");
    expect(asked.ProcessingJobName).to.equal("dev-churn-m-<aws.scheduler.execution-id>");
  });

  it("writes each report to a folder of its own, encrypted, inside the VPC", () => {
    const { Outputs, KmsKeyId } = asked.ProcessingOutputConfig;
    expect(Outputs[0].S3Output.S3Uri).to.equal("s3://data/quality/churn/answers/<aws.scheduler.execution-id>");
    expect(KmsKeyId).to.equal(keyArn);
    expect(asked.ProcessingResources.ClusterConfig.VolumeKmsKeyId).to.equal(keyArn);
    expect(asked.NetworkConfig.VpcConfig).to.deep.equal({ Subnets: ["subnet-1"], SecurityGroupIds: ["sg-1"] });
  });
});
