import { expect } from "chai";
import { escapeLiteral } from "pg";
import { scramVerifier } from "../../functions/databaseAccess/scramVerifier";
import { DatabaseAccessOnPostgres, inputFor, passwordOf, reasonOf, secretArn } from "./databaseAccessOnPostgres";

describe("databaseAccess, as packaged, on a real PostgreSQL over TLS", function () {
  this.timeout(60_000);
  const packaged = new DatabaseAccessOnPostgres();

  it("create: the user logs in to a UTF8 database of its own, makes tables there, and administers nothing", async () => {
    const result = await packaged.create("mlflow");
    expect(result).to.deep.equal({ action: "create", databaseName: "mlflow", userName: "mlflow", outcome: "ready" });

    const session = await packaged.login("mlflow");
    await session.query("CREATE TABLE runs (id int)");
    await session.end();
    const { rows } = await packaged.superuser.query(
      `SELECT rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls, rolcanlogin,
              pg_get_userbyid(datdba)::text AS owner, pg_encoding_to_char(encoding)::text AS encoding
         FROM pg_roles, pg_database WHERE rolname = 'mlflow' AND datname = 'mlflow'`,
    );
    expect(rows).to.deep.equal([
      {
        ...{ rolsuper: false, rolcreatedb: false, rolcreaterole: false, rolreplication: false, rolbypassrls: false },
        ...{ rolcanlogin: true, owner: "mlflow", encoding: "UTF8" },
      },
    ]);
  });

  it("create again changes nothing: same result, data still there", async () => {
    const first = await packaged.create("twice");
    const session = await packaged.login("twice");
    await session.query("CREATE TABLE kept (id int)");
    await session.end();

    expect(await packaged.create("twice")).to.deep.equal(first);

    const again = await packaged.login("twice");
    expect((await again.query("SELECT count(*)::int AS n FROM kept")).rows).to.deep.equal([{ n: 0 }]);
    await again.end();
  });

  it("update: the new password works, the old one is refused", async () => {
    await packaged.create("rotated");
    packaged.putPassword("rotated", passwordOf("rotated", "2"));
    await packaged.ask("update", inputFor("rotated", { passwordVersion: "2" }), { before: inputFor("rotated") });

    await (await packaged.login("rotated", "rotated", passwordOf("rotated", "2"))).end();
    expect(await reasonOf(packaged.login("rotated"))).to.contain("password authentication failed");
  });

  it("update makes what somebody removed by hand", async () => {
    await packaged.create("healed");
    await packaged.superuser.query("DROP DATABASE healed");
    await packaged.ask("update", inputFor("healed"), { before: inputFor("healed") });
    await (await packaged.login("healed")).end();
  });

  it("two apps are isolated: neither enters the other's database, and no third user enters either", async () => {
    await Promise.all([packaged.create("app_a"), packaged.create("app_b")]);
    await packaged.superuser.query(`CREATE ROLE stranger LOGIN PASSWORD ${escapeLiteral(passwordOf("stranger"))}`);
    for (const [user, database] of [
      ["app_a", "app_b"],
      ["app_b", "app_a"],
      ["stranger", "app_a"],
    ] as const) {
      expect(await reasonOf(packaged.login(user, database))).to.contain(`permission denied for database "${database}"`);
    }
  });

  it("inside the database only its owner makes tables, even for one who was let in", async () => {
    await packaged.create("closed");
    await packaged.superuser.query(`CREATE ROLE guest LOGIN PASSWORD ${escapeLiteral(passwordOf("guest"))}`);
    const inside = await packaged.server.connect({ database: "closed" });
    await inside.query("GRANT CREATE ON SCHEMA public TO PUBLIC");
    await inside.end();
    await packaged.superuser.query("GRANT CONNECT ON DATABASE closed TO guest");
    await packaged.create("closed");
    const guest = await packaged.login("guest", "closed");
    expect(await reasonOf(guest.query("CREATE TABLE intruder (id int)"))).to.contain(
      "permission denied for schema public",
    );
    await guest.end();
  });

  it("delete with keepData true shuts the user out, ends its sessions and keeps the data; create lets it in again", async () => {
    await packaged.create("kept");
    const session = await packaged.login("kept");
    await session.query("CREATE TABLE runs AS SELECT 7 AS id");
    const ended = new Promise((resolve) => session.once("end", resolve));

    expect(await packaged.ask("delete", inputFor("kept", { keepData: true }))).to.include({ outcome: "shut out" });

    await ended;
    expect(await reasonOf(packaged.login("kept"))).to.contain('role "kept" is not permitted to log in');
    await packaged.create("kept");
    const again = await packaged.login("kept");
    expect((await again.query("SELECT id FROM runs")).rows).to.deep.equal([{ id: 7 }]);
    await again.end();
  });

  it("delete with keepData false drops database and user although sessions are open, and may be repeated", async () => {
    await packaged.create("gone");
    const session = await packaged.login("gone");
    for (let time = 0; time < 2; time++) {
      expect(await packaged.ask("delete", inputFor("gone"))).to.include({ outcome: "dropped" });
      expect(await packaged.databaseExists("gone")).to.equal(false);
      expect(await packaged.userExists("gone")).to.equal(false);
    }
    await session.end();
  });

  it("delete works although somebody took the master out of the user's role", async () => {
    await packaged.create("parted");
    await packaged.superuser.query("SET ROLE master");
    await packaged.superuser.query("REVOKE parted FROM master");
    await packaged.superuser.query("RESET ROLE");
    expect(await packaged.ask("delete", inputFor("parted"))).to.include({ outcome: "dropped" });
  });

  it("delete needs no app password: the secret may be gone before", async () => {
    await packaged.create("orphan");
    packaged.secrets.values.delete(secretArn("orphan"));
    expect(await packaged.ask("delete", inputFor("orphan"))).to.include({ outcome: "dropped" });
  });

  it("a replaced function's own delete, which comes after its successor's create, leaves the database alone", async () => {
    await packaged.create("moved");
    await packaged.ask("create", inputFor("moved"), { functionName: "access-2" });
    expect(await packaged.ask("delete", inputFor("moved"))).to.include({ outcome: "left to its new keeper" });
    await (await packaged.login("moved")).end();
    expect(await packaged.ask("delete", inputFor("moved"), { functionName: "access-2" })).to.include({
      outcome: "dropped",
    });
  });

  it("invocations at the same time, for one app and for several, all succeed", async () => {
    const names = ["many_a", "many_a", "many_a", "many_b", "many_c"];
    const results = await Promise.all(names.map((name) => packaged.create(name)));
    expect(results.map(({ outcome }) => outcome)).to.deep.equal(names.map(() => "ready"));
    await Promise.all(["many_a", "many_b", "many_c"].map((name) => packaged.ask("delete", inputFor(name))));
    expect(await packaged.databaseExists("many_a")).to.equal(false);
  });

  it("a password is stored as PostgreSQL itself would, and no statement on the server ever held one", async () => {
    const password = passwordOf("verified");
    await packaged.create("verified");
    const stored = async () =>
      (await packaged.superuser.query("SELECT rolpassword FROM pg_authid WHERE rolname = 'verified'")).rows[0]
        .rolpassword as string;
    const salt = Buffer.from((await stored()).split(/[:$]/)[2]!, "base64");
    expect(await stored()).to.equal(scramVerifier(password, salt));
    expect(packaged.server.log()).to.contain('CREATE ROLE "verified"').and.not.to.contain("pass-verified");

    await packaged.superuser.query("SELECT set_config('log_statement', 'none', false)");
    await packaged.superuser.query(`ALTER ROLE verified PASSWORD ${escapeLiteral(password)}`);
    const own = await stored();
    expect(own).to.equal(scramVerifier(password, Buffer.from(own.split(/[:$]/)[2]!, "base64")));
  });
});
