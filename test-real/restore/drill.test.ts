import { type ChildProcess, execFile, spawn } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { expect } from "chai";
import { freePort } from "../../test/support/freePort";
import { findPostgres, howToEnablePostgres, type PostgresServer, startPostgres } from "../../test/support/postgres";
import type { PythonEnvironment } from "../../test/support/pythonEnvironment";
import { pythonOrSkip } from "../../test/support/pythonOrSkip";
import { skip } from "../../test/support/skip";

/** The commands below a heading of the guide, as they stand there. */
function commands(heading: string): string {
  const guide = readFileSync(join(__dirname, "../../docs/backup.md"), "utf8");
  const [, found] = new RegExp(`### ${heading}\n[^#]*?\`\`\`sh\n([^]*?)\`\`\``).exec(guide) ?? [];
  if (found === undefined) throw new Error(`docs/backup.md has no commands below "${heading}"`);
  return found;
}

/** MLflow as a process, on PostgreSQL, with a folder in place of the store. */
class Mlflow {
  private server?: ChildProcess;
  private output = "";

  constructor(
    private readonly python: PythonEnvironment,
    private readonly backend: string,
    private readonly artifacts: string,
    private readonly home: string,
    private readonly portNumber: number,
  ) {}

  private get env() {
    const quiet = { GIT_PYTHON_REFRESH: "quiet", MLFLOW_DISABLE_TELEMETRY: "true", OMP_NUM_THREADS: "1" };
    return { ...quiet, HOME: this.home, MLFLOW_TRACKING_URI: `http://127.0.0.1:${this.portNumber}` };
  }

  async start(): Promise<void> {
    const args = ["--backend-store-uri", this.backend, "--artifacts-destination", this.artifacts, "--workers", "1"];
    const bound = ["--host", "127.0.0.1", "--port", String(this.portNumber)];
    const server = spawn(this.python.python, ["-m", "mlflow", "server", ...args, ...bound], {
      env: { ...this.env, PATH: process.env.PATH },
      detached: true,
    });
    this.server = server;
    for (const stream of [server.stdout, server.stderr]) stream?.on("data", (text) => (this.output += text));
    for (const giveUp = Date.now() + 180_000; ; await sleep(200)) {
      const answered = await fetch(`${this.env.MLFLOW_TRACKING_URI}/health`).then(
        ({ ok }) => ok,
        () => false,
      );
      if (answered) return;
      if (server.exitCode !== null || Date.now() > giveUp) throw new Error(`MLflow does not start:\n${this.output}`);
    }
  }

  /** With all that it started. */
  async stop(): Promise<void> {
    const { server } = this;
    if (server?.pid === undefined || server.exitCode !== null) return;
    const ended = new Promise((resolve) => server.once("exit", resolve));
    process.kill(-server.pid, "SIGKILL");
    await ended;
  }

  /** What is seen in the end. */
  async run(...acts: ("make" | "look")[]): Promise<string> {
    const script = join(__dirname, "registry.py");
    const { stdout } = await this.python.run(this.python.python, [script, ...acts], {
      env: this.env,
      timeoutSeconds: 300,
    });
    return stdout.split("\n").find((line) => line.startsWith("seen ")) ?? "";
  }
}

describe("a registry that is wiped and brought back by the commands of docs/backup.md", function () {
  this.timeout(600_000);
  const home = mkdtempSync(join(tmpdir(), "restore-"));
  const [artifacts, copy] = [join(home, "artifacts"), join(home, "copy")];
  let postgres: PostgresServer;
  let mlflow: Mlflow;
  let before_ = "";

  /** Beside this process, which reads what the server logs: it would wait for that for ever. */
  const shell = (script: string) =>
    promisify(execFile)("sh", ["-euc", script], {
      env: {
        PATH: `${process.env.PATH}:${findPostgres()}`,
        ...{ PGHOST: postgres.host, PGPORT: String(postgres.portNumber) },
        ...{ PGUSER: "platform", PGPASSWORD: "made-up" },
        ...{ DATABASES: "mlflow", BACKUP: copy },
      },
    });

  before(async function () {
    if (findPostgres() === undefined) skip(this, `needs PostgreSQL: ${howToEnablePostgres}`);
    const python = await pythonOrSkip(this, "mlflow", 900);
    postgres = await startPostgres({ tls: false });
    const admin = await postgres.connect();
    await admin.query("create role mlflow login password 'made-up'");
    // As RDS has its administrator, and as the platform makes databases.
    await admin.query("create role platform login createdb createrole password 'made-up'");
    await admin.query("grant mlflow to platform");
    await admin.query("create role stranger login password 'made-up'");
    await admin.query("create database mlflow owner mlflow template template0");
    await admin.query("revoke all on database mlflow from public");
    await admin.query("comment on database mlflow is 'kept'");
    await admin.end();
    const backend = `postgresql+psycopg2://mlflow:made-up@${postgres.host}:${postgres.portNumber}/mlflow`;
    mlflow = new Mlflow(python, backend, artifacts, home, await freePort());
    await mlflow.start();
    before_ = await mlflow.run("make", "look");
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
    const after_ = await mlflow.run("look");
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
