import { expect } from "chai";
import { minimalAws, problemsOf, theProblemOf } from "./fixtures";

const churn = (more: object) => ({
  ...minimalAws(),
  mlflow: {},
  models: { churn: { from: "models:/churn@champion", ...more } },
});

describe("what is asked of a model's answers", () => {
  for (const [key, value] of [
    ["drift", {}],
    ["objectives", { p99Millis: 200 }],
    ["canary", { percent: 20 }],
  ] as const) {
    it(`is refused of one that answers nobody: ${key}`, () => {
      const { path, remedy } = theProblemOf(churn({ [key]: value, batch: { schedule: "cron(0 3 ? * SUN *)" } }));
      expect({ path, remedy }).to.deep.equal({
        path: `models.churn.${key}`,
        remedy: `add serve: { flask: {} }, or leave ${key} out`,
      });
    });

    it(`is fine where it answers, on Kubernetes or on SageMaker: ${key}`, () => {
      expect(problemsOf(churn({ [key]: value, serve: { flask: {} } }))).to.deep.equal([]);
      expect(problemsOf(churn({ [key]: value, serve: { sagemaker: {} } }))).to.deep.equal([]);
    });
  }

  it("is not missed where nothing was asked", () => {
    expect(problemsOf(churn({ objectives: { p99Millis: 500 } }))).to.deep.equal([]);
  });
});
