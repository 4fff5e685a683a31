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
const trust = "aws:iam/openIdConnectProvider:OpenIdConnectProvider";
const ofDelivery = /^aws:(codepipeline|codebuild|codeconnections)\//;

describe("delivery on the simulated cloud", function () {
  this.timeout(900_000);
  const stack = new TestStack("dev", delivered({ models, codePipeline: { enabled: true } }));
  after(() => stack.remove());

  it("is built with a pipeline, tagged as all else, and changes nothing right after", async () => {
    const { outputs } = await stack.succeed("up");
    expect(stack.names(trust)).to.deep.equal(["mlplatform-delivery-tokens"]);
    expect(stack.names("aws:codepipeline/pipeline:Pipeline")).to.deep.equal(["mlplatform-pipelines-churn"]);
    expect(stack.names("aws:codebuild/project:Project").sort()).to.deep.equal(
      ["build", "deploy", "smoke", "train"].map((stage) => `mlplatform-pipelines-churn.${stage}`),
    );
    const tagged = stack.outputs("aws:codepipeline/pipeline:Pipeline", "mlplatform-pipelines-churn").tagsAll;
    expect(tagged).to.deep.equal({ "mlplatform/stack": "mlplatform-dev" });
    expect(outputs.delivery).to.include.keys("imagesRole", "modelRoles", "connectionArn", "pipelines");
    expect((await stack.succeed("preview")).changes).to.include({ create: 0, update: 0, replace: 0, delete: 0 });
  });

  it("goes with its section but for the account's trust, and nothing else does but what leaned on it", async () => {
    const { delivery: _, ...without } = delivered({});
    stack.configure(without);
    const { changes } = await stack.succeed("up");
    expect(changes).to.include({ create: 0, replace: 0 });
    expect(
      stack
        .existing()
        .flatMap(({ type, name }) =>
          ofDelivery.test(type) || /delivery|pipelines[-.]/.test(name) ? [[type, name]] : [],
        ),
    ).to.deep.equal([[trust, "mlplatform-delivery-tokens"]]);
  });

  it("comes to GitLab without a pipeline, and is destroyed whole but for the account's trust", async () => {
    stack.configure(
      delivered({
        source: { provider: "gitlab", repository: "group/ml" },
        models: { churn: { repository: "group/churn" } },
      }),
    );
    await stack.succeed("up");
    expect(stack.existing().filter(({ type }) => ofDelivery.test(type))).to.deep.equal([]);
    await stack.succeed("destroy");
    expect(stack.existing().map(({ type }) => type)).to.deep.equal([trust, trust]);
  });
});

describe("two stacks of one account, on the simulated cloud", function () {
  this.timeout(900_000);
  const { foundation, delivery } = delivered({});
  const [dev, prod] = ["dev", "prod"].map((name) => new TestStack(name, { foundation, delivery })) as [
    TestStack,
    TestStack,
  ];
  after(() => [dev, prod].map((stack) => stack.remove()));
  const unchanged = { create: 0, update: 0, replace: 0, delete: 0 };
  const made = (stack: TestStack) => stack.asked(trust).map(({ name }) => name);

  it("share its trust in the host: the first makes it, the second takes it as it is", async () => {
    await dev.succeed("up");
    prod.inAccountOf(dev);
    await prod.succeed("up");
    expect([made(dev), made(prod)]).to.deep.equal([["mlplatform-delivery-tokens"], []]);
    expect(prod.names(trust)).to.have.length(1);
  });

  it("leave it there when the first is destroyed, so that the second goes on", async () => {
    dev.inAccountOf(prod);
    await dev.succeed("destroy");
    prod.inAccountOf(dev);
    expect(prod.names(trust)).to.deep.equal(["mlplatform-delivery-tokens"]);
    expect((await prod.succeed("preview")).changes).to.include(unchanged);
    expect(made(prod)).to.deep.equal([]);
  });

  it("find it as it is when the first comes back with other tags, which changes nothing right after", async () => {
    const { tagsAll } = prod.outputs(trust, "mlplatform-delivery-tokens");
    dev.configure({ foundation: { ...foundation, tags: { team: "ml" } }, delivery });
    await dev.succeed("up");
    expect(dev.outputs(trust, "mlplatform-delivery-tokens").tagsAll).to.deep.equal(tagsAll);
    expect(dev.names(trust)).to.have.length(1);
    expect((await dev.succeed("preview")).changes).to.include(unchanged);
  });
});
