import { expect } from "chai";
import { readBelow, readWriteBelow } from "../../components/identity/policies/stores";

const store = { bucketArn: "arn:aws:s3:::made-up", keyArn: "arn:aws:kms:eu-west-1:000000000000:key/k" };

describe("permissions below a prefix of a bucket", () => {
  it("to read: objects below it, the names of those, and their key; nothing is written", () => {
    const statements = readBelow(store, "airflow/");
    expect(statements.map(({ Sid, Resource }) => [Sid, ...Resource])).to.deep.equal([
      ["ListBelow", "arn:aws:s3:::made-up"],
      ["FindBucket", "arn:aws:s3:::made-up"],
      ["ReadBelow", "arn:aws:s3:::made-up/airflow/*"],
      ["Decrypt", store.keyArn],
    ]);
    expect(statements[0]!.Condition).to.deep.equal({ StringLike: { "s3:prefix": ["airflow", "airflow/*"] } });
    expect(statements.flatMap(({ Action }) => Action).join()).to.not.match(/Put|Delete|Generate|Encrypt/);
  });

  it("to write: nothing outside it", () => {
    for (const { Sid, Action, Resource } of readWriteBelow(store, "mlflow/artifacts/")) {
      if (Action.some((action) => /s3:.*(Object|Upload)/.test(action))) {
        expect(Resource, Sid).to.deep.equal(["arn:aws:s3:::made-up/mlflow/artifacts/*"]);
      }
      expect(Action.join(), Sid).to.not.contain("*");
    }
  });

  for (const prefix of ["", "/", "airflow", "*/", "/airflow/", "a//", "a b/", "$name/"]) {
    it(`never below ${JSON.stringify(prefix)}, which would reach further than one folder`, () => {
      expect(() => readWriteBelow(store, prefix)).to.throw(`prefix ${JSON.stringify(prefix)} is not a folder`);
    });
  }
});
