import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { AirflowApi } from "./api/airflow";
import { MlflowApi } from "./api/mlflow";
import type { Demo } from "./demo";
import { model } from "./services/models";
import { findPrometheus } from "./services/prometheus";
import { Traffic } from "./traffic";

/** One thing that happened, in the words of the summary. */
export interface Happened {
  what: string;
  detail: string;
}

type Tell = (what: string, detail: string) => void;

/** Rows of each training: enough for the gate, few enough for two cores. */
const rows = 6000;
const shift = "price_rise";

/**
 * The life of a model: trained, live, drifted, retrained, live again. Every step looks first whether it has happened, so that a
 * run that was cut short goes on where it was.
 */
export class Story {
  private readonly file: string;
  readonly airflow: AirflowApi;
  readonly mlflow: MlflowApi;
  readonly traffic: Traffic;

  constructor(private readonly demo: Demo) {
    this.file = join(demo.folder, "story.json");
    this.airflow = new AirflowApi(demo);
    this.mlflow = new MlflowApi(demo);
    this.traffic = new Traffic(`http://127.0.0.1:${demo.ports.model}`);
  }

  /** What an earlier run told to its end; nothing where there was none. */
  told(): Happened[] | undefined {
    return existsSync(this.file) ? JSON.parse(readFileSync(this.file, "utf8")) : undefined;
  }

  async run(tell: Tell, meanwhile: (text: string) => void): Promise<Happened[]> {
    const happened: Happened[] = [];
    const told: Tell = (what, detail) => {
      happened.push({ what, detail });
      tell(what, detail);
    };
    try {
      const current = await this.firstVersion(told, meanwhile);
      // Where a run was cut short after the second version went live, there is nothing left to drift.
      if (current) await this.drift(told, meanwhile);
      else this.traffic.send(await this.customers(shift));
      await this.nextVersion(told, meanwhile);
    } finally {
      await this.traffic.stop();
    }
    writeFileSync(this.file, JSON.stringify(happened, undefined, 2));
    return happened;
  }

  /** @returns whether it is still the live one */
  private async firstVersion(tell: Tell, meanwhile: (text: string) => void): Promise<boolean> {
    const run = "demo__first";
    await this.airflow.trigger(`${model}_training`, run, { rows, shift: "none" });
    await this.trained(run, "1", tell, meanwhile);
    meanwhile("The release controller takes the first version live");
    const state = await this.untilLive("1");
    if (state === "retired") return false;
    const ready = `http://127.0.0.1:${this.demo.ports.model}/health/ready`;
    await until(120, "answer of the model's Service", async () => (await fetch(ready)).ok);
    tell("model served", `version 1 answers at http://127.0.0.1:${this.demo.ports.model}`);
    this.traffic.send(await this.customers("none"));
    await until(180, "answers of version 1", async () => (this.traffic.versions["1"] ?? 0) > 100, this.traffic);
    tell(
      "predictions sent",
      `${this.traffic.answered} requests of ten customers each, ${this.traffic.failures.length} failed`,
    );
    return true;
  }

  private async drift(tell: Tell, meanwhile: (text: string) => void): Promise<void> {
    await this.airflow.setVariable(`${model}_world`, shift);
    this.traffic.send(await this.customers(shift));
    tell("drift injected", "customers pay 35 % more than those that version 1 was trained on");
    meanwhile("The drift monitor reads the servers' samples");
    const metrics = `http://127.0.0.1:${this.demo.ports.drift}/metrics`;
    const psi = await until(400, "drift in the monitor's numbers", async () => {
      const text = await (await fetch(metrics)).text();
      const value = /^model_drift_psi\{.*feature="monthly_charge".*\} (\S+)$/m.exec(text)?.[1];
      return Number(value) > 0.2 ? Number(value) : undefined;
    });
    tell("drift found", `stability index of monthly_charge is ${psi.toFixed(2)}, 0.2 is allowed`);
    if (findPrometheus() === undefined) return;
    meanwhile("Prometheus evaluates the alert");
    const alerts = `http://127.0.0.1:${this.demo.ports.prometheus}/api/v1/alerts`;
    const firing = await until(240, "the alert ModelDrift", async () => {
      const { data } = (await (await fetch(alerts)).json()) as { data: { alerts: Alert[] } };
      return data.alerts.find(({ labels, state }) => labels.alertname === "ModelDrift" && state === "firing");
    });
    tell("alert fired", `${firing.labels.alertname} of ${firing.labels.model}: ${firing.annotations.description}`);
  }

