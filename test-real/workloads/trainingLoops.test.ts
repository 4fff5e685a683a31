import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GetObjectCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { expect } from "chai";
import { airflowDefinition, checkDefinition, decayDefinition } from "../../components/training/airflow/definition";
import type { AirflowLoop } from "../../components/training/airflow/facts";
import { airflowGround, airflowLoop } from "../../test/support/airflowLoop";
import { type Moto, startMoto } from "../../test/support/moto";
import { findPython, type PythonEnvironment, pythonEnvironment } from "../../test/support/pythonEnvironment";
import { skip } from "../../test/support/skip";

const workloads = join(__dirname, "../../workloads");
const simulated = join(__dirname, "../../test/support/simulatedPods");
const sources = (...folders: string[]) => folders.map((each) => join(workloads, each)).join(":");
const image = "registry.example.com/training:1.0.0";
const dataUri = "s3://data/platform";

interface Record {
  run: string;
  reason: string;
  steps: { [step: string]: string };
  evaluation: { problem_type: string; candidate: { [metric: string]: number } };
  verdict: { outcome: string; error?: string; cause: string };
  registered?: { version: string };
}

describe("A loop on a real Airflow, with Kubernetes and the release simulated", function () {
  this.timeout(1_800_000);
  let airflow: PythonEnvironment;
  let release: PythonEnvironment;
  let training: PythonEnvironment;
  let moto: Moto;
  let releasing: ChildProcess | undefined;
  let home: string;
  let env: { [name: string]: string };
  const trainingSources = sources(
    "training-template/src",
    "examples",
    "mlplatform/src",
    "drift/src",
    "model-server/src",
  );
  const quiet = { GIT_PYTHON_REFRESH: "quiet", MLFLOW_DISABLE_TELEMETRY: "true", PYTHONDONTWRITEBYTECODE: "1" };

  before(async function () {
    if (findPython() === undefined) skip(this, "no Python 3.11, 3.12 or 3.13 with venv here; install one");
    try {
      airflow = await pythonEnvironment("airflow", 400);
      release = await pythonEnvironment("release", 400);
      training = await pythonEnvironment("training", 400);
      moto = await startMoto();
    } catch (error) {
      skip(this, `pip could not install all of workloads/requirements: ${(error as Error).message.slice(0, 300)}`);
    }
    home = mkdtempSync(join(tmpdir(), "loops-"));
    const bundle = join(home, "bundle");
    mkdirSync(bundle);
    cpSync(simulated, bundle, { recursive: true });
    cpSync(join(workloads, "loops", "training_loops.py"), join(bundle, "training_loops.py"));
    const mlflow = { MLFLOW_TRACKING_URI: `sqlite:///${join(home, "mlflow.db")}` };
    const aws = { ...moto.environment, AWS_DEFAULT_REGION: "eu-west-1" };
    const releaseSources = { PYTHONPATH: sources("release/src", "mlplatform/src"), ...quiet };
    const cluster = {
      home,
      log: join(home, "pods.log"),
      images: {
        [image]: {
          run: [training.python, "-m", "training_template"],
          env: { PYTHONPATH: trainingSources, ...quiet },
        },
        "registry.example.com/release:1.0.0": {
          run: [release.python, "-m", "model_release"],
          env: releaseSources,
        },
      },
      variables: { "training-environment": { ...aws, ...mlflow }, "training-mlflow": {} },
    };
    writeFileSync(join(home, "cluster.json"), JSON.stringify(cluster));
    env = {
      HOME: home,
      AIRFLOW_HOME: home,
      AIRFLOW__CORE__DAGS_FOLDER: bundle,
      AIRFLOW__CORE__LOAD_EXAMPLES: "False",
      AIRFLOW__CORE__DAGBAG_IMPORT_TIMEOUT: "300", // Of a machine that does much else.
      AIRFLOW__DATABASE__SQL_ALCHEMY_CONN: `sqlite:///${join(home, "airflow.db")}`,
      SIMULATED_CLUSTER: join(home, "cluster.json"),
      PYTHONDONTWRITEBYTECODE: "1",
    };
    await airflow.run("airflow", ["db", "migrate"], { env, timeoutSeconds: 180 });
    await airflow.run("airflow", ["pools", "set", "training", "4", "of loops"], { env, timeoutSeconds: 60 });
    // One process: two would make the tables of MLflow's database at once, and one of them would end.
    const script = [join(simulated, "release.py"), "mlplatform-dev", "live", "churn", "delivery", "attrition"];
    releasing = spawn(release.python, script, { cwd: home, env: { ...mlflow, ...quiet }, stdio: "ignore" });
    await python(makeRows("churn"), [join(home, "rows.csv")]);
  });

  after(() => {
    releasing?.kill("SIGKILL");
    moto?.stop();
    if (home) rmSync(home, { recursive: true, force: true });
  });

  const makeRows = (example: string) =>
    `import sys; from ${example}.train import sample; sample(4000, 7, "none").to_csv(sys.argv[1], index=False)`;

  /** A program with the libraries and the code of the training image. */
  const python = (program: string, args: string[], more: { [name: string]: string } = {}) =>
    training.run("python", ["-c", program, ...args], {
      env: { HOME: home, PYTHONPATH: trainingSources, ...quiet, ...more },
      timeoutSeconds: 240,
    });

  const s3 = () =>
    new S3Client({
      region: "eu-west-1",
      endpoint: moto.url,
      forcePathStyle: true,
      credentials: { accessKeyId: "simulated", secretAccessKey: "simulated" },
    });

  const put = async (rows: string, model = "churn") => {
    const program =
      "import boto3, sys; s3 = boto3.client('s3'); " +
      "s3.create_bucket(Bucket='data', CreateBucketConfiguration={'LocationConstraint': 'eu-west-1'}); " +
      `s3.upload_file(sys.argv[1], 'data', 'platform/data/${model}/rows.csv')`;
    await moto.reset();
    await python(program, [rows], moto.environment);
  };

  const prepare = { with: "container", image, cpu: "1", memoryMiB: 512, timeoutMinutes: 60 } as const;

  /** Runs the loop's DAG, and reads the record that it left. */
  const run = async (loop: Partial<AirflowLoop>, reason: string): Promise<{ record: Record; output: string }> => {
    const { model = "churn" } = loop;
    const definition = airflowDefinition(airflowLoop({ prepare, ...loop }), airflowGround({ dataUri }));
    writeFileSync(join(home, "bundle", `${model}.json`), definition);
    const ended = await airflow
      .run("airflow", ["dags", "test", `train-${model}`, "--conf", JSON.stringify({ reason })], {
        env,
        timeoutSeconds: 1200,
      })
      .catch((error: { stdout: string; stderr: string }) => error);
    const log = existsSync(join(home, "pods.log")) ? readFileSync(join(home, "pods.log"), "utf8") : "";
    const output = `${ended.stdout}${ended.stderr}`.slice(-6000) + log.slice(-6000);
    const Prefix = `platform/metadata/${model}/runs/`;
    const { Contents } = await s3().send(new ListObjectsV2Command({ Bucket: "data", Prefix }));
    const newest = (Contents ?? [])
      .map(({ Key }) => Key!)
      .sort()
      .at(-1);
    expect(newest, output).to.be.a("string");
    return { record: (await read(newest!)) as Record, output };
  };

  const read = async (Key: string): Promise<unknown> => {
    const { Body } = await s3().send(new GetObjectCommand({ Bucket: "data", Key }));
    return JSON.parse(await Body!.transformToString());
  };

  /** The same by the container's own commands. */
  const byHand = async (): Promise<{ candidate: { [metric: string]: number } }> => {
    const root = join(home, "by-hand");
    const split = join(home, "split");
    const command = (args: string[], more: { [name: string]: string } = {}) =>
      training.run("python", ["-m", "training_template", ...args], {
        env: {
          HOME: home,
          PYTHONPATH: trainingSources,
          ...quiet,
          TRAINING_ROOT: root,
          SM_HP_PROJECT: "churn",
          SM_HP_MAX_ITER: "40",
          ...more,
        },
        timeoutSeconds: 240,
      });
    mkdirSync(join(home, "raw"));
    cpSync(join(home, "rows.csv"), join(home, "raw", "rows.csv"));
    await command(["prepare", "--input", join(home, "raw"), "--output", split]);
    cpSync(split, join(root, "input/data"), { recursive: true });
    await command(["train"]);
    cpSync(join(root, "model"), join(root, "processing/candidate"), { recursive: true });
    cpSync(join(split, "test"), join(root, "processing/test"), { recursive: true });
    await command(["evaluate"]);
    return JSON.parse(readFileSync(join(root, "processing/output/evaluation.json"), "utf8"));
  };

  it("goes from raw rows to a live version, with the metrics that the container's own commands give", async () => {
    await put(join(home, "rows.csv"));
    const { record, output } = await run({}, "a new season");
    expect(record.verdict, output).to.deep.equal({ outcome: "live", cause: "version 1 is live" });
    expect(record.reason).to.equal("a new season");
    expect(new Set(Object.values(record.steps))).to.deep.equal(new Set(["success"]));
    const { candidate } = await byHand();
    expect(candidate.roc_auc).to.be.within(0.6, 1);
    expect(record.evaluation.candidate).to.deep.equal(candidate);
    const kept = (file: string) => read(`platform/models/churn/${record.run}/baseline/${file}.json`);
    expect(await kept("evaluation")).to.deep.equal(record.evaluation);
    expect(await kept("constraints")).to.have.property("features").that.is.not.empty;
    expect(await kept("statistics")).to.have.nested.property("dataset.item_count");
    expect(record.registered).to.include({ version: "1" });
  });

  it("says no to what is not better than the live version, and registers nothing", async () => {
    const { record, output } = await run({}, "manual");
    expect(record.verdict.error, output).to.equal("GateRejected");
    expect(record.verdict.cause).to.match(/roc_auc is [\d.]+, more than [\d.]+ is asked: the live version has that/);
    expect(record.registered).to.equal(undefined);
    expect(record.steps.promote).to.equal("upstream_failed");
    expect(output, "the run itself fails").to.match(/failed/i);
  });

  it("trains nothing on data that do not pass", async () => {
    await python("import sys; open(sys.argv[1], 'w').write(open(sys.argv[2]).read(20000).rsplit('\\n', 1)[0])", [
      join(home, "few.csv"),
      join(home, "rows.csv"),
    ]);
    await put(join(home, "few.csv"));
    const { record, output } = await run({}, "manual");
    expect(record.verdict.error, output).to.equal("DataRejected");
    expect(record.verdict.cause).to.contain("rows, at least");
    expect(record.steps.train).to.equal("upstream_failed");
  });

  it("takes a regression to a live version, which has less of its error than is asked", async () => {
    const rows = join(home, "deliveries.csv");
    await python(makeRows("delivery"), [rows]);
    await put(rows, "delivery");
    const { record, output } = await run(
      {
        model: "delivery",
        problemType: "regression",
        hyperparameters: { project: "delivery", max_iter: "40" },
        gate: { metric: "rmse", direction: "minimize", atMost: 9, beatChampion: true },
        rawFolder: "data/delivery/",
        from: "models:/delivery@champion",
      },
      "manual",
    );
    expect(record.verdict, output).to.deep.equal({ outcome: "live", cause: "version 1 is live" });
    expect(record.evaluation.problem_type).to.equal("regression");
    expect(record.evaluation.candidate.rmse).to.be.within(4, 9);
    expect(await read(`platform/models/delivery/${record.run}/baseline/evaluation.json`)).to.have.nested.property(
      "regression_metrics.rmse.value",
      record.evaluation.candidate.rmse,
    );
  });

  it("takes a model that explains its answers to a live version, and passes over a column that the stack ignores", async () => {
    const rows = join(home, "employees.csv");
    await python(makeRows("attrition"), [rows]);
    await put(rows, "attrition");
    const { record, output } = await run(
      {
        model: "attrition",
        hyperparameters: { project: "attrition", strength: "0.5" },
        gate: { metric: "log_loss", direction: "minimize", atMost: 0.65, beatChampion: true, maxDriftPsi: 0.2 },
        ignoredColumns: ["department"],
        rawFolder: "data/attrition/",
        from: "models:/attrition@champion",
      },
      "manual",
    );
    expect(record.verdict, output).to.deep.equal({ outcome: "live", cause: "version 1 is live" });
    expect(record.evaluation.candidate.log_loss).to.be.within(0.3, 0.65);
    expect(await read(`platform/models/attrition/${record.run}/baseline/evaluation.json`)).to.have.nested.property(
      "contributions.overtime",
    );
  });

  it("measures a version that a person asks for on the rows of the run that went live, and says what the gate said", async () => {
    const asked = "asked";
    const root = join(home, "asked");
    for (const channel of ["train", "validation"]) {
      mkdirSync(join(root, "input/data", channel), { recursive: true });
      cpSync(join(home, "rows.csv"), join(root, "input/data", channel, "rows.csv"));
    }
    const hyperparameters = { SM_HP_PROJECT: "churn", SM_HP_MAX_ITER: "10" };
    await training.run("python", ["-m", "training_template", "train"], {
      env: { HOME: home, PYTHONPATH: trainingSources, ...quiet, TRAINING_ROOT: root, ...hyperparameters },
      timeoutSeconds: 400,
    });
    await moto.reset();
    // Version 1 is as a loop leaves it; version 2 is a person's, saved as MLflow saves it.
    const program = `
import boto3, mlflow, sys
from mlplatform.trusted import trusted_types
model, client = mlflow.sklearn.load_model(sys.argv[1]), mlflow.MlflowClient()
for version in ("1", "2"):
    with mlflow.start_run():
        mlflow.sklearn.log_model(model, name="model", registered_model_name="${asked}", pip_requirements=[],
            pyfunc_predict_fn="predict_proba", skops_trusted_types=trusted_types(model))
client.set_model_version_tag("${asked}", "1", "mlplatform.package", "${dataUri}/models/${asked}/run-1/output/model.tar.gz")
client.set_model_version_tag("${asked}", "1", "mlplatform.mlplatform-dev.promoted", "champion")
client.set_registered_model_alias("${asked}", "champion", "1")
s3 = boto3.client("s3")
s3.create_bucket(Bucket="data", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
s3.upload_file(sys.argv[2], "data", "platform/extracts/${asked}/run-1/test/rows.csv")
`;
    /** A program with MLflow's own stores, which the training image has not. */
    const tracked = (text: string, ...args: string[]) => {
      const tracking = { MLFLOW_TRACKING_URI: `sqlite:///${join(home, "mlflow.db")}`, ...moto.environment };
      const variables = { HOME: home, PYTHONPATH: sources("mlplatform/src"), ...quiet, ...tracking };
      // Files of models go below the folder that the steps work in, as MLflow's own do.
      return release.run("sh", ["-c", 'cd "$HOME" && python -c "$0" "$@"', text, ...args], {
        env: variables,
        timeoutSeconds: 400,
      });
    };
    await tracked(program, join(root, "model"), join(home, "rows.csv"));
    const gate = { metric: "roc_auc", atLeast: 0.6, beatChampion: false };
    const loop = airflowLoop({ model: asked, from: `models:/${asked}@champion`, prepare, gate });
    writeFileSync(join(home, "bundle", `${asked}.check.json`), checkDefinition(loop, airflowGround({ dataUri }))!);
    const check = async () => {
      const options = { env, timeoutSeconds: 1200 };
      const ended = await airflow
        .run("airflow", ["dags", "test", `check-${asked}`], options)
        .catch((error: { stdout: string; stderr: string }) => error);
      return `${ended.stdout}${ended.stderr}`.slice(-6000) + readFileSync(join(home, "pods.log"), "utf8").slice(-6000);
    };
    expect(await check()).to.contain("nobody asks for a version");
    const records = { Bucket: "data", Prefix: `platform/metadata/${asked}/runs/` };
    expect((await s3().send(new ListObjectsV2Command(records))).KeyCount, "a run that had nothing to do").to.equal(0);

    const asking = `
import mlflow
mlflow.MlflowClient().set_registered_model_alias("${asked}", "candidate", "2")
`;
    await tracked(asking);
    const output = await check();
    const { Contents } = await s3().send(new ListObjectsV2Command(records));
    expect(Contents, output).to.have.length(1);
    const record = (await read(Contents![0]!.Key!)) as Record & { reason: string };
    expect(record.verdict, output).to.deep.equal({ outcome: "passed" });
    expect(record.reason).to.equal("the release path asked for version 2");
    expect(record.evaluation.candidate.roc_auc).to.be.within(0.6, 1);
    const told = `
import mlflow
print(mlflow.MlflowClient().get_model_version("${asked}", "2").tags["mlplatform.mlplatform-dev.gate"])
`;
    expect((await tracked(told)).stdout.trim().split("\n").at(-1)).to.equal("passed");
  });

  it("is started by decay once, and not while a run of it waits or is under way", async () => {
    const bundle = mkdtempSync(join(tmpdir(), "decay-"));
    cpSync(join(workloads, "loops", "training_loops.py"), join(bundle, "training_loops.py"));
    writeFileSync(
      join(bundle, "churn.decay.json"),
      decayDefinition(airflowLoop({ startsOnDecay: true }), airflowGround())!,
    );
    const program = `
import json, training_loops as loops
from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk.exceptions import AirflowSkipException

start, found = vars(loops)["decay-churn"].get_task("start"), []
TriggerDagRunOperator.execute = lambda self, context: found.append([self.trigger_dag_id, self.conf])
for under_way in (1, 0):
    loops.RuntimeTaskInstance.get_dr_count = staticmethod(lambda **asked: found.append(asked) or under_way)
    try:
        start.execute({})
    except AirflowSkipException:
        found.append("skipped")
print(json.dumps(found))
`;
    const asked = { dag_id: "train-churn", states: ["queued", "running"] };
    const ran = await airflow.run("python", ["-c", program], {
      env: { ...env, HOME: bundle, AIRFLOW_HOME: bundle, PYTHONPATH: bundle },
      timeoutSeconds: 300,
    });
    rmSync(bundle, { recursive: true, force: true });
    const found = JSON.parse(ran.stdout.trim().split("\n").at(-1)!);
    expect(found).to.deep.equal([asked, "skipped", asked, ["train-churn", { reason: "decay" }]]);
  });
});
