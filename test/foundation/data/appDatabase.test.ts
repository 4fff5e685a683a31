import { output } from "@pulumi/pulumi";
import { expect } from "chai";
import { AppDatabase } from "../../../components/foundation/data/appDatabase";
import type { DatabaseAccess } from "../../../components/foundation/data/databaseAccess";
import type { DatabasePassword } from "../../../components/foundation/data/databasePassword";
import type { DataProtection } from "../../../components/foundation/data/protection";
import { building, dropped, Follower, kept, Marker, value } from "../../support/foundation";
import { inputs, outline, the, waitedFor } from "../../support/outline";

const passwordArn = "arn:aws:secretsmanager:eu-west-1:000000000000:secret:mlflow";

describe("an app's database", () => {
  const password = {
    value: output("made-up"),
    secretArn: output(passwordArn),
    versionId: output("v1"),
  } as DatabasePassword;
  const database = (protection: DataProtection) =>
    new AppDatabase("mlflow", {
      databaseName: "mlflow",
      access: { functionName: output("access") } as DatabaseAccess,
      password,
      host: output("db.fake.invalid"),
      reachable: new Marker("reachable"),
      protection,
    });

  for (const [protection, keepData] of [
    [kept, true],
    [dropped, false],
  ] as const) {
    it(`is made by one call, which is made again on destroy and ${keepData ? "keeps" : "drops"} its data`, async () => {
      const made = await building(() => database(protection));
      expect(outline(made)).to.deep.equal(["AppDatabase mlflow", "  lambda.Invocation mlflow"]);
      const { input, ...rest } = inputs(made, "lambda.Invocation mlflow");
      expect(rest).to.deep.equal({
        functionName: "access",
        lifecycleScope: "CRUD",
        triggers: { databaseName: "mlflow" },
      });
      expect(JSON.parse(input as string)).to.deep.equal({
        databaseName: "mlflow",
        userName: "mlflow",
        passwordSecretArn: passwordArn,
        passwordVersion: "v1",
        keepData,
      });
      expect(the(made, "lambda.Invocation mlflow").secretInputs).to.deep.equal([]);
    });
  }

  it("tells how to connect, and to wait until it exists and can be reached", async () => {
    let made!: AppDatabase;
    await building(() => (made = database(kept)));
    expect(await value(made.host)).to.equal("db.fake.invalid");
    expect([made.portNumber, made.databaseName, made.userName]).to.deep.equal([5432, "mlflow", "mlflow"]);
    const registrations = await building(() => new Follower(database(kept).ready));
    expect(waitedFor(registrations)).to.deep.equal(["lambda.Invocation mlflow", "test:index:Marker reachable"]);
  });
});
