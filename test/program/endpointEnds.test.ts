import { expect } from "chai";
import { TestStack } from "./runs";

const endpoint = "aws:sagemaker/endpoint:Endpoint";
const none = { create: 0, update: 0, replace: 0, delete: 0 };
const stackWith = (version: number) => ({
  foundation: {
    kind: "aws",
    region: "eu-west-1",
    dataProtection: false,
    network: { zones: 2, nat: "none", flowLogs: { enabled: false } },
    cluster: { kind: "none" },
  },
  monitoring: { receivers: { team: { kind: "email", addresses: ["team@example.com"] } } },
  models: {
    trial: {
      from: `s3://example-models/trial/${version}/model.tar.gz`,
      serve: { sagemaker: { maxInstances: 1, ttlHours: 72 } },
    },
  },
});

describe("an endpoint that ends by itself, on the simulated cloud", function () {
  this.timeout(600_000);
  const name = "mlplatform-ends-trial";
  const stack = new TestStack("ends", stackWith(4));
  after(() => stack.remove());
  const standing = () => stack.existing().filter(({ type }) => type === endpoint);
  const steps = (operations: { kind: string; type: string }[]) =>
    operations.filter(({ type }) => type === endpoint).map(({ kind }) => kind);

  it("is looked at every hour, with what its owner is told", async () => {
    await stack.succeed("up");
    const [schedule] = stack.asked("aws:scheduler/schedule:Schedule");
    const { target, scheduleExpression } = schedule!.inputs as {
      target: { input: string };
      scheduleExpression: string;
    };
    expect(scheduleExpression).to.equal("rate(1 hour)");
    expect(schedule!.inputs.name).to.equal("mlplatform-ends-endpoint-ends-trial");
    expect(JSON.parse(target.input)).to.deep.include({
      ...{ endpointName: name, model: "trial", ttlHours: 72, tellAtHours: 48, lastHour: 71 },
      notices: { first: "48 of 72 hours", last: "71 of 72 hours" },
    });
    expect(stack.asked(endpoint)[0]!.inputs).to.not.have.property("deploymentConfig");
  });

  it("comes back neither by a preview nor by an update in which nothing else has changed", async () => {
    stack.ends(name);
    expect((await stack.succeed("preview")).changes).to.include(none);
    expect((await stack.succeed("up")).changes).to.include(none);
    expect(standing()).to.deep.equal([]);
  });

  it("is made anew for another version, and so is one that still stands", async () => {
    for (const version of [5, 6]) {
      stack.configure(stackWith(version));
      const { operations } = await stack.succeed("up");
      // To delete what is gone counts as done.
      expect(steps(operations)).to.deep.equal(["delete", "create"]);
      expect(standing()).to.have.length(1);
    }
    expect((await stack.succeed("preview")).changes).to.include(none);
  });

  it("is destroyed with the rest when it has ended", async () => {
    stack.ends(name);
    await stack.succeed("destroy");
    expect(stack.existing()).to.deep.equal([]);
  });
});
