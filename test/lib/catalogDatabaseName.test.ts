import { expect } from "chai";
import { featuresTableInPostgres } from "../../components/lib/catalogDatabaseName";

describe("the table of a model's features in PostgreSQL", () => {
  it("is of one stack, since several may have one database", () => {
    expect(featuresTableInPostgres("mlplatform-dev", "churn")).to.equal("mlplatform_dev_churn");
    expect(featuresTableInPostgres("mlplatform-prod", "churn")).to.equal("mlplatform_prod_churn");
  });

  it("leaves room for the name of its index, and is a name without quotes", () => {
    const [one, other] = ["a", "b"].map((end) =>
      featuresTableInPostgres(`mlplatform-${"x".repeat(60)}`, `churn-${end}`),
    );
    for (const name of [one, other, featuresTableInPostgres("Team.ML-dev", "churn")]) {
      expect(name)
        .to.match(/^[a-z](_*[a-z0-9])*$/)
        .and.have.property("length")
        .at.most(56);
    }
    expect(one).to.not.equal(other);
  });
});
