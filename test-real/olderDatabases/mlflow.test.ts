import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { freePort } from "../../test/support/freePort";
import { commands, shellOf, toolDatabase } from "../../test/support/guideCommands";
import { olderThan } from "../../test/support/olderVersions";
import { findPostgres, howToEnablePostgres, type PostgresServer, startPostgres } from "../../test/support/postgres";
import type { PythonEnvironment } from "../../test/support/pythonEnvironment";
import { pythonOrSkip } from "../../test/support/pythonOrSkip";
import { RegistryServer } from "../../test/support/registryServer";
import { skip } from "../../test/support/skip";

const installSeconds = 900;
const schema = join(__dirname, "../../charts/mlflow/files/schema.py");

for (const { version, file } of olderThan("mlflow", "mlflow")) {
  describe(`MLflow's database of ${version}, brought to the version of this program`, function () {
    this.timeout(2_400_000);
    const home = mkdtempSync(join(tmpdir(), "upgrade-"));
    const [artifacts, copy] = [join(home, "artifacts"), join(home, "copy")];
    let postgres: PostgresServer;
    let [older, ours]: PythonEnvironment[] = [];
    let backend: string;
    let seen = "";

    /** What the chart's Job and the pods' init container run, in the image of that version. */
    const migrate = async (image: PythonEnvironment, task: "migrate" | "wait") => {
      const env = {
        ...{ HOME: home, MLFLOW_DISABLE_TELEMETRY: "true", PYTHONWARNINGS: "ignore" },
        ...{ MLFLOW_BACKEND_STORE_URI: backend, MLFLOW_AUTH_CONFIG_PATH: join(home, "auth.ini") },
      };
      return image.run(image.python, [schema, task, "0"], { env, timeoutSeconds: 600 });
    };
    const waitsOf = (image: PythonEnvironment) =>
      migrate(image, "wait").then(
        () => "ready",
        (error: { stderr: string }) => error.stderr,
      );
    /** What is seen of a server of one version by clients of these, one after the other. */
    const served = async (
      image: PythonEnvironment,
      clients: PythonEnvironment[],
      acts: ("make" | "look")[] = ["look"],
    ): Promise<string[]> => {
      const server = new RegistryServer(image, backend, artifacts, home, await freePort());
      try {
        await server.start();
        const all: string[] = [];
        for (const client of clients) all.push(await server.run(acts, client));
        return all;
      } finally {
        await server.stop();
      }
    };
    const accounts = async () => {
      const client = await postgres.connect({ database: "mlflow" });
      const { rows } = await client.query("select username, is_admin from users order by username");
      await client.end();
      return rows;
    };

    before(async function () {
      if (findPostgres() === undefined) skip(this, `needs PostgreSQL: ${howToEnablePostgres}`);
      ours = await pythonOrSkip(this, "mlflow", installSeconds);
      older = await pythonOrSkip(this, "mlflow", installSeconds, file);
      postgres = await startPostgres({ tls: false });
      await toolDatabase(postgres, "mlflow");
      backend = `postgresql+psycopg2://mlflow:made-up@${postgres.host}:${postgres.portNumber}/mlflow`;
      writeFileSync(
        join(home, "auth.ini"),
        `[mlflow]\ndefault_permission = READ\ndatabase_uri = ${backend}\nadmin_username = admin\nadmin_password = made-up-made-up\n`,
      );
      await migrate(older, "migrate");
      const owner = await postgres.connect({ user: "mlflow", password: "made-up", database: "mlflow" });
      await owner.query("insert into users (username, password_hash, is_admin) values ('kept', 'made-up', false)");
      await owner.end();
      [seen = ""] = await served(older, [older], ["make", "look"]);
    });
    after(async () => {
      await postgres?.stop();
      rmSync(home, { recursive: true, force: true });
    });

    it("has runs, versions and a champion that answers", () => {
      const found = JSON.parse(seen.slice("seen ".length));
      expect([found.runs.length, found.versions.length, Number(found.champion), found.answers.length]).to.deep.equal([
        2, 2, 2, 3,
      ]);
    });

    it("is waited for by new pods, which start after the Job alone", async () => {
      expect(await waitsOf(ours!)).to.contain("Look at the log of the migration Job");
    });

    it("is the same after the Job, to the new server's clients and to those that are not new yet", async () => {
      await shellOf(postgres, "mlflow", copy)(commands("Take a copy"));
      cpSync(artifacts, join(copy, "artifacts"), { recursive: true });
      const began = Date.now();
      await migrate(ours!, "migrate");
      const minutes = ((Date.now() - began) / 60_000).toFixed(1);
      expect(await waitsOf(ours!)).to.equal("ready");
      expect(await served(ours!, [ours!, older!])).to.deep.equal([seen, seen]);
      expect(await accounts()).to.deep.equal([{ username: "kept", is_admin: false }]);
      console.log(`      migrated from ${version} in ${minutes} minutes`);
    });

    it("stops pods of the old version, and goes back by the copy alone", async () => {
      expect(await waitsOf(older!)).to.contain("restore the database from the backup");
      const began = Date.now();
      await shellOf(postgres, "mlflow", copy)(commands("Bring it back"));
      expect(await waitsOf(older!)).to.equal("ready");
      expect(await served(older!, [older!])).to.deep.equal([seen]);
      console.log(`      back at ${version} after ${((Date.now() - began) / 60_000).toFixed(1)} minutes`);
      expect(readdirSync(copy).sort()).to.deep.equal(["artifacts", "mlflow.dump"]);
    });
  });
}
