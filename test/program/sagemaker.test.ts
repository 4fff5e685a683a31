import { expect } from "chai";
import { TestStack } from "./runs";

const endpoint = "aws:sagemaker/endpoint:Endpoint";
const sagemaker: Record<string, object | undefined> = {
  none: undefined,
  realtime: {},
  serverless: { kind: "serverless" },
  asynchronous: { kind: "asynchronous" },
};

interface Wish {
  flask?: boolean;
  kind?: string;
  from?: string;
  more?: object;
}
const model = ({ flask = false, kind = "realtime", from = "models:/churn/3", more = {} }: Wish) => ({
  from,
  serve: { ...(flask ? { flask: {} } : {}), ...(sagemaker[kind] ? { sagemaker: sagemaker[kind] } : {}) },
  ...more,
});
const stackWith = (models: Record<string, { from: string }>) => ({
  foundation: {
    kind: "aws",
    region: "eu-west-1",
    dataProtection: false,
    network: { zones: 2, flowLogs: { enabled: false } },
  },
  ...(Object.values(models).some(({ from }) => !from.startsWith("s3://")) ? { mlflow: { replicas: 1 } } : {}),
  models,
});
const none = { create: 0, update: 0, replace: 0, delete: 0 };

const [pinned, following] = ["models:/churn/3", "models:/churn@champion"];
/** In the cluster or not, each kind of endpoint, pinned or following the registry: every two of them together at least once. */
const everyPair = {
  "f-none-pin": model({ flask: true, kind: "none", from: pinned }),
  "f-none-con": model({ flask: true, kind: "none", from: following }),
  "n-realt-pin": model({ kind: "realtime", from: pinned }),
  "f-realt-con": model({ flask: true, kind: "realtime", from: following }),
  "n-serve-pin": model({ kind: "serverless", from: pinned }),
  "f-serve-con": model({ flask: true, kind: "serverless", from: following }),
  "f-async-pin": model({ flask: true, kind: "asynchronous", from: pinned }),
  "n-async-con": model({ kind: "asynchronous", from: following }),
  "as-it-is": model({ from: "s3://elsewhere/churn.tar.gz", more: { drift: {} } }),
  "to-pack": model({ from: "s3://elsewhere/churn", kind: "serverless" }),
};

/** A stack for the tests that follow, in their order. */
function oneStack(name: string, models: Record<string, { from: string }>) {
  const stack = new TestStack(name, stackWith(models));
  after(() => stack.remove());
  const made = (type: string) => stack.existing().filter((each) => each.type === type);
  return { stack, made };
}

function endsWithNothing(stack: TestStack): void {
  it("leave nothing when all is destroyed", async () => {
    await stack.succeed("destroy");
    expect(stack.existing()).to.deep.equal([]);
  });
}

