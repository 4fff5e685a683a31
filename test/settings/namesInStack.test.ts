import { expect } from "chai";
import { parseSettings } from "../../components/settings/parse";
import { SettingsProblems } from "../../components/settings/problems";
import { onAws, theProblemOf } from "./fixtures";

/** What is wrong with a config in a stack of so many characters. */
function problems(stack: number, models: object, training?: object) {
  const studio = ["s3", "sts", "logs", "kms", "states", "sagemaker.api", "sagemaker.runtime", "athena", "glue"];
  try {
    parseSettings(
      {
        ...onAws({ network: { endpoints: studio } }),
        mlflow: {},
        airflow: {},
        models,
        ...(training === undefined ? {} : { training }),
      },
      { stackName: "s".repeat(stack) },
    );
    return [];
  } catch (error) {
    if (error instanceof SettingsProblems) return error.problems;
    throw error;
  }
}
const model = (length: number, more: object) => ({
  ["m".repeat(length)]: { from: "models:/churn@champion", ...more },
});
const trained = { training: { image: "training" } };

describe("names of a stack and what is in it", () => {
  it("leave room for the group of a trained model's packages", () => {
    expect(problems(24, model(27, trained))).to.deep.equal([]);
    const [problem, ...others] = problems(25, model(27, trained));
    expect(others).to.deep.equal([]);
    expect(problem).to.include({
      path: `models.${"m".repeat(27)}`,
      remedy: `rename the model, for example: ${"m".repeat(26)}`,
    });
    expect(problem!.allowed).to.contain(`its model package group is called mlplatform-${"s".repeat(25)}-mmm`);
    expect(problem!.allowed).to.contain("63 characters are the most");
  });

  it("bind a model that SageMaker Pipelines train as well, and none that Airflow does", () => {
    const by = (engine: string, image: string) => problems(25, model(27, { training: { engine, image } }));
    expect(by("sagemakerPipelines", "training")).to.have.length(1);
    expect(by("airflow", "training:1.0.0")).to.deep.equal([]);
  });

  it("leave room for what is tightest of a model that is served, scored and trained", () => {
    const [problem, ...others] = problems(25, model(8, { ...trained, serve: { sagemaker: {} } }));
    expect(others).to.deep.equal([]);
    expect(problem!.allowed).to.contain("at most 5 characters").and.contain("its endpoint is called");
  });

  it("leave room for a notebook instance, whose name may be as long as that of a model", () => {
    const notebooks = (length: number) => ({
      studio: { enabled: true, notebooks: { ["n".repeat(length)]: {} } },
    });
    expect(problems(31, {}, notebooks(20))).to.deep.equal([]);
    const [problem, ...others] = problems(32, {}, notebooks(20));
    expect(others).to.deep.equal([]);
    expect(problem).to.include({
      path: `training.studio.notebooks.${"n".repeat(20)}`,
      remedy: `rename the notebook, for example: ${"n".repeat(19)}`,
    });
  });
});

describe("the name of a model", () => {
  it("begins with a letter, as that of a Service must", () => {
    const problem = theProblemOf({
      ...onAws({}),
      mlflow: {},
      models: { "2024-churn": { from: "models:/churn@champion", serve: { flask: {} } } },
    });
    expect(problem).to.deep.equal({
      path: 'models["2024-churn"]',
      value: '"2024-churn"',
      allowed: "a DNS label that begins with a letter: lower-case letters, digits and dashes, no dash at the end",
      remedy: "rename it to churn",
    });
  });

  it("is not guessed where it has no letter", () => {
    const problem = theProblemOf({ ...onAws({}), mlflow: {}, models: { "2024": { from: "models:/churn@champion" } } });
    expect(problem.remedy).to.equal("choose another name");
  });
});
