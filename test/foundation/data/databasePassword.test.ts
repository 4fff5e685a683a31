import { isSecret } from "@pulumi/pulumi";
import { expect } from "chai";
import { DatabasePassword } from "../../../components/foundation/data/databasePassword";
import { building, dropped, kept, keyArn, value } from "../../support/foundation";
import { inputs, outline, secretInputs } from "../../support/outline";

const args = { userName: "mlflow", keyArn, protection: kept };
const outputs = (type: string) => {
  if (type === "random:index/randomPassword:RandomPassword") return { result: "made-up" };
  return type === "aws:secretsmanager/secretVersion:SecretVersion" ? { versionId: "v1" } : undefined;
};

describe("a database password", () => {
  it("is generated from letters and digits, and kept with its user in Secrets Manager", async () => {
    const made = await building(() => new DatabasePassword("mlflow", args), { outputs });
    expect(outline(made)).to.deep.equal([
      "DatabasePassword mlflow",
      "  random:index/randomPassword:RandomPassword mlflow",
      "  secretsmanager.Secret mlflow",
      "  secretsmanager.SecretVersion mlflow",
    ]);
    expect(inputs(made, "random:index/randomPassword:RandomPassword mlflow")).to.deep.equal({
      length: 40,
      special: false,
    });
    const { secretId, secretString } = inputs(made, "secretsmanager.SecretVersion mlflow");
    expect(secretId).to.equal("mlflow-id");
    expect(JSON.parse(secretString as string)).to.deep.equal({ username: "mlflow", password: "made-up" });
  });

  for (const [protection, recoveryWindowInDays] of [
    [kept, 30],
    [dropped, 0],
  ] as const) {
    it(`can be brought back for ${recoveryWindowInDays} days where data is ${protection.keep ? "kept" : "dropped"}`, async () => {
      const made = await building(() => new DatabasePassword("mlflow", { ...args, protection }), { outputs });
      expect(inputs(made, "secretsmanager.Secret mlflow")).to.deep.equal({
        description: "Password of one database user of the platform",
        kmsKeyId: keyArn,
        recoveryWindowInDays,
      });
    });
  }

  it("travels as a secret, alone; its ARN and version do not", async () => {
    let password!: DatabasePassword;
    const made = await building(() => (password = new DatabasePassword("mlflow", args)), { outputs });
    expect(secretInputs(made)).to.deep.equal(["secretsmanager.SecretVersion mlflow: secretString"]);
    expect(await isSecret(password.value)).to.equal(true);
    expect(await isSecret(password.secretArn)).to.equal(false);
    expect(await value(password.value)).to.equal("made-up");
    expect(await value(password.versionId)).to.equal("v1");
  });
});
