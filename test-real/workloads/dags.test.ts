import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { CreateBucketCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import type { Placement } from "../../components/contracts/app";
import { installedHelm } from "../../simulator/helm";
import { buildAirflow, podEnvironment } from "../../test/support/airflow";
import { database, store } from "../../test/support/apps";
import { mlflowFacts, renderMlflow } from "../../test/support/mlflowChart";
import { ask, MlflowServer, machinePassword } from "../../test/support/mlflowServer";
import { type Moto, startMoto } from "../../test/support/moto";
import { findPostgres, howToEnablePostgres, type PostgresServer, startPostgres } from "../../test/support/postgres";
import { findPython, type PythonEnvironment, pythonEnvironment } from "../../test/support/pythonEnvironment";
import { skip } from "../../test/support/skip";

const workloads = join(__dirname, "../../workloads");
const folder = join(workloads, "dags");
const training: Placement = {
  nodeSelector: { "mlplatform/node-group": "training" },
  tolerations: [{ key: "mlplatform/purpose", operator: "Equal", value: "training", effect: "NoSchedule" }],
};
const trainingPython = "/opt/training/bin/python";
const steps = ["extract", "check", "train", "judge", "register", "go_live"];

interface Task {
  after: string[];
  retries: number;
  pool: string;
  python: string | null;
  pod: { spec: { serviceAccountName: string; containers: { name: string; resources: object }[] } & object } | null;
}

interface Facts {
  errors: Record<string, string>;
  dags: Record<string, { schedule: string | null; tasks: Record<string, Task> }>;
}

interface TrackedRun {
  data: { tags: { key: string; value: string }[]; metrics: { key: string; value: number }[] };
}

describe("The DAGs", function () {
  this.timeout(600_000);
  let airflow: PythonEnvironment;
  let home: string;

  before(async function () {
    if (findPython() === undefined) skip(this, "no Python 3.11, 3.12 or 3.13 with venv here; install one");
    try {
      airflow = await pythonEnvironment("airflow", 400);
    } catch (error) {
      skip(this, `pip could not install workloads/requirements/airflow.txt: ${(error as Error).message.slice(0, 300)}`);
    }
    home = mkdtempSync(join(tmpdir(), "dags-"));
  });

  after(() => {
    if (home) rmSync(home, { recursive: true, force: true });
  });

  /** What Airflow reads, without any database: a DAG that asks for one is an import error. */
  const read = async (nodeClasses?: object): Promise<Facts> => {
    const classes: Record<string, string> = nodeClasses
      ? { AIRFLOW_VAR_NODE_CLASSES: JSON.stringify(nodeClasses) }
      : {};
    const env = { HOME: home, AIRFLOW_HOME: join(home, "empty"), PYTHONDONTWRITEBYTECODE: "1", ...classes };
    const { stdout } = await airflow.run("python", [join(__dirname, "dagFacts.py"), folder], {
      env,
      timeoutSeconds: 120,
    });
    return JSON.parse(/^RESULT (.*)$/m.exec(stdout)![1]!);
  };

  describe("as Airflow reads them", () => {
    let facts: Facts;

    before(async () => {
      facts = await read({ training, "training-gpu": training });
    });

    it("can all be imported, without a database", () => {
      expect(facts.errors).to.deep.equal({});
      expect(Object.fromEntries(Object.entries(facts.dags).map(([id, { schedule }]) => [id, schedule]))).to.deep.equal({
        churn_training: null,
        attrition_training: null,
        delivery_training: null,
        churn_candidates: null,
        churn_scoring: "@daily",
        churn_drift: "@hourly",
      });
    });

    it("train every example by the same steps", () => {
      for (const example of ["churn", "attrition", "delivery"]) {
        const { tasks } = facts.dags[`${example}_training`]!;
        expect(Object.keys(tasks), example).to.deep.equal(steps);
        expect(tasks.train!.after).to.deep.equal(["check"]);
        expect(tasks.register!.after, "judged before it has a version").to.deep.equal(["train"]);
        expect(tasks.go_live!.after).to.deep.equal(["judge", "register"]);
      }
    });

    it("try again what may fail by accident, and never what was decided", () => {
      const { tasks } = facts.dags.churn_training!;
      const retries = Object.fromEntries(Object.entries(tasks).map(([id, { retries }]) => [id, retries]));
      expect(retries).to.deep.equal({ extract: 2, check: 0, train: 2, judge: 2, register: 2, go_live: 0 });
    });

    it("run every step in a pod of its own on the training nodes, as the tasks' service account, with a size", () => {
      for (const [id, { tasks }] of Object.entries(facts.dags)) {
        for (const [task, { pod, python, pool }] of Object.entries(tasks)) {
          expect(pod?.spec, `${id}.${task}`).to.deep.include({
            serviceAccountName: "airflow-worker",
            nodeSelector: training.nodeSelector,
            tolerations: training.tolerations,
          });
          const { name, resources } = pod!.spec.containers[0]!;
          expect(name).to.equal("base");
          expect(resources).to.have.nested.property("limits.memory");
          expect(resources).to.have.nested.property("requests.cpu");
          if (python !== null) expect([python, pool]).to.deep.equal([trainingPython, "training"]);
        }
      }
    });

    it("are refused by name where they ask for nodes that the stack does not have", async () => {
      const { errors, dags } = await read({ apps: training });
      expect(dags).to.deep.equal({});
      for (const error of Object.values(errors)) {
        expect(error).to.contain("there is no class of nodes 'training', only: apps");
      }
    });

    it("can be read where Airflow runs alone and nobody names classes", async () => {
      expect((await read()).errors).to.deep.equal({});
    });
  });

  describe("on a real Airflow, PostgreSQL and MLflow, with a simulated S3", () => {
    let postgres: PostgresServer | undefined;
    let mlflow: MlflowServer | undefined;
    let moto: Moto | undefined;
    let s3: S3Client;
    let examples: PythonEnvironment;
    let env: Record<string, string>;

    before(async function () {
      const helm = await installedHelm();
      if (!helm) skip(this, "needs Helm 3: install it, or run `npm test` once, which builds it");
      if (!findPostgres()) skip(this, `needs PostgreSQL: ${howToEnablePostgres}`);
      const environments = await Promise.all(["mlflow", "examples"].map((name) => pythonEnvironment(name, 500))).catch(
        (error: Error) =>
          skip(this, `pip could not install all of workloads/requirements: ${error.message.slice(0, 300)}`),
      );
      const [server] = environments as [PythonEnvironment, PythonEnvironment];
      examples = environments[1]!;
      moto = await startMoto();
      const key = { accessKeyId: "simulated", secretAccessKey: "simulated" };
      s3 = new S3Client({ region: "eu-west-1", endpoint: moto.url, forcePathStyle: true, credentials: key });
      await s3.send(new CreateBucketCommand({ Bucket: "made-up-data" }));
      const compatible = {
        endpoint: pulumi.output(moto.url),
        portNumber: Number(new URL(moto.url).port),
        accessKeyId: pulumi.output(key.accessKeyId),
        secretAccessKey: pulumi.secret(key.secretAccessKey),
      };
      postgres = await startPostgres({ tls: true });
      const password = "made-up-password";
      const session = await postgres.connect();
      for (const name of ["airflow", "mlflow"]) {
        await session.query(`CREATE USER ${name} PASSWORD '${password}'`);
        await session.query(`CREATE DATABASE ${name} OWNER ${name}`);
      }
      await session.end();
      // People's DAGs move aliases of models without a gate alone.
      const objects = await renderMlflow(helm.path, mlflowFacts({ gated: [] }));
      mlflow = new MlflowServer(objects, server, postgres, { name: "mlflow", user: "mlflow", password });
      await mlflow.schema("migrate", 60);
      await mlflow.start();
      const made = await buildAirflow(() => ({
        database: database("airflow", {
          host: pulumi.output(postgres!.host),
          portNumber: postgres!.portNumber,
          password: pulumi.secret(password),
        }),
        data: { ...store("made-up-data"), compatible },
        nodeClasses: { training },
        driftColumns: { churn: { monthly_charge: "ignore" } },
        mlflow: {
          trackingUri: `http://127.0.0.1:${mlflow!.portNumber}`,
          credentials: { MLFLOW_TRACKING_USERNAME: "airflow", MLFLOW_TRACKING_PASSWORD: machinePassword("airflow") },
        },
      }));
      const sources = ["examples", "mlplatform/src", "drift/src", "model-server/src"];
      env = {
        ...podEnvironment(made, home),
        AIRFLOW__CORE__DAGS_FOLDER: folder,
        // `dags test` writes its logs to the terminal.
        AIRFLOW__LOGGING__REMOTE_LOGGING: "False",
        TRAINING_PYTHON: examples.python,
        PYTHONPATH: sources.map((each) => join(workloads, each)).join(":"),
        PYTHONDONTWRITEBYTECODE: "1",
        GIT_PYTHON_REFRESH: "quiet",
        MLFLOW_DISABLE_TELEMETRY: "true",
      };
      await airflow.run("airflow", ["db", "migrate"], { env, timeoutSeconds: 120 });
    });

    after(async () => {
      moto?.stop();
      await mlflow?.stop();
      await postgres?.stop();
    });

    const run = async (...args: string[]): Promise<string> => {
      const ended = await airflow
        .run("airflow", args, { env, timeoutSeconds: 400 })
        .catch((error: { stdout: string; stderr: string }) => error);
      return ended.stdout + ended.stderr;
    };
    const dagTest = (dag: string, conf: object) => run("dags", "test", dag, "--conf", JSON.stringify(conf));
    const api = async (path: string) => {
      const as = { user: "airflow", password: machinePassword("airflow") };
      return JSON.parse((await ask(mlflow!.portNumber, { path: `/api/2.0/mlflow/${path}`, as })).text);
    };
    const search = async (filter: string): Promise<{ runs: TrackedRun[] }> => {
      const { experiment } = await api("experiments/get-by-name?experiment_name=churn");
      const body = { experiment_ids: [experiment.experiment_id], filter };
      const as = { user: "airflow", password: machinePassword("airflow") };
      return JSON.parse(
        (await ask(mlflow!.portNumber, { method: "POST", path: "/api/2.0/mlflow/runs/search", body, as })).text,
      );
    };
    const named = (tags: { key: string; value: string }[]) =>
      Object.fromEntries(tags.map(({ key, value }) => [key, value]));
    /** Rows as they come in, without the columns that are left out. */
    const rows = async (count: number, ...without: string[]): Promise<string> => {
      const program =
        "import sys; from churn.data import INPUTS, customers; count, *without = sys.argv[1:]; " +
        "customers(int(count), 5)[INPUTS].drop(columns=without).to_csv(sys.stdout, index=False)";
      return (await examples.run("python", ["-c", program, String(count), ...without], { env, timeoutSeconds: 60 }))
        .stdout;
    };
    const incoming = async (file: string, Body: string) => {
      await s3.send(new PutObjectCommand({ Bucket: "made-up-data", Key: `incoming/churn/${file}`, Body }));
    };
    const results = async () => {
      const Prefix = "predictions/churn/date=";
      const { Contents } = await s3.send(new ListObjectsV2Command({ Bucket: "made-up-data", Prefix }));
      return (Contents ?? []).map(({ Key }) => Key!);
    };

    it("train several candidates, and let the best one go live, with the DAG's run noted on MLflow's", async () => {
      const output = await dagTest("churn_candidates", { rows: 3000 });
      const { model_version: live } = await api("registered-models/alias?name=churn&alias=champion");
      expect(live?.version, output.slice(-3000)).to.equal("1");
      expect(named(live.tags)).to.deep.include({
        "mlplatform.gate": "passed",
        drift_baseline_uri: "models:/churn/1/drift_baseline.json",
      });
      const { run: winner } = await api(`runs/get?run_id=${live.run_id}`);
      const parent = named(winner.data.tags)["mlflow.parentRunId"];
      const told = named((await api(`runs/get?run_id=${parent}`)).run.data.tags);
      expect(told["airflow.dag_id"]).to.equal("churn_candidates");
      expect(told["airflow.dag_run_id"]).to.match(/^manual__/);
      const { runs } = await search(`tags."mlflow.parentRunId" = '${parent}'`);
      const reached: { [candidate: string]: number } = Object.fromEntries(
        runs.map(({ data }) => [
          named(data.tags)["mlplatform.candidate"],
          data.metrics.find(({ key }) => key === "roc_auc")!.value,
        ]),
      );
      expect(Object.keys(reached)).to.have.members(["shallow", "usual", "patient"]);
      expect(reached[named(winner.data.tags)["mlplatform.candidate"]!]).to.equal(Math.max(...Object.values(reached)));
    });

    it("leave the alias alone where not even the best candidate passes, and fail with the reason", async () => {
      const output = await dagTest("churn_candidates", { rows: 1000, seed: 3 });
      expect(output).to.match(/GateClosed.*(roc_auc|log_loss) is [\d.]+, at (least|most)/);
      const { model_version: live } = await api("registered-models/alias?name=churn&alias=champion");
      expect(live.version).to.equal("1");
      const { model_version: refused } = await api("model-versions/get?name=churn&version=2");
      expect(JSON.stringify(refused.tags)).to.contain("is asked");
    });

    it("score what has come in with the live version", async () => {
      await incoming("first.csv", await rows(300));
      const output = await dagTest("churn_scoring", {});
      expect(output).to.contain('"message": "scored"').and.contain('"rows": 300, "scored": 300');
      expect(await results()).to.have.lengthOf(1);
    });

    it("look for drift in all columns but those that the stack declares", async () => {
      const program = [
        "import gzip, json, sys",
        "from datetime import UTC, datetime, timedelta",
        "import mlflow",
        "from churn.data import INPUTS, customers",
        "rows = customers(500, 5)[INPUTS]",
        "answers = mlflow.pyfunc.load_model('models:/churn/1').predict(rows).tolist()",
        "asked = json.loads(rows.assign(monthly_charge=3 * rows['monthly_charge']).to_json(orient='records'))",
        "at = (datetime.now(UTC) - timedelta(minutes=5)).isoformat()",
        "about = {'ts': at, 'model': 'churn', 'version': '1', 'track': 'stable'}",
        "for place, (row, answer) in enumerate(zip(asked, answers)):",
        "    print(json.dumps({**about, 'request_id': str(place), 'inputs': row, 'prediction': answer}))",
      ].join("\n");
      const { stdout } = await examples.run("python", ["-c", program], { env, timeoutSeconds: 120 });
      const [date, time] = new Date().toISOString().split("T") as [string, string];
      const closed = `${date}/${time.slice(0, 8).replaceAll(":", "")}`;
      const Key = `samples/churn/date=${closed}-pod-1-0.jsonl.gz`;
      await s3.send(new PutObjectCommand({ Bucket: "made-up-data", Key, Body: gzipSync(stdout) }));
      const looked = await run("tasks", "test", "churn_drift", "look_for_drift");
      expect(looked).to.match(/Returned value was:? \{'verdict': 'stable', 'version': '1', 'rows': 500/);
      const declared = env.AIRFLOW_VAR_DRIFT_COLUMNS!;
      delete env.AIRFLOW_VAR_DRIFT_COLUMNS;
      const without = await run("tasks", "test", "churn_drift", "look_for_drift");
      env.AIRFLOW_VAR_DRIFT_COLUMNS = declared;
      expect(without).to.match(
        /'verdict': 'drift'.*'reason': 'moved away from the training data: features.monthly_charge'/,
      );
    });

    it("publish nothing of rows that do not fit the model, and say what is missing", async () => {
      await incoming("second.csv", await rows(50, "tenure_months"));
      const output = await run("tasks", "test", "churn_scoring", "score");
      expect(output).to.match(/"reason": "50 of 50 rows do not fit the model, more than 1%: see s3:/);
      expect(output).to.contain("scoring ended with 1: its log says why");
      expect(await results()).to.have.lengthOf(1);
    });

    it("keep what they write out of the folder of DAGs", () => {
      expect(existsSync(join(folder, "mlruns"))).to.equal(false);
    });
  });
});
