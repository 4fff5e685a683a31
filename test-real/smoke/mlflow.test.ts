import { expect } from "chai";
import { installedHelm } from "../../simulator/helm";
import { PlayedPlatform } from "../../test/smoke/played/platform";
import { mlflowFacts, renderMlflow } from "../../test/support/mlflowChart";
import { MlflowServer, machinePassword } from "../../test/support/mlflowServer";
import { findPostgres, howToEnablePostgres, type PostgresServer, startPostgres } from "../../test/support/postgres";
import { pythonOrSkip } from "../../test/support/pythonOrSkip";
import { skip } from "../../test/support/skip";

describe("The checks of MLflow, on a real one", function () {
  this.timeout(600_000);
  let postgres: PostgresServer | undefined;
  let server: MlflowServer | undefined;

  before(async function () {
    const helm = await installedHelm();
    if (!helm) skip(this, "needs Helm 3: install it, or run `npm test` once, which builds it");
    if (!findPostgres()) skip(this, `needs PostgreSQL: ${howToEnablePostgres}`);
    const python = await pythonOrSkip(this, "mlflow", 420);
    postgres = await startPostgres({ tls: true });
    const database = { name: "mlflow", user: "mlflow", password: "made-up" };
    const session = await postgres.connect();
    await session.query("CREATE USER mlflow PASSWORD 'made-up'");
    await session.query("CREATE DATABASE mlflow OWNER mlflow");
    await session.end();
    // As on one's own machine: nobody's provider, and the account `admin`.
    const { url: _, people: __, ...facts } = mlflowFacts({ tokens: false, gated: [] });
    server = new MlflowServer(await renderMlflow(helm.path, facts), python, postgres, database);
    await server.schema("migrate", 60);
    await server.start();
  });

  after(async () => {
    await server?.stop();
    await postgres?.stop();
  });

  function platform(password = machinePassword("admin")): PlayedPlatform {
    const played = new PlayedPlatform();
    played.cluster.secrets["mlflow/mlflow-machine-admin"] = { username: "admin", password };
    const url = `http://127.0.0.1:${server!.portNumber}`;
    const name = "mlflow.mlflow.svc:5000";
    played.cluster.forward = async () => ({ place: { url, name, host: name }, close() {} });
    return played;
  }

  it("pass, and leave nothing that a client could find", async () => {
    const outcomes = await platform().run({ only: ({ piece }) => piece === "mlflow" });
    expect(outcomes.map(({ name, result, detail, left }) => ({ name, result, detail, left }))).to.deep.equal([
      {
        ...{ name: "sign in, and be refused without", result: "passed", left: undefined },
        detail: "admin is let in; nobody, and a wrong password, are not",
      },
      {
        ...{ name: "log a run and an artifact", result: "passed", left: undefined },
        detail: "a metric and 256 KiB came back as they were sent",
      },
      {
        ...{ name: "register a model and name a version", result: "passed", left: undefined },
        detail: "the alias names it, and its files can no longer be changed",
      },
    ]);
    const search = async (path: string) =>
      (
        await fetch(`http://127.0.0.1:${server!.portNumber}/api/2.0/mlflow/${path}`, {
          headers: { authorization: `Basic ${btoa(`admin:${machinePassword("admin")}`)}` },
        })
      ).text();
    expect(await search("experiments/search?max_results=100")).not.to.contain("smoke-");
    expect(await search("registered-models/search")).not.to.contain("smoke-");
  });

  it("name the Secret whose password MLflow does not know", async () => {
    const outcomes = await platform("stale").run({ only: ({ piece }) => piece === "mlflow" });
    for (const { result, detail } of outcomes) {
      expect([result, detail]).to.deep.equal([
        "failed",
        "MLflow refuses admin with the password of the Secret mlflow/mlflow-machine-admin (401)",
      ]);
    }
  });
});
