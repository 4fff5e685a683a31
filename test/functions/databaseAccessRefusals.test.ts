import { expect } from "chai";
import {
  DatabaseAccessOnPostgres,
  inputFor,
  master,
  masterArn,
  passwordOf,
  reasonOf,
  secretArn,
} from "./databaseAccessOnPostgres";

describe("databaseAccess, as packaged, refuses", function () {
  this.timeout(60_000);
  const packaged = new DatabaseAccessOnPostgres();

  it("an update that renames is refused and changes nothing", async () => {
    await packaged.create("before");
    const renamed = inputFor("after", { passwordSecretArn: secretArn("before") });
    const reason = await reasonOf(packaged.ask("update", renamed, { before: inputFor("before") }));
    expect(reason).to.contain(
      'databaseName: "after"; allowed: "before", since an update cannot rename; replace the resource',
    );
    expect(reason).to.contain('userName: "after"; allowed: "before"');
    expect(await packaged.databaseExists("after")).to.equal(false);
  });

  it("names taken by others are refused: another owner's database, an administrator, a user with a database", async () => {
    await packaged.create("first");
    await packaged.superuser.query("CREATE ROLE boss CREATEDB");
    for (const [change, expected] of [
      [{ databaseName: "first", userName: "second" }, "databaseName: first belongs to first, not to second"],
      [{ databaseName: "second", userName: "boss" }, "userName: boss administers the instance"],
      [{ databaseName: "second", userName: "master" }, "userName: master administers the instance"],
      [{ databaseName: "second", userName: "first" }, "userName: first owns first already"],
    ] as const) {
      packaged.putPassword(change.userName, passwordOf(change.userName));
      const input = inputFor("second", { ...change, passwordSecretArn: secretArn(change.userName) });
      expect(await reasonOf(packaged.ask("create", input))).to.contain(expected);
    }
    expect(await reasonOf(packaged.ask("delete", inputFor("first", { userName: "second" })))).to.contain(
      "belongs to first",
    );
    await (await packaged.login("first")).end();
  });

  for (const [path, values] of Object.entries({
    databaseName: [
      "",
      "Mlflow",
      "1st",
      'a"; DROP DATABASE b',
      "a-b",
      "ä",
      "a".repeat(64),
      "postgres",
      "template1",
      7,
      undefined,
    ],
    userName: ["", "Mlflow", "a'b", "a b", "pg_monitor", "rds_superuser", "a".repeat(64), null],
    passwordSecretArn: ["", "mlflow", undefined],
    keepData: ["false", 0, undefined],
    passwordVersion: [1, undefined],
  })) {
    it(`a bad ${path} is refused with its value and what is allowed`, async () => {
      for (const value of values) {
        const reason = await reasonOf(packaged.ask("create", { ...inputFor("good"), [path]: value }));
        expect(reason).to.contain(`${path}: ${value === undefined ? "missing" : JSON.stringify(value)}; allowed: `);
      }
    });
  }

  it("all problems come in one message; an event that is no object or has another action is refused", async () => {
    const reason = await reasonOf(packaged.ask("read", { databaseName: "A", userName: "B" }));
    expect(
      reason
        .split("\n- ")
        .slice(1)
        .map((line) => line.split(":")[0]),
    ).to.deep.equal([...["tf.action", "databaseName", "userName", "passwordSecretArn", "keepData", "passwordVersion"]]);
    for (const event of [undefined, null, "create", []]) {
      expect(await packaged.reasonOf(event)).to.contain("tf.action: missing; allowed: create, update, delete");
    }
  });

  it("a wrong master password fails at once instead of locking the account by repetition", async () => {
    packaged.secrets.values.set(masterArn, JSON.stringify({ ...master, password: "pass-wrong" }));
    try {
      expect(await reasonOf(packaged.create("wrong"))).to.contain("28P01: password authentication failed");
    } finally {
      packaged.secrets.values.set(masterArn, JSON.stringify(master));
    }
  });

  it("a missing or malformed secret, variable or file is named, never quoted", async () => {
    const arn = secretArn("malformed");
    expect(await reasonOf(packaged.ask("create", inputFor("malformed")))).to.contain(
      `Secret ${arn} cannot be read: ResourceNotFound`,
    );
    for (const text of [
      "pass-plain",
      '{"password": "pass-a"}',
      '{"username": "malformed"}',
      "null",
      '{"password": pass-b}',
    ]) {
      packaged.secrets.values.set(arn, text);
      expect(await reasonOf(packaged.ask("create", inputFor("malformed")))).to.contain(
        `Secret ${arn}: allowed is JSON with`,
      );
    }
    packaged.secrets.values.set(arn, JSON.stringify({ username: "another", password: "pass-c" }));
    expect(await reasonOf(packaged.ask("create", inputFor("malformed")))).to.contain("its username is not malformed");
    packaged.putPassword("malformed", "pass-ü");
    expect(await reasonOf(packaged.ask("create", inputFor("malformed")))).to.contain("printable ASCII");

    for (const name of ["MASTER_SECRET_ARN", "DATABASE_HOST", "DATABASE_PORT", "DATABASE_CA_FILE"]) {
      const value = process.env[name];
      delete process.env[name];
      expect(await reasonOf(packaged.create("malformed"))).to.equal(`Environment variable ${name} is missing`);
      process.env[name] = value;
    }
    process.env.DATABASE_CA_FILE = "/nowhere.pem";
    expect(await reasonOf(packaged.create("malformed"))).to.contain(
      "/nowhere.pem cannot be read; on AWS Lambda it is /var/runtime/",
    );
  });

  it("a password that stands where a file name should is not repeated, and the log names the app", async () => {
    process.env.DATABASE_CA_FILE = master.password;
    expect(await reasonOf(packaged.create("swapped"))).to.contain("DATABASE_CA_FILE: [hidden] cannot be read");
    const line = packaged.printed.at(-1)!;
    expect(line).to.include({ level: "error", action: "create", databaseName: "swapped", userName: "swapped" });
  });
});
