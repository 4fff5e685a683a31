import { execFileSync, spawnSync } from "node:child_process";
import { expect } from "chai";
import { adoptedDatabaseSql } from "../../../components/foundation/existing/adoptedDatabaseSql";
import { scramVerifier } from "../../../functions/databaseAccess/scramVerifier";
import { findPostgres, howToEnablePostgres, type PostgresServer, startPostgres } from "../../../test/support/postgres";
import { skip } from "../../../test/support/skip";

const admin = { username: "admin", password: ["made", "up", "admin"].join("-") };
const passwords = { mlflow: ["made", "up", "mlflow"].join("-"), airflow: ["made", "up", "airflow"].join("-") };

describe("the SQL of an adopted server, run by psql on a real PostgreSQL", function () {
  this.timeout(60_000);
  let server: PostgresServer | undefined;

  before(async function () {
    if (findPostgres() === undefined) skip(this, `no PostgreSQL; ${howToEnablePostgres}`);
    try {
      execFileSync("psql", ["--version"]);
    } catch {
      skip(this, "no psql on PATH; install it with `apt-get install postgresql-client`");
    }
    server = await startPostgres({ tls: false });
    const client = await server.connect();
    // No superuser: what a company gives away, and what managed servers have.
    await client.query(`CREATE ROLE ${admin.username} LOGIN CREATEROLE CREATEDB PASSWORD '${admin.password}'`);
    await client.end();
  });
  after(() => server?.stop());

  function run(app: keyof typeof passwords | string, password: string, keeper = "mlplatform-test") {
    const { status, stderr, stdout } = spawnSync("psql", ["--no-psqlrc", "--set", "ON_ERROR_STOP=1", "--file", "-"], {
      input: adoptedDatabaseSql,
      encoding: "utf8",
      env: {
        PATH: process.env.PATH,
        PGHOST: server!.host,
        PGPORT: String(server!.portNumber),
        PGDATABASE: "postgres",
        PGUSER: admin.username,
        PGPASSWORD: admin.password,
        APP_NAME: app,
        APP_KEEPER: keeper,
        APP_VERIFIER: scramVerifier(password),
      },
    });
    return { status, stderr, stdout };
  }
  const connected = async (user: string, password: string, database = user) =>
    (await server!.connect({ user, password, database })).end();

  it("makes a database and a user who gets in with the password, which no statement carries", async () => {
    for (const [app, password] of Object.entries(passwords)) {
      const { status, stderr } = run(app, password);
      expect(status, stderr).to.equal(0);
      const client = await server!.connect({ user: app, password, database: app });
      await client.query("CREATE TABLE public.made (id int)");
      await client.end();
      expect(server!.log()).to.not.contain(password);
    }
  });

  it("keeps each user out of the other's database", async () => {
    const error = await connected("mlflow", passwords.mlflow, "airflow").catch((refused) => refused);
    expect(String(error)).to.match(/permission denied for database/);
  });

  it("changes nothing when it is run again, and takes another password when there is one", async () => {
    expect(run("mlflow", passwords.mlflow).status).to.equal(0);
    await connected("mlflow", passwords.mlflow);
    const other = ["made", "up", "other"].join("-");
    expect(run("mlflow", other).status).to.equal(0);
    await connected("mlflow", other);
    expect(String(await connected("mlflow", passwords.mlflow).catch((refused) => refused))).to.match(/password/);
  });

  it("leaves alone a user that another stack keeps, or that was there before", async () => {
    const other = run("mlflow", passwords.mlflow, "mlplatform-prod");
    expect(other.status).to.not.equal(0);
    expect(other.stderr).to.match(/user mlflow exists and is not kept by mlplatform-prod/);
    const client = await server!.connect();
    await client.query("CREATE ROLE people LOGIN");
    await client.end();
    expect(run("people", "x").stderr).to.match(/user people exists and is not kept by/);
  });

  it("leaves alone a database that belongs to somebody else", async () => {
    const client = await server!.connect();
    await client.query("CREATE DATABASE jupyterhub");
    await client.end();
    const { status, stderr } = run("jupyterhub", "x");
    expect(status).to.not.equal(0);
    expect(stderr).to.match(/database jupyterhub belongs to somebody else/);
  });
});
