import { expect } from "chai";
import { TestStack } from "./runs";

const foundation = {
  kind: "aws",
  region: "eu-west-1",
  dataProtection: false,
  network: { zones: 2, flowLogs: { enabled: false } },
};
const checked = (everyHours: number) => ({
  foundation,
  monitoring: { defaultReceiver: "ml", receivers: { ml: { kind: "email", addresses: ["ml@example.com"] } } },
  models: {
    churn: {
      from: "s3://elsewhere/churn.tar.gz",
      serve: { sagemaker: {} },
      drift: { everyHours, dataQuality: { baseline: "baselines/churn" } },
    },
  },
});

describe("checks of captured requests, on the simulated cloud", function () {
  this.timeout(300_000);
  const stack = new TestStack("q", checked(24));
  after(() => stack.remove());

  it("stand beside their endpoint, and move to another time in place", async () => {
    await stack.succeed("up");
    const made = stack.existing().map(({ type }) => type);
    expect(made).to.include("aws:sagemaker/dataQualityJobDefinition:DataQualityJobDefinition");
    stack.configure(checked(1));
    const { changes } = await stack.succeed("up");
    expect(changes).to.include({ create: 0, replace: 0, delete: 0 });
    expect((await stack.succeed("preview")).changes).to.include({ create: 0, update: 0, replace: 0, delete: 0 });
  });

  it("leave nothing when all is destroyed", async () => {
    await stack.succeed("destroy");
    expect(stack.existing()).to.deep.equal([]);
  });
});
