import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { freePort } from "../../test/support/freePort";
import { commands, shellOf, toolDatabase } from "../../test/support/guideCommands";
import { findPostgres, howToEnablePostgres, type PostgresServer, startPostgres } from "../../test/support/postgres";
import { pythonOrSkip } from "../../test/support/pythonOrSkip";
import { RegistryServer } from "../../test/support/registryServer";
import { skip } from "../../test/support/skip";

describe("a registry that is wiped and brought back by the commands of docs/backup.md", function () {
  this.timeout(1_200_000);
  const home = mkdtempSync(join(tmpdir(), "restore-"));
  const [artifacts, copy] = [join(home, "artifacts"), join(home, "copy")];
  let postgres: PostgresServer;
  let mlflow: RegistryServer;
  let before_ = "";

  let shell: ReturnType<typeof shellOf>;

  before(async function () {
    if (findPostgres() === undefined) skip(this, `needs PostgreSQL: ${howToEnablePostgres}`);
    const python = await pythonOrSkip(this, "mlflow", 900);
    postgres = await startPostgres({ tls: false });
    shell = shellOf(postgres, "mlflow", copy);
    await toolDatabase(postgres, "mlflow");
    const admin = await postgres.connect();
    await admin.query("create role stranger login password 'made-up'");
    await admin.query("comment on database mlflow is 'kept'");
    await admin.end();
    const backend = `postgresql+psycopg2://mlflow:made-up@${postgres.host}:${postgres.portNumber}/mlflow`;
    mlflow = new RegistryServer(python, backend, artifacts, home, await freePort());
    await mlflow.start();
    before_ = await mlflow.run(["make", "look"]);
  });
  after(async () => {
    await mlflow?.stop();
    await postgres?.stop();
    rmSync(home, { recursive: true, force: true });
  });

  it("has runs, versions, a champion and answers to lose", () => {
    const seen = JSON.parse(before_.slice("seen ".length));
    expect(seen.runs).to.have.length(2);
    expect(seen.versions.map(([version]: [string]) => Number(version))).to.deep.equal([1, 2]);
    expect(Number(seen.champion)).to.equal(2);
    expect(seen.answers).to.have.length(3);
  });

  it("is the same after a copy, a loss of everything and a return, and answers the same", async () => {
    await shell(commands("Take a copy"));
    cpSync(artifacts, join(copy, "artifacts"), { recursive: true });
    await mlflow.stop();

    await shell("dropdb --force mlflow");
    rmSync(artifacts, { recursive: true });
    const admin = await postgres.connect();
    const left = await admin.query("select 1 from pg_database where datname = 'mlflow'");
    await admin.end();
    expect([left.rowCount, existsSync(artifacts)]).to.deep.equal([0, false]);

    const began = Date.now();
    await shell(commands("Bring it back"));
    cpSync(join(copy, "artifacts"), artifacts, { recursive: true });
    await mlflow.start();
    const after_ = await mlflow.run(["look"]);
    console.log(
      `      back after ${((Date.now() - began) / 60_000).toFixed(1)} minutes, from the first command to the first answer`,
    );
    expect(after_).to.equal(before_);
    expect(readdirSync(copy).sort()).to.deep.equal(["artifacts", "mlflow.dump"]);
  });

  it("belongs to the tool's own user again, which can write", async () => {
    const owner = await postgres.connect({ user: "mlflow", password: "made-up", database: "mlflow" });
    const tables = await owner.query("select distinct tableowner from pg_tables where schemaname = 'public'");
    await owner.end();
    expect(tables.rows).to.deep.equal([{ tableowner: "mlflow" }]);
  });

  it("is kept by the same, and closed to the users of other tools", async () => {
    const admin = await postgres.connect();
    const database = await admin.query(
      "select pg_get_userbyid(datdba) as owner, shobj_description(oid, 'pg_database') as comment, " +
        "has_database_privilege('stranger', oid, 'connect') as open from pg_database where datname = 'mlflow'",
    );
    await admin.end();
    expect(database.rows).to.deep.equal([{ owner: "mlflow", comment: "kept", open: false }]);
  });
});