  private async nextVersion(tell: Tell, meanwhile: (text: string) => void): Promise<void> {
    meanwhile("The drift DAG looks, and retrains");
    await this.airflow.trigger(`${model}_drift`, "demo__look", { hours: 1 });
    await this.airflow.untilDone(`${model}_drift`, "demo__look", 600);
    const run = `drift__version_1`;
    tell("retraining triggered", `DAG ${model}_drift started run ${run} of ${model}_training`);
    await this.trained(run, "2", tell, meanwhile);
    meanwhile("The new version gets its share of the requests, for a minute, and then all");
    await this.untilLive("2");
    const before = this.traffic.versions["2"] ?? 0;
    await until(180, "answers of version 2", async () => (this.traffic.versions["2"] ?? 0) > before + 50, this.traffic);
    const { answered, failures, versions } = this.traffic;
    const shares = Object.entries(versions).map(([version, count]) => `${count} by version ${version}`);
    if (failures.length > 0) throw new Error(`${failures.length} requests failed, the first: ${failures[0]}`);
    tell("new champion live", `${answered} requests in all, ${shares.join(", ")}, none failed`);
  }

  /** A training that Airflow has to do, and what it leaves in MLflow. */
  private async trained(run: string, version: string, tell: Tell, meanwhile: (text: string) => void): Promise<void> {
    const dag = `${model}_training`;
    await this.airflow.untilDone(dag, run, 900, (state) => meanwhile(`DAG ${dag}: ${state}`));
    tell("DAG run", `${dag}, ${run}: every task succeeded`);
    const found = await this.mlflow.version(model, version);
    const tracked = await this.mlflow.run(found.run_id);
    const { roc_auc: reached, simple_roc_auc: simple } = tracked.metrics;
    tell("data made", `${tracked.params.rows} rows, kept with the run`);
    tell("run tracked", `${found.run_id}: ROC AUC ${reached!.toFixed(3)}, the simple model ${simple!.toFixed(3)}`);
    tell("version registered", `${model} version ${version}`);
    tell("gate", `${found.tags["mlplatform.gate"]}`);
    tell("champion moved", `models:/${model}@champion is version ${await this.mlflow.alias(model, "champion")}`);
  }

  /** `live`, or `retired` where a later version has taken its place already. */
  private async untilLive(version: string): Promise<string> {
    const tag = "mlplatform.mlplatform-local.kubernetes";
    return until(
      600,
      `version ${version} live`,
      async () => {
        const state = (await this.mlflow.version(model, version)).tags[tag] ?? "";
        if (state.startsWith("rolled-back")) throw new Stop(`version ${version} was ${state}`);
        return ["live", "retired"].includes(state) && state;
      },
      this.traffic,
    );
  }

  /** Bodies of requests, of ten made-up customers each. */
  private async customers(world: string): Promise<string[]> {
    const code =
      "import json, sys; from churn.data import INPUTS, customers, shifted\n" +
      "rows = shifted(customers(500, 99), sys.argv[1], 3)[INPUTS]\n" +
      "parts = [rows[at:at + 10].to_json(orient='split', index=False) for at in range(0, 500, 10)]\n" +
      "print(json.dumps([json.dumps({'dataframe_split': json.loads(part)}) for part in parts]))\n";
    const env = this.demo.pythonEnvironment("examples", "mlplatform/src");
    return JSON.parse(await this.demo.run(this.demo.python("examples"), ["-c", code, world], { env }));
  }
}

interface Alert {
  labels: Record<string, string>;
  annotations: Record<string, string>;
  state: string;
}

/** Waiting any longer makes no sense. */
class Stop extends Error {}

/** What `reached` gives once it gives something. @throws when it does not in time, or when a request of `traffic` failed */
export async function until<T>(
  seconds: number,
  what: string,
  reached: () => Promise<T | undefined | false>,
  traffic?: Traffic,
): Promise<T> {
  let last = "";
  for (const giveUp = Date.now() + seconds * 1000; Date.now() < giveUp; await sleep(500)) {
    try {
      const found = await reached();
      if (found !== undefined && found !== false) return found;
    } catch (error) {
      if (error instanceof Stop) throw error;
      last = `: ${(error as Error).message}`;
    }
    if (traffic && traffic.failures.length > 0) throw new Error(`a request failed: ${traffic.failures[0]}`);
  }
  throw new Error(`no ${what} within ${seconds} s${last}`);
}
