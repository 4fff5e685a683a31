import { setTimeout as sleep } from "node:timers/promises";
import type { Demo } from "../demo";
import { adminPassword } from "../services/airflow";

interface DagRun {
  state: string;
  dag_run_id: string;
}

interface TaskInstance {
  task_id: string;
  state: string | null;
  try_number: number;
}

/** Airflow's API, as its first user. */
export class AirflowApi {
  private readonly at: string;
  private token: string | undefined;

  constructor(private readonly demo: Demo) {
    this.at = `http://127.0.0.1:${demo.ports.airflow}`;
  }

  async setVariable(key: string, value: string): Promise<void> {
    const body = { key, value };
    const { status } = await this.ask("PATCH", `/variables/${key}`, body);
    if (status === 404) await this.must("POST", "/variables", body);
  }

  /** Starts a run of a DAG; one of that name that is there already goes on. */
  async trigger(dag: string, run: string, conf: object): Promise<void> {
    for (const giveUp = Date.now() + 120_000; ; await sleep(1000)) {
      const { status, text } = await this.ask("POST", `/dags/${dag}/dagRuns`, {
        dag_run_id: run,
        logical_date: null,
        conf,
      });
      if (status === 200 || status === 409) return;
      // The DAG processor has not read its file yet.
      if (status !== 404 || Date.now() > giveUp) throw new Error(`Airflow does not start ${dag}: ${status} ${text}`);
    }
  }

  /** @throws with the failed tasks where the run does not succeed */
  async untilDone(
    dag: string,
    run: string,
    seconds: number,
    told: (state: string) => void = () => undefined,
  ): Promise<void> {
    for (const giveUp = Date.now() + seconds * 1000; ; await sleep(1500)) {
      const { status, text } = await this.ask("GET", `/dags/${dag}/dagRuns/${encodeURIComponent(run)}`).catch(
        (error: Error) => ({ status: 0, text: error.message }),
      );
      const state = status === 200 ? (JSON.parse(text) as DagRun).state : `no answer (${status})`;
      if (state === "success") return;
      const tasks = status === 200 ? await this.tasks(dag, run).catch(() => []) : [];
      const failed = tasks.filter((task) => task.state === "failed").map((task) => task.task_id);
      if (state === "failed") throw new Error(`${dag} ${run} failed in ${failed.join(", ")}: see its log in Airflow`);
      if (Date.now() > giveUp) throw new Error(`${dag} ${run} is ${state} after ${seconds} s`);
      const done = tasks.filter((task) => task.state === "success").length;
      told(`${state}, ${done} of ${tasks.length} tasks done`);
    }
  }

  async tasks(dag: string, run: string): Promise<TaskInstance[]> {
    const text = await this.must("GET", `/dags/${dag}/dagRuns/${encodeURIComponent(run)}/taskInstances`);
    return (JSON.parse(text) as { task_instances: TaskInstance[] }).task_instances;
  }

  /** Log of a task's attempt, as the page shows it. */
  async log(dag: string, run: string, task: string, attempt: number): Promise<string> {
    return this.must(
      "GET",
      `/dags/${dag}/dagRuns/${encodeURIComponent(run)}/taskInstances/${task}/logs/${attempt}?full_content=true`,
    );
  }

  async importErrors(): Promise<unknown[]> {
    return (JSON.parse(await this.must("GET", "/importErrors")) as { import_errors: unknown[] }).import_errors;
  }

  private async must(method: string, path: string, body?: object): Promise<string> {
    const { status, text } = await this.ask(method, path, body);
    if (status >= 300) throw new Error(`Airflow answers ${status} to ${method} ${path}: ${text.slice(0, 500)}`);
    return text;
  }

  private async ask(method: string, path: string, body?: object): Promise<{ status: number; text: string }> {
    this.token ??= await this.signIn();
    const headers = { authorization: `Bearer ${this.token}`, "content-type": "application/json" };
    const answer = await fetch(`${this.at}/api/v2${path}`, {
      method,
      headers,
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    if (answer.status === 401) this.token = undefined;
    return { status: answer.status, text: await answer.text() };
  }

  /** A token that pages and API take. */
  async signIn(): Promise<string> {
    const answer = await fetch(`${this.at}/auth/token`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ username: "admin", password: adminPassword(this.demo) }),
    });
    if (!answer.ok) throw new Error(`Airflow does not take its first user's password: ${answer.status}`);
    return ((await answer.json()) as { access_token: string }).access_token;
  }
}
