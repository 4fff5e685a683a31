import { airflowApiPort } from "../charts/values/airflow";
import { airflowNamespace } from "../components/contracts/airflowNames";
import type { Act } from "./check";
import { Fault, NotChecked } from "./fault";
import { type Answer, type Asked, json, type Place } from "./http";

const service = "airflow-api-server";
/** With the `password` of `admin`, where there is no provider that people sign in by. */
const secretName = "airflow-admin";

export interface Task {
  task_id: string;
  state: string | null;
  try_number: number;
}

/** Airflow's API. https://airflow.apache.org/docs/apache-airflow/stable/stable-rest-api-ref.html */
export class AirflowApi {
  private token: string | undefined;

  private constructor(
    private readonly act: Act,
    private readonly place: Place,
  ) {}

  static async open(act: Act): Promise<AirflowApi> {
    act.needs(airflowNamespace, "Airflow in the cluster");
    return new AirflowApi(act, await act.reach(airflowNamespace, service, airflowApiPort));
  }

  /** @throws NotChecked where people sign in by a provider */
  async password(): Promise<string> {
    const values = await this.act.cluster.secret(airflowNamespace, secretName);
    if (values?.password === undefined) throw new NotChecked("people sign in to Airflow by their provider");
    return values.password;
  }

  /** A token; nothing where the password is refused. */
  async tokenFor(password: string): Promise<string | undefined> {
    const body = { username: "admin", password };
    const answer = await this.act.ask(this.place, { path: "/auth/token", body });
    if (answer.status === 401) return undefined;
    return json<{ access_token: string }>(this.place, "auth/token", answer).access_token;
  }

  async signIn(): Promise<void> {
    this.token = await this.tokenFor(await this.password());
    if (this.token === undefined) {
      throw new Fault(`Airflow refuses admin with the password of the Secret ${airflowNamespace}/${secretName} (401)`);
    }
  }

  send(asked: Asked): Promise<Answer> {
    const path = `/api/v2${asked.path}`;
    return this.act.ask(this.place, { ...asked, path, ...(this.token === undefined ? {} : { token: this.token }) });
  }

  async call<T>(method: string, path: string, body?: object): Promise<T> {
    const answer = await this.send({ method, path, ...(body ? { body } : {}) });
    return json<T>(this.place, path.split("?")[0]!, answer);
  }

  /** DAGs with a tag. */
  async tagged(tag: string): Promise<{ dag_id: string; is_paused: boolean }[]> {
    const path = `/dags?tags=${tag}&exclude_stale=true`;
    return (await this.call<{ dags: { dag_id: string; is_paused: boolean }[] }>("GET", path)).dags;
  }

  pause(dag: string, is_paused: boolean): Promise<unknown> {
    return this.call("PATCH", `/dags/${dag}`, { is_paused });
  }

  start(dag: string, run: string, conf: object): Promise<unknown> {
    return this.call("POST", `/dags/${dag}/dagRuns`, { dag_run_id: run, logical_date: null, conf });
  }

  async state(dag: string, run: string): Promise<string> {
    return (await this.call<{ state: string }>("GET", `/dags/${dag}/dagRuns/${run}`)).state;
  }

  async tasks(dag: string, run: string): Promise<Task[]> {
    const path = `/dags/${dag}/dagRuns/${run}/taskInstances`;
    return (await this.call<{ task_instances: Task[] }>("GET", path)).task_instances;
  }

  /** As the page shows it. */
  async log(dag: string, run: string, { task_id, try_number }: Task): Promise<string> {
    const path = `/dags/${dag}/dagRuns/${run}/taskInstances/${task_id}/logs/${try_number}?full_content=true`;
    const answer = await this.send({ path, headers: { accept: "application/json" } });
    json(this.place, "a log", answer);
    return answer.text;
  }

  /** One that is not there is no fault. */
  async removeRun(dag: string, run: string): Promise<void> {
    const { status, text } = await this.send({ method: "DELETE", path: `/dags/${dag}/dagRuns/${run}` });
    if (status >= 300 && status !== 404) throw new Error(`${status}: ${text}`);
  }
}
