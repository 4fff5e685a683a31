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
  foundation: { kind: "aws", region: "eu-west-1", dataProtection: false },
  ...(Object.values(models).some(({ from }) => !from.startsWith("s3://")) ? { mlflow: {} } : {}),
  models,
});

/** Every target with every other, pinned and following the registry: one model each. */
function everyPair(): Record<string, { from: string }> {
  const all: Record<string, { from: string }> = {};
  for (const flask of [true, false]) {
    for (const kind of Object.keys(sagemaker)) {
      for (const [release, from] of [
        ["pinned", "models:/churn/3"],
        ["continuous", "models:/churn@champion"],
      ]) {
        if (!flask && kind === "none") continue;
        all[`${flask ? "f" : "n"}-${kind.slice(0, 5)}-${release!.slice(0, 3)}`] = model({ flask, kind, from: from! });
      }
    }
  }
  return {
    ...all,
    "as-it-is": model({ from: "s3://elsewhere/churn.tar.gz", more: { drift: {} } }),
    "to-pack": model({ from: "s3://elsewhere/churn", kind: "serverless" }),
  };
}

describe("models on SageMaker, on the simulated cloud", function () {
  this.timeout(300_000);
  let stack: TestStack;
  afterEach(() => stack?.remove());
  const made = (type: string) => stack.existing().filter((each) => each.type === type);

  it("stand beside those in the cluster in every combination, change nothing when nothing changes, and leave nothing", async () => {
    stack = new TestStack("pairs", stackWith(everyPair()));
    const { outputs } = await stack.succeed("up");
    const models = outputs.models as Record<string, { sagemakerEndpoint?: string; sagemakerUrl?: string }>;
    expect(models["f-serve-con"]!.sagemakerEndpoint).to.equal("mlplatform-pairs-f-serve-con-serverless");
    expect(models["n-realt-pin"]!.sagemakerUrl).to.equal(
      "https://runtime.sagemaker.eu-west-1.amazonaws.com/endpoints/mlplatform-pairs-n-realt-pin/invocations",
    );
    expect(made(endpoint)).to.have.length(14);
    expect((await stack.succeed("preview")).changes).to.include({ create: 0, update: 0, replace: 0, delete: 0 });
    await stack.succeed("destroy");
    expect(stack.existing()).to.deep.equal([]);
  });

  it("keep the old version live when the canary of a pinned one fails, and fail the update", async () => {
    const churn = (from: string) => stackWith({ churn: model({ from }) });
    stack = new TestStack("canary", churn("s3://models/3/churn.tar.gz"));
    await stack.succeed("up");
    const before = stack.live("mlplatform-canary-churn");

    stack.configure(churn("s3://models/4/churn.tar.gz"));
    const failures = [{ type: endpoint, times: 1, takenBack: true as const }];
    const bad = await stack.run("up", { failures });
    expect(bad.result).to.equal("failed");
    expect(bad.error).to.contain("SageMaker took the update back");
    expect(stack.live("mlplatform-canary-churn")).to.equal(before);

    // The old configuration is still there, so that the endpoint takes the next version.
    stack.configure(churn("s3://models/5/churn.tar.gz"));
    await stack.succeed("up");
    const after = stack.live("mlplatform-canary-churn");
    expect(after).to.not.equal(before);
    expect(made("aws:sagemaker/model:Model")).to.have.length(1);
    expect(made("aws:sagemaker/endpointConfiguration:EndpointConfiguration")).to.have.length(1);
    expect((await stack.succeed("preview")).changes).to.include({ create: 0, update: 0, replace: 0, delete: 0 });
    await stack.succeed("destroy");
    expect(stack.existing()).to.deep.equal([]);
  });

  it("go with all that the release controller made for them, and leave other models' alone", async () => {
    const from = "models:/churn@champion";
    stack = new TestStack("leave", stackWith({ churn: model({ from }), "churn-eu": model({ from }) }));
    await stack.succeed("up");
    stack.release("mlplatform-leave-churn", "3");
    stack.release("mlplatform-leave-churn-eu", "3");
    // What the controller puts live is no change of the stack's.
    expect((await stack.succeed("preview")).changes).to.include({ create: 0, update: 0, replace: 0, delete: 0 });
    await stack.succeed("refresh");
    expect((await stack.succeed("preview")).changes).to.include({ create: 0, update: 0, replace: 0, delete: 0 });

    stack.configure(stackWith({ "churn-eu": model({ from }) }));
    await stack.succeed("up");
    expect(made(endpoint)).to.have.length(1);
    expect(stack.named("mlplatform-leave-churn--")).to.deep.equal([]);
    expect(stack.named("mlplatform-leave-churn-eu--")).to.have.length(2);
    expect(stack.live("mlplatform-leave-churn-eu")).to.equal("mlplatform-leave-churn-eu--3-abcdef");

    // Named by the stack from now on: the version that was live goes when the new one is.
    stack.configure(stackWith({ "churn-eu": model({ from: "s3://models/4/churn.tar.gz" }) }));
    await stack.succeed("up");
    expect(stack.live("mlplatform-leave-churn-eu")).to.not.contain("--3-");
    stack.configure(stackWith({}));
    await stack.succeed("up");
    expect(stack.existing().filter(({ type }) => type.includes("sagemaker"))).to.deep.equal([]);
    await stack.succeed("destroy");
    expect(stack.existing()).to.deep.equal([]);
  });

  it("keep the version that the stack named live when they begin to follow the registry, and change kind by a new endpoint", async () => {
    const churn = (from: string, kind: string) => stackWith({ churn: model({ from, kind }) });
    stack = new TestStack("moves", churn("models:/churn/3", "realtime"));
    await stack.succeed("up");
    const before = stack.live("mlplatform-moves-churn");
    stack.configure(churn("models:/churn@champion", "realtime"));
    await stack.succeed("up");
    expect(stack.live("mlplatform-moves-churn")).to.equal(before);
    expect(stack.named(before!)).to.have.length(1);
    stack.configure(churn("models:/churn@champion", "serverless"));
    await stack.succeed("up");
    expect(stack.live("mlplatform-moves-churn")).to.equal(undefined);
    expect(stack.live("mlplatform-moves-churn-serverless")).to.equal("mlplatform-moves-churn-serverless-first");
    await stack.succeed("destroy");
    expect(stack.existing()).to.deep.equal([]);
  });
});
