import { expect } from "chai";
import { readBelow, readWriteBelow } from "../../components/identity/policies/stores";
import { batch } from "../../components/settings/batch";
import { modelTraining } from "../../components/settings/modelTraining";
import { monitor } from "../../components/settings/monitor";

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
    expect(statements[0]!.Condition).to.deep.equal({ StringLike: { "s3:prefix": ["airflow/*"] } });
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

  const settings: Record<string, (prefix: string) => boolean> = {
    "training.onNewData": (onNewData) => modelTraining.safeParse({ image: "training", onNewData }).success,
    "batch.input": (input) => batch.safeParse({ schedule: "rate(1 day)", input }).success,
    "batch.onNewData": (onNewData) => batch.safeParse({ onNewData }).success,
    "monitor.labels": (labels) => monitor.safeParse({ modelQuality: {}, labels }).success,
  };
  for (const [setting, takes] of Object.entries(settings)) {
    it(`whatever ${setting} takes is such a prefix`, () => {
      const characters = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code));
      const taken = characters.map((each) => `a/b${each}1/`).filter(takes);
      expect(taken).to.include("a/b-1/");
      for (const prefix of taken) expect(() => readBelow(store, prefix)).to.not.throw();
    });
  }
});
