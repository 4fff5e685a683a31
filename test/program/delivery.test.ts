import { expect } from "chai";
import { TestStack } from "./runs";

const delivered = (delivery: object) => ({
  foundation: {
    kind: "aws",
    region: "eu-west-1",
    dataProtection: false,
    network: { zones: 2 },
    images: { repositories: ["churn-training"] },
  },
  mlflow: { replicas: 1 },
  models: {
    churn: {
      from: "models:/churn@champion",
      serve: { sagemaker: {} },
      batch: { with: "sagemaker", schedule: "cron(0 3 ? * SUN *)" },
      training: { image: "churn-training" },
    },
  },
  delivery: { source: { provider: "github", repository: "example/ml" }, ...delivery },
});
const models = { churn: { repository: "example/churn", score: true } };
const ofDelivery = /^aws:(codepipeline|codebuild|codeconnections)\//;

describe("delivery on the simulated cloud", function () {
  this.timeout(900_000);
  const stack = new TestStack("dev", delivered({ models, codePipeline: { enabled: true } }));
  after(() => stack.remove());

  it("is built with a pipeline, tagged as all else, and changes nothing right after", async () => {
    const { outputs } = await stack.succeed("up");
    expect(stack.names("aws:iam/openIdConnectProvider:OpenIdConnectProvider")).to.deep.equal([
      "mlplatform-delivery-tokens",
    ]);
    expect(stack.names("aws:codepipeline/pipeline:Pipeline")).to.deep.equal(["mlplatform-pipelines-churn"]);
    expect(stack.names("aws:codebuild/project:Project").sort()).to.deep.equal(
      ["build", "deploy", "smoke", "train"].map((stage) => `mlplatform-pipelines-churn.${stage}`),
    );
    const tagged = stack.outputs("aws:codepipeline/pipeline:Pipeline", "mlplatform-pipelines-churn").tagsAll;
    expect(tagged).to.deep.equal({ "mlplatform/stack": "mlplatform-dev" });
    expect(outputs.delivery).to.include.keys("imagesRole", "modelRoles", "connectionArn", "pipelines");
    expect((await stack.succeed("preview")).changes).to.include({ create: 0, update: 0, replace: 0, delete: 0 });
  });

  it("goes with its section, and nothing else does but what leaned on it", async () => {
    const { delivery: _, ...without } = delivered({});
    stack.configure(without);
    const { changes } = await stack.succeed("up");
    expect(changes).to.include({ create: 0, replace: 0 });
    expect(
      stack.existing().filter(({ type, name }) => ofDelivery.test(type) || /delivery|pipelines[-.]/.test(name)),
    ).to.deep.equal([]);
  });

  it("comes to GitLab without a pipeline, and is destroyed whole", async () => {
    stack.configure(
      delivered({
        source: { provider: "gitlab", repository: "group/ml" },
        models: { churn: { repository: "group/churn" } },
      }),
    );
    await stack.succeed("up");
    expect(stack.existing().filter(({ type }) => ofDelivery.test(type))).to.deep.equal([]);
    await stack.succeed("destroy");
    expect(stack.existing()).to.deep.equal([]);
  });
});
