import { expect } from "chai";
import { featureGroupName } from "../../components/lib/featureGroupName";

describe("the name of a feature group", () => {
  it("says stack and model", () => {
    expect(featureGroupName("mlplatform-dev", "churn")).to.equal("mlplatform-dev-churn");
  });

  it("is never longer than SageMaker lets it be, and still tells models apart", () => {
    const stack = `mlplatform-${"s".repeat(52)}`;
    const names = ["churn-in-the-north", "churn-in-the-south"].map((model) => featureGroupName(stack, model));
    for (const name of names) {
      expect(name.length).to.be.at.most(64);
      expect(name).to.match(/^[a-zA-Z0-9](-*[a-zA-Z0-9])*$/);
    }
    expect(names[0]).to.not.equal(names[1]);
  });
});
