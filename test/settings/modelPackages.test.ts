import { expect } from "chai";
import { minimalAws, problemsOf, theProblemOf } from "./fixtures";

const churn = (more: object) => ({
  ...minimalAws(),
  models: { churn: { from: "s3://models/churn.tar.gz", ...more } },
});
const weekly = { schedule: "cron(0 3 ? * SUN *)" };

describe("a model that is packed as SageMaker wants it", () => {
  for (const [where, block] of [
    ["requests", { serve: { flask: {}, sagemaker: {} } }],
    ["batches", { batch: weekly }],
  ] as const) {
    it(`is refused where pods answer ${where}, which do not unpack it`, () => {
      const { path, remedy } = theProblemOf(churn(block));
      expect(path).to.equal("models.churn.from");
      expect(remedy).to.contain("the folder that holds the file MLmodel");
      expect(problemsOf(churn({ ...block, from: "s3://models/churn/" }))).to.deep.equal([]);
    });
  }

  it("is fine where SageMaker alone has it", () => {
    expect(problemsOf(churn({ serve: { sagemaker: {} }, batch: { with: "sagemaker", ...weekly } }))).to.deep.equal([]);
  });
});
