import { type ChildProcess, execFile, spawn } from "node:child_process";
import { chmodSync, copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { expect } from "chai";
import { AirflowApi } from "../../demo/api/airflow";
import { MlflowApi } from "../../demo/api/mlflow";
import { Demo } from "../../demo/demo";
import { dagsFolder } from "../../demo/services/airflow";
import { hubPasswords } from "../../demo/services/jupyterhub";
import { findPrometheus, howToEnablePrometheus } from "../../demo/services/prometheus";
import { type Ports, ports } from "../../demo/settings";
import { until } from "../../demo/story";
import { Traffic } from "../../demo/traffic";
import { installedHelm } from "../../simulator/helm";
import { startProgress } from "../../simulator/progress";
import { checks } from "../../smoke/checks";
import { runChecks } from "../../smoke/runner";
import { freePort } from "../../test/support/freePort";
import { findPostgres, howToEnablePostgres } from "../../test/support/postgres";
import { findPython } from "../../test/support/pythonEnvironment";
import { skip } from "../../test/support/skip";
import { DemoCluster, demoOutputs } from "./demoCluster";

const cli = join(__dirname, "../../demo/cli.ts");

/** One whom every version knows. */
const customer = {
  ...{ tenure_months: 12, monthly_charge: 20.5, support_calls: 1, usage_gib: 30 },
  ...{ contract: "monthly", plan: "basic", region: "north", autopay: true },
};

interface Ended {
  code: number | null;
  output: string;
}

describe("The demo: every tool as a real process, Kubernetes and S3 simulated", function () {
  this.timeout(1_500_000);
  let folder: string;
  let at: Ports;
  let demo: Demo;
  let airflow: AirflowApi;
  let mlflow: MlflowApi;

  const start = (...args: string[]): { child: ChildProcess; ended: Promise<Ended>; said: () => string } => {
    const given = ["--import", "tsx", cli, ...args, "--state", folder];
    const child = spawn(process.execPath, given, { stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (output += text));
    const ended = new Promise<Ended>((resolve) => child.once("close", (code) => resolve({ code, output })));
    return { child, ended, said: () => output };
  };
  const run = (...args: string[]) => start(...args).ended;
  const status = async (port: number, path: string) => (await fetch(`http://127.0.0.1:${port}${path}`)).status;

  before(async function () {
    if (!findPostgres()) skip(this, `needs PostgreSQL: ${howToEnablePostgres}`);
    if (!findPrometheus()) skip(this, `needs Prometheus: ${howToEnablePrometheus}`);
    if (!findPython()) skip(this, "needs Python 3.11, 3.12 or 3.13 with venv: install one");
    if (!(await installedHelm())) skip(this, "needs Helm 3: install it, or run `npm test` once, which builds it");
    folder = mkdtempSync(join(tmpdir(), "demo-"));
    chmodSync(folder, 0o755); // PostgreSQL runs as somebody else.
    at = ports(await freePort(...Object.values(ports(0))));
    try {
      demo = await Demo.prepare(folder, at, startProgress());
    } catch (error) {
      skip(this, `its packages cannot be installed: ${(error as Error).message.slice(0, 300)}`);
    }
    airflow = new AirflowApi(demo);
    mlflow = new MlflowApi(demo);
  });

  after(async () => {
    if (!folder) return;
    await run("stop");
    rmSync(folder, { recursive: true, force: true });
  });

  it("says which port somebody else holds and how to choose others, before it starts anything", async () => {
    const holder = await holding(at.mlflow);
    try {
      const { code, output } = await run("up", "--first-port", String(at.jupyterhub));
      expect(code).to.equal(1);
      expect(output).to.contain(`${at.mlflow}  wanted for MLflow`).and.contain("make demo FIRST_PORT=");
      expect(demo.supervisor.running()).to.deep.equal([]);
    } finally {
      holder.close();
    }
  });

  it("is killed in the middle, with every process of it, and goes on where it was to the end of the story", async () => {
    const cut = start("up", "--first-port", String(at.jupyterhub));
    const early = await Promise.race([said(cut.said, "predictions sent"), cut.ended]);
    expect(early, cut.said().slice(-3000)).to.equal(true);
    cut.child.kill("SIGKILL");
    const running = demo.supervisor.running();
    expect(running).to.include.members([
      "postgres",
      "store",
      "mlflow",
      "airflow-scheduler",
      "hub",
      "releases",
      "cluster",
    ]);
    const before = await mlflow.version("churn", "1");
    await Promise.all(running.map((name) => demo.supervisor.end(name, "SIGKILL")));
    expect(demo.supervisor.running()).to.deep.equal([]);

    const { code, output } = await run("up");
    expect(code, output.slice(-3000)).to.equal(0);
    const told = ["drift found", "alert fired", "retraining triggered", "new champion live"];
    for (const what of told) expect(output).to.contain(what);
    expect(output).to.match(/new champion live .* by version 1, \d+ by version 2, none failed/);

    const [first, second] = [await mlflow.version("churn", "1"), await mlflow.version("churn", "2")];
    expect(first.run_id, "nothing registered was lost").to.equal(before.run_id);
    expect(first.tags["mlplatform.mlplatform-local.kubernetes"]).to.equal("retired");
    expect(second.tags["mlplatform.mlplatform-local.kubernetes"]).to.equal("live");
    expect(await mlflow.alias("churn", "champion")).to.equal("2");
    const trained = await mlflow.run(second.run_id);
    expect(trained.tags["airflow.dag_run_id"]).to.equal("drift__version_1");
  });

  it("is there at once the second time, with the same story", async () => {
    const begun = Date.now();
    const { code, output } = await run("up");
    expect(code).to.equal(0);
    expect(output)
      .to.contain("new champion live")
      .and.not.match(/^ {2}started /m);
    expect(Date.now() - begun).to.be.below(60_000);
  });

  it("works for whoever checks it as a platform: MLflow, the model, a DAG, a notebook, rules", async () => {
    copyFileSync(join(__dirname, "../../smoke/smoke_dag.py"), join(dagsFolder(demo), "smoke_dag.py"));
    const token = await airflow.signIn();
    const found = `http://127.0.0.1:${at.airflow}/api/v2/dags/smoke`;
    await until(180, "DAG", async () => (await fetch(found, { headers: { authorization: `Bearer ${token}` } })).ok);
    const pieces = ["mlflow", "models", "airflow", "jupyterhub"];
    const outcomes = await runChecks({
      checks: checks.filter(({ piece, name }) => pieces.includes(piece) || name === "have every rule evaluated"),
      ...{ outputs: demoOutputs, cluster: new DemoCluster(demo), interrupted: new AbortController().signal },
      update() {},
      ended() {},
    });
    expect(outcomes.filter(({ result }) => result === "failed")).to.deep.equal([]);
    // Nothing of the demo is published, and its model has versions of its own.
    expect(outcomes.filter(({ result }) => result === "passed").map(({ piece }) => piece)).to.deep.equal([
      ...["mlflow", "mlflow", "mlflow", "models", "airflow", "airflow", "airflow", "jupyterhub", "jupyterhub"],
      "monitoring",
    ]);
  });

  it("has no Prometheus target that fails", async () => {
    const answer = await fetch(`http://127.0.0.1:${at.prometheus}/api/v1/targets`);
    const { data } = (await answer.json()) as {
      data: { activeTargets: { labels: { job: string }; health: string }[] };
    };
    const found = data.activeTargets.map(({ labels, health }) => `${labels.job} ${health}`);
    const tools = ["airflow", "hub", "mlflow"];
    const ofModels = ["churn", "drift-monitor", "kube-state-metrics", "release-controller"];
    const jobs = [...tools, ...ofModels, "prometheus"];
    const expected = jobs.filter((job) => demo.scraped(job)).map((job) => `${job} up`);
    expect([...new Set(found)].sort()).to.deep.equal(expected.sort());
  });

  it("counts in Prometheus what Airflow's tasks and its scheduler did, by the names that dashboards ask for", async function () {
    if (!demo.scraped("airflow")) skip(this, "needs statsd_exporter: on PATH, or Go, which builds it");
    const asked = 'airflow_ti_finish{dag_id="churn_training", task_id="train", state="success"}';
    const query = `http://127.0.0.1:${at.prometheus}/api/v1/query?query=`;
    for (const each of [asked, "airflow_scheduler_heartbeat", "airflow_dag_processing_import_errors"]) {
      const { data } = (await (await fetch(query + encodeURIComponent(each))).json()) as { data: { result: object[] } };
      expect(data.result, each).to.have.lengthOf(1);
    }
  });

  it("goes on when any one of its processes is killed: it is started again, the others stay, and nobody who asks sees it", async () => {
    const programs = await demo.services();
    const names = programs.map(({ name }) => name);
    expect(demo.supervisor.running()).to.have.members(names);
    const traffic = new Traffic(`http://127.0.0.1:${at.model}`);
    traffic.send([JSON.stringify({ dataframe_records: [customer] })]);
    for (const program of programs) {
      // With it go the model servers, which nobody can ask before they are back.
      if (program.name === "cluster") await traffic.stop();
      await demo.supervisor.end(program.name, "SIGKILL");
      expect(await demo.supervisor.ensure(program), program.name).to.equal("started");
    }
    expect(traffic.failures).to.deep.equal([]);
    expect(Object.keys(traffic.versions)).to.deep.equal(["2"]);

    // What lost its database may have ended of itself, as a pod does, and is started anew as one.
    await demo.start(startProgress());
    await airflow.trigger("churn_scoring", "demo__after_kills", {});
    await airflow.untilDone("churn_scoring", "demo__after_kills", 300);
    expect(await mlflow.alias("churn", "champion"), "nothing registered was lost").to.equal("2");
    const ready = async () => (await status(at.model, "/health/ready")) === 200;
    await until(120, "answer of the model", ready);
    expect(demo.supervisor.running()).to.have.members(names);
  });

  it("shows the log of a task from the object store, where the worker has left none", async () => {
    const log = await airflow.log("churn_training", "demo__first", "train", 1);
    expect(log).to.contain("s3://logs/airflow/tasks/").and.contain("trained");
    const kept = readdirSync(join(folder, "airflow/logs"), { recursive: true, encoding: "utf8" });
    expect(kept.filter((file) => file.includes("task_id=train") && file.endsWith(".log"))).to.deep.equal([]);
    expect(await airflow.importErrors()).to.deep.equal([]);
  });

  it("lets nobody in without a name", async () => {
    expect(await status(at.mlflow, "/api/2.0/mlflow/experiments/search?max_results=1"), "MLflow").to.equal(401);
    expect(await status(at.mlflow, "/api/2.0/mlflow-artifacts/artifacts/1"), "MLflow's artifacts").to.equal(401);
    expect(await status(at.mlflow, "/metrics"), "MLflow's metrics").to.equal(401);
    expect(await status(at.airflow, "/api/v2/dags"), "Airflow").to.equal(401);
    expect(await status(at.jupyterhub, "/hub/api/users"), "JupyterHub").to.equal(403);
    expect(await status(at.hub, "/hub/metrics"), "JupyterHub's metrics").to.equal(403);
  });

  it("signs a person in to JupyterHub, whose server has the DAGs and runs the notebooks against MLflow", async () => {
    const names = ["2-train-and-register", "3-ask-for-deployment"].map((name) => `notebooks/${name}.ipynb`);
    const script = join(__dirname, "hubSession.py");
    const args = [script, `http://127.0.0.1:${at.jupyterhub}`, "ada", hubPasswords(demo).user, ...names];
    const { stdout } = await promisify(execFile)(demo.python("notebooks"), args, { timeout: 400_000 });
    const found = JSON.parse(/^RESULT (.*)$/m.exec(stdout)![1]!);
    expect(found).to.deep.include({ stranger: false, person: true });
    expect(found.home).to.include.members(["dags", "notebooks"]);
    expect(found.notebooks[names[0]!]).to.contain("version 1 of churn-notebook");
    expect(found.notebooks[names[1]!])
      .to.contain("champion is version 1")
      .and.to.match(/^200 2 /m);
    expect(existsSync(join(folder, "jupyterhub/homes/ada/dags/training.py"))).to.equal(true);
  });

  it("keeps its secrets where only their owner reads them, and tells none in its logs", () => {
    const seed = readFileSync(join(folder, "program/seed"), "utf8");
    const password = demo.generated.secret("airflow-admin").password!;
    for (const file of readdirSync(join(folder, "logs"))) {
      const text = readFileSync(join(folder, "logs", file), "utf8");
      expect(text.includes(seed) || text.includes(password), file).to.equal(false);
    }
  });

  it("ends every process when it is stopped", async () => {
    const kernels = () => demo.supervisor.marked().filter((pid) => commandOf(pid).includes("jupyterhub.singleuser"));
    expect(kernels(), "the server of the person above").to.not.deep.equal([]);
    expect((await run("stop")).code).to.equal(0);
    expect(demo.supervisor.running()).to.deep.equal([]);
    expect(demo.supervisor.marked().map(commandOf)).to.deep.equal([]);
    for (const port of Object.values(at)) await (await holding(port)).close();
  });
});

async function said(output: () => string, what: string): Promise<boolean> {
  while (!output().includes(what)) await sleep(200);
  return true;
}

function commandOf(pid: number): string {
  return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
}

function holding(port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(port, "127.0.0.1", () => resolve(server));
  });
}