describe("models on SageMaker, on the simulated cloud", function () {
  this.timeout(180_000);

  describe("of every kind, beside those in the cluster", () => {
    const { stack, made } = oneStack("pairs", everyPair);

    it("stand under their own addresses", async () => {
      const { outputs } = await stack.succeed("up");
      const models = outputs.models as Record<string, { sagemakerEndpoint?: string; sagemakerUrl?: string }>;
      expect(models["f-serve-con"]!.sagemakerEndpoint).to.equal("mlplatform-pairs-f-serve-con-serverless");
      expect(models["n-realt-pin"]!.sagemakerUrl).to.equal(
        "https://runtime.sagemaker.eu-west-1.amazonaws.com/endpoints/mlplatform-pairs-n-realt-pin/invocations",
      );
      expect(made(endpoint)).to.have.length(8);
    });

    it("change nothing when nothing changes", async () => {
      expect((await stack.succeed("preview")).changes).to.include(none);
    });

    endsWithNothing(stack);
  });

  describe("of which the stack names the version", () => {
    const churn = (from: string) => ({ churn: model({ from }) });
    const { stack, made } = oneStack("canary", churn("s3://models/3/churn.tar.gz"));
    let before: string | undefined;

    it("keep the old version live when the canary fails, and fail the update", async () => {
      await stack.succeed("up");
      before = stack.live("mlplatform-canary-churn");
      stack.configure(stackWith(churn("s3://models/4/churn.tar.gz")));
      const failures = [{ type: endpoint, times: 1, takenBack: true as const }];
      const bad = await stack.run("up", { failures });
      expect(bad.result).to.equal("failed");
      expect(bad.error).to.contain("SageMaker took the update back");
      expect(stack.live("mlplatform-canary-churn")).to.equal(before);
    });

    it("take the next version after that, since the old configuration is still there", async () => {
      stack.configure(stackWith(churn("s3://models/5/churn.tar.gz")));
      await stack.succeed("up");
      expect(stack.live("mlplatform-canary-churn")).to.not.equal(before);
      expect(made("aws:sagemaker/model:Model")).to.have.length(1);
      expect(made("aws:sagemaker/endpointConfiguration:EndpointConfiguration")).to.have.length(1);
      expect((await stack.succeed("preview")).changes).to.include(none);
    });

    endsWithNothing(stack);
  });

  describe("of another instance type", () => {
    const churn = (instanceType: string, maxInstances = 4) => ({
      churn: {
        from: "s3://models/3/churn.tar.gz",
        serve: { sagemaker: { kind: "realtime", instanceType, minInstances: 2, maxInstances } },
      },
    });
    const { stack, made } = oneStack("types", churn("ml.m5.large"));
    const [target, policy] = ["aws:appautoscaling/target:Target", "aws:appautoscaling/policy:Policy"];
    const steps = (operations: { kind: string; type: string }[]) =>
      operations
        .filter(({ type }) => [target, policy, endpoint].includes(type))
        .map(({ kind, type }) => `${kind} ${type.split(":").at(-1)}`);

    it("lose their scaling before the endpoint gets its new instances, and have it again after", async () => {
      await stack.succeed("up");
      stack.configure(stackWith(churn("ml.c5.xlarge")));
      const { operations } = await stack.succeed("up");
      expect(steps(operations)).to.deep.equal([
        ...["delete Policy", "delete Target", "update Endpoint"],
        ...["create Target", "create Policy"],
      ]);
      expect((await stack.succeed("preview")).changes).to.include(none);
    });

    it("change and stop to scale at once", async () => {
      stack.configure(stackWith(churn("ml.m5.large", 2)));
      const { operations } = await stack.succeed("up");
      expect(steps(operations)).to.deep.equal(["delete Policy", "delete Target", "update Endpoint"]);
      expect(made(target)).to.deep.equal([]);
    });

    endsWithNothing(stack);
  });

  describe("that the release controller has put versions on", () => {
    const { stack, made } = oneStack("leave", {
      churn: model({ from: following }),
      "churn-eu": model({ from: following }),
    });

    it("are no change of the stack's", async () => {
      await stack.succeed("up");
      stack.release("mlplatform-leave-churn", "3");
      stack.release("mlplatform-leave-churn-eu", "3");
      expect((await stack.succeed("preview")).changes).to.include(none);
      await stack.succeed("refresh");
      expect((await stack.succeed("preview")).changes).to.include(none);
    });

    it("go with all that it made for them, and leave other models' alone", async () => {
      stack.configure(stackWith({ "churn-eu": model({ from: following }) }));
      await stack.succeed("up");
      expect(made(endpoint)).to.have.length(1);
      expect(stack.named("mlplatform-leave-churn--")).to.deep.equal([]);
      expect(stack.named("mlplatform-leave-churn-eu--")).to.have.length(2);
      expect(stack.live("mlplatform-leave-churn-eu")).to.equal("mlplatform-leave-churn-eu--3-abcdef");
    });

    it("lose what was live when the stack names the version from now on", async () => {
      stack.configure(stackWith({ "churn-eu": model({ from: "s3://models/4/churn.tar.gz" }) }));
      await stack.succeed("up");
      expect(stack.live("mlplatform-leave-churn-eu")).to.not.contain("--3-");
      stack.configure(stackWith({}));
      await stack.succeed("up");
      expect(stack.existing().filter(({ type }) => type.includes("sagemaker"))).to.deep.equal([]);
    });

    endsWithNothing(stack);
  });

  describe("that become others", () => {
    const churn = (from: string, kind: string) => ({ churn: model({ from, kind }) });
    const { stack } = oneStack("moves", churn(pinned, "realtime"));

    it("keep the version that the stack named live when they begin to follow the registry", async () => {
      await stack.succeed("up");
      const before = stack.live("mlplatform-moves-churn");
      stack.configure(stackWith(churn(following, "realtime")));
      await stack.succeed("up");
      expect(stack.live("mlplatform-moves-churn")).to.equal(before);
      expect(stack.named(before!)).to.have.length(1);
    });

    it("change kind by a new endpoint", async () => {
      stack.configure(stackWith(churn(following, "serverless")));
      await stack.succeed("up");
      expect(stack.live("mlplatform-moves-churn")).to.equal(undefined);
      expect(stack.live("mlplatform-moves-churn-serverless")).to.equal("mlplatform-moves-churn-serverless-first");
    });

    endsWithNothing(stack);
  });
});
