import { expect } from "chai";
import { parseSettings } from "../../components/settings/parse";
import { SettingsProblems } from "../../components/settings/problems";
import { minimalAws } from "./fixtures";

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
  it("have names that leave room for a version", () => {
    expect(problems("m".repeat(33), realtime)).to.deep.equal([]);
    const [problem] = problems("m".repeat(34), realtime);
    expect(problem).to.include({
      path: `models.${"m".repeat(34)}`,
      remedy: `rename the model, for example: ${"m".repeat(33)}`,
    });
    expect(problem!.allowed).to.contain("at most 33 characters");
  });

  it("have less room where the kind is part of the name", () => {
    const of = (kind: string, length: number) => problems("m".repeat(length), { serve: { sagemaker: { kind } } });
    expect(of("serverless", 22)).to.deep.equal([]);
    expect(of("serverless", 23)[0]!.allowed).to.contain("at most 22 characters");
    expect(of("asynchronous", 27)).to.deep.equal([]);
    expect(of("asynchronous", 28)).to.have.length(1);
  });

  it("may be called anything where they are not served there", () => {
    expect(problems("m".repeat(34), { serve: { flask: {} } })).to.deep.equal([]);
    expect(problems("a--b", { serve: { flask: {} } })).to.deep.equal([]);
  });

  it("have less room under a long stack, and none under the longest", () => {
    expect(problems("churn", realtime, "s".repeat(31))).to.deep.equal([]);
    expect(problems("churn", realtime, "s".repeat(32))[0]!.remedy).to.equal("rename the model, for example: chur");
    expect(problems("churn", realtime, "s".repeat(40))[0]!.remedy).to.equal("make the stack under a shorter name");
  });

  it("have no two dashes together", () => {
    const [problem] = problems("churn--eu", realtime);
    expect(problem).to.include({ path: "models.churn--eu", remedy: "rename the model: churn-eu" });
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
});
