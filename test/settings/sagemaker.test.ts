import { expect } from "chai";
import { parseSettings } from "../../components/settings/parse";
import { SettingsProblems } from "../../components/settings/problems";
import { minimalAws, onAws, problemsOf } from "./fixtures";

function problems(name: string, model: object, stackName = "dev") {
  try {
    parseSettings(
      { ...minimalAws(), models: { [name]: { from: "s3://models/churn.tar.gz", ...model } } },
      { stackName },
    );
    return [];
  } catch (error) {
    if (error instanceof SettingsProblems) return error.problems;
    throw error;
  }
}
const realtime = { serve: { sagemaker: {} } };

describe("models on SageMaker", () => {
  it("may have an image of somebody's own, from ECR of the stack's region and by an exact name", () => {
    const of = (image: string) => problems("churn", { serve: { sagemaker: { image } } });
    const repository = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/team/server";
    for (const image of [`${repository}:1.2.0`, `${repository}@sha256:${"a".repeat(64)}`]) {
      expect(of(image), image).to.deep.equal([]);
    }
    for (const image of [`${repository}:latest`, repository, "registry.example.com/team/server:1.2.0"]) {
      expect(of(image)[0], image).to.include({ path: "models.churn.serve.sagemaker.image" });
    }
    const [problem] = of(`${repository.replace("eu-west-1", "us-east-1")}:1.2.0`);
    expect(problem!.allowed).to.contain("an image of Amazon ECR in eu-west-1");
    expect(problem!.remedy).to.equal(`push or replicate it to ${repository}:1.2.0`);
  });

  it("have names that leave room for a version", () => {
    expect(problems("m".repeat(27), realtime)).to.deep.equal([]);
    const [problem] = problems("m".repeat(28), realtime);
    expect(problem).to.include({
      path: `models.${"m".repeat(28)}`,
      remedy: `rename the model, for example: ${"m".repeat(27)}`,
    });
    expect(problem!.allowed).to.contain("at most 27 characters");
  });

  it("have less room where the kind is part of the name", () => {
    const of = (kind: string, length: number) => problems("m".repeat(length), { serve: { sagemaker: { kind } } });
    expect(of("serverless", 16)).to.deep.equal([]);
    expect(of("serverless", 17)[0]!.allowed).to.contain("at most 16 characters");
    expect(of("asynchronous", 21)).to.deep.equal([]);
    expect(of("asynchronous", 22)).to.have.length(1);
  });

  it("may be called anything where they are not served there", () => {
    expect(problems("m".repeat(28), { from: "s3://models/churn/", serve: { flask: {} } })).to.deep.equal([]);
    expect(problems("a--b", { from: "s3://models/churn/", serve: { flask: {} } })).to.deep.equal([]);
  });

  it("have less room under a long stack, and none under the longest", () => {
    expect(problems("churn", realtime, "s".repeat(25))).to.deep.equal([]);
    expect(problems("churn", realtime, "s".repeat(26))[0]!.remedy).to.equal("rename the model, for example: chur");
    expect(problems("churn", realtime, "s".repeat(40))[0]!.remedy).to.equal("make the stack under a shorter name");
  });

  it("have no two dashes together", () => {
    const [problem] = problems("churn--eu", realtime);
    expect(problem).to.include({ path: "models.churn--eu", remedy: "rename the model: churn-eu" });
  });

  it("are scored by SageMaker where somebody makes a model for it", () => {
    const batch = { with: "sagemaker", schedule: "cron(0 3 ? * SUN *)" };
    expect(problems("churn", { batch })).to.deep.equal([]);
    const following = { batch, from: "models:/churn@champion" };
    const found = (model: object) => problems("churn", model).filter(({ path }) => path === "models.churn.batch.with");
    expect(found(following)).to.have.length(1);
    expect(found({ ...following, ...realtime })).to.deep.equal([]);
  });

  it("have a canary that ends while pulumi up still waits for a pinned one", () => {
    const baking = (bakeMinutes: number, more: object = {}) =>
      problems("churn", { ...realtime, canary: { bakeMinutes }, ...more });
    expect(baking(20)).to.deep.equal([]);
    expect(baking(21)).to.have.length(1);
    expect(baking(21)[0]).to.include({ path: "models.churn.canary.bakeMinutes", value: "21" });
    expect(baking(60, { from: "models:/churn@champion" }).map(({ path }) => path)).to.not.include(
      "models.churn.canary.bakeMinutes",
    );
    expect(baking(60, { serve: { sagemaker: { kind: "serverless" } } })).to.deep.equal([]);
  });

  it("have a canary that an alarm can see", () => {
    const model = { ...realtime, objectives: { errorRatePercent: 10 }, canary: { percent: 10 } };
    expect(problems("churn", model)).to.have.length(1);
    expect(problems("churn", model)[0]).to.include({
      path: "models.churn.canary.percent",
      remedy: "write percent: 11",
    });
    expect(problems("churn", { ...model, canary: { percent: 11 } })).to.deep.equal([]);
    expect(problems("churn", { ...model, objectives: { errorRatePercent: 60 } })[0]!.remedy).to.contain("smaller");
    // No canary there: AWS shifts all traffic at once.
    expect(problems("churn", { ...model, serve: { sagemaker: { kind: "serverless" } } })).to.deep.equal([]);
  });

  it("that follow an alias are as many as the release controller can be told of", () => {
    const following = (count: number, tags: object) => {
      const one = { ...realtime, from: "models:/churn@champion" };
      const models = Object.fromEntries(Array.from({ length: count }, (_, at) => [`m${at}`, one]));
      return problemsOf({ ...onAws({ tags }), mlflow: {}, models });
    };
    expect(following(333, {})).to.deep.equal([]);
    const [problem, ...others] = following(334, {});
    expect(others).to.deep.equal([]);
    expect(problem).to.include({ path: "models.m333.from", value: '"models:/churn@champion"' });
    expect(problem!.allowed).to.contain("at most 333 models").and.contain("here are 334");
    const [tagged] = following(333, { owner: "x".repeat(100) });
    expect(tagged!.allowed, "tags are told twice").to.contain("at most 307 models");
  });
});
