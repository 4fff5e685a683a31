import { expect } from "chai";
import type { LoopSearch, LoopSpec } from "../../components/contracts/trainingLoop";
import { packageGroupName } from "../../components/contracts/trainingLoop";
import { functionNameOf } from "../../components/foundation/lambdaFunction";
import { fargateSize } from "../../components/lib/fargateSize";
import { jobPrefix, lookPrefix, searchPrefix } from "../../components/training/names";
import { searchesLike } from "../../components/training/stepFunctions/searches";
import { longestJobPrefix, longestSearchPrefix } from "../../components/training/stepFunctions/terms";
import { machineFacts } from "../support/trainingFacts";

const sizes: [cpu: string, memoryMiB: number, size: ReturnType<typeof fargateSize>][] = [
  ["250m", 512, { cpu: 256, memoryMiB: 512 }],
  ["100m", 600, { cpu: 256, memoryMiB: 1024 }],
  ["1", 4096, { cpu: 1024, memoryMiB: 4096 }],
  ["1", 512, { cpu: 1024, memoryMiB: 2048 }],
  ["500m", 3000, { cpu: 512, memoryMiB: 3072 }],
  ["1", 9000, { cpu: 2048, memoryMiB: 9216 }],
  ["8", 20000, { cpu: 8192, memoryMiB: 20480 }],
  ["16", 122880, { cpu: 16384, memoryMiB: 122880 }],
  ["17", 1024, undefined],
  ["1", 200000, undefined],
];

describe("a task on Fargate", () => {
  for (const [cpu, memoryMiB, size] of sizes) {
    it(`with ${cpu} CPU and ${memoryMiB} MiB has ${JSON.stringify(size) ?? "no size"}`, () => {
      expect(fargateSize(cpu, memoryMiB)).to.deep.equal(size);
    });
  }
});

describe("names of functions that others know", () => {
  it("are the stack's and the purpose's, and fit under any name of a stack", () => {
    expect(functionNameOf("mlplatform-dev", "training-runs")).to.equal("mlplatform-dev-training-runs");
    const [one, two] = ["a", "b"].map((end) =>
      functionNameOf(`mlplatform-${"x".repeat(51)}${end}`, "training-pipelines"),
    );
    expect(one).to.not.equal(two);
    for (const name of [one!, two!]) {
      expect(name).to.match(/^mlplatform-x+-[0-9a-f]{8}-training-pipelines$/);
      expect(name.length).to.be.at.most(64);
    }
  });
});

describe("names of a loop", () => {
  it("are the stack's and the model's, as long as there is room", () => {
    expect(jobPrefix("mlplatform-dev", "churn")).to.equal("mlplatform-dev-churn-");
    expect(packageGroupName("mlplatform-dev", "churn")).to.equal("mlplatform-dev-churn");
  });

  it("that had to be cut differ where the whole names do, and fit", () => {
    const stack = "mlplatform-a-stack-with-a-long-name";
    const [one, two] = [jobPrefix(stack, "churn-of-customers-a"), jobPrefix(stack, "churn-of-customers-b")];
    expect(one).to.not.equal(two);
    for (const prefix of [one, two])
      expect(prefix)
        .to.match(/^[a-z0-9](-*[a-z0-9])*-$/)
        .and.satisfy((text: string) => text.length <= longestJobPrefix);
    expect(`${lookPrefix(stack, "churn")}4d5e12a0-1c2b-4a6e-9f00-0123456789ab`)
      .to.match(/^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$/)
      .and.contain("-m-");
    expect(lookPrefix("dev", "churn")).to.equal("dev-churn-m-");
    expect(searchPrefix(stack, "churn").length).to.be.at.most(longestSearchPrefix);
    expect(searchPrefix(stack, "churn")).to.not.equal(searchPrefix(stack, "attrition"));
  });
});

describe("searches that may learn from each other", () => {
  const depth = { type: "integer", min: 2, max: 8, scale: "auto" } as const;
  const kind: LoopSearch["ranges"][string] = { type: "categorical", values: ["a"] };
  const search: LoopSearch = {
    objective: "auc",
    direction: "maximize",
    strategy: "Bayesian",
    maxJobs: 20,
    parallel: 4,
    warmStart: true,
    ranges: { depth, kind },
  };
  const named = (tune: Partial<LoopSearch> = {}, spec: Partial<LoopSpec> = {}) =>
    searchesLike(machineFacts(spec), { ...search, ...tune });
  const image = { repositoryUrl: "registry.example/ml/training", repositoryName: "ml/training" };

  it("are called alike whatever of them SageMaker lets change", () => {
    for (const same of [
      named({ maxJobs: 40, parallel: 1, strategy: "Random", warmStart: false }),
      named({ ranges: { depth: { ...depth, min: 1, max: 90 }, kind } }),
      named({ ranges: { depth, kind: { type: "categorical", values: ["a", "b"] } } }),
      named({ ranges: { kind, depth } }),
      named({}, { instanceType: "ml.m5.4xlarge", spot: false, image: { ...image, tag: "2.0.0" } }),
    ])
      expect(same).to.equal(named());
  });

  it("are called differently where SageMaker would refuse them, or where another algorithm trains", () => {
    const different = [
      named(),
      named({ objective: "loss" }),
      named({ direction: "minimize" }),
      named({ ranges: { depth } }),
      named({ ranges: { depth: { ...depth, type: "continuous" }, kind } }),
      named({ ranges: { depth: { ...depth, scale: "linear" }, kind } }),
      named({}, { hyperparameters: { project: "churn", depth: "5" } }),
      named({}, { instances: 2 }),
      named({}, { image: { uri: "registry.example:5000/own:1" } }),
      named({}, { algorithm: { name: "xgboost", version: "3.0-5", hyperparameters: {} } }),
    ];
    expect(new Set(different).size).to.equal(different.length);
    expect(named({}, { image: { uri: "registry.example:5000/own:1" } })).to.equal(
      named({}, { image: { uri: `registry.example:5000/own@sha256:${"0".repeat(64)}` } }),
    );
  });
});
