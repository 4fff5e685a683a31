import { machineSecret, mlflow as names } from "../charts/values/mlflow";
import type { Act } from "./check";
import { Fault, NotChecked } from "./fault";
import { type Answer, type Asked, json, type Place, shortened } from "./http";

export interface Account {
  user: string;
  password: string;
  /** Where it is kept, for messages. */
  secret: string;
}

export interface Run {
  experiment: string;
  run: string;
}

export interface ModelVersion {
  version: string;
  tags: Record<string, string>;
}

interface Pair {
  key: string;
  value: string;
}

/** Machines that may track runs and register models, best first. */
const writers = [names.administrator, "airflow", "jupyterhub"];

/** Whose password the cluster keeps. @throws NotChecked where people alone sign in. */
export async function accountOf(act: Act): Promise<Account> {
  for (const user of writers) {
    const secret = machineSecret(user);
    const values = await act.cluster.secret(names.name, secret);
    if (values === undefined) continue;
    const { password } = values;
    if (password === undefined) throw new Fault(`the Secret ${names.name}/${secret} has no key password`);
    return { user, password, secret: `${names.name}/${secret}` };
  }
  throw new NotChecked("no machine of this stack may write to MLflow: people sign in by their provider");
}

/** MLflow's API, as a client in the cluster asks it. */
export class MlflowApi {
  private constructor(
    readonly act: Act,
    readonly place: Place,
    readonly account: Account,
  ) {}

  static async open(act: Act): Promise<MlflowApi> {
    act.needs(names.name, "MLflow");
    const account = await accountOf(act);
    return new MlflowApi(act, await act.reach(names.name, names.name, names.portNumber), account);
  }

  /** As this account, or as nobody, or with another password. */
  send(asked: Asked, as: { user: string; password: string } | undefined = this.account): Promise<Answer> {
    return this.act.ask(this.place, as === undefined ? asked : { ...asked, as });
  }

  async call<T = Record<string, never>>(method: string, path: string, body?: object): Promise<T> {
    const answer = await this.send({ method, path: `/api/2.0/mlflow/${path}`, ...(body ? { body } : {}) });
    if (answer.status === 401) throw this.refused();
    return json<T>(this.place, path.split("?")[0]!, answer);
  }

  refused(): Fault {
    const { user, secret } = this.account;
    return new Fault(`MLflow refuses ${user} with the password of the Secret ${secret} (401)`);
  }

  /** An experiment of its own with one run, which go after the check. */
  async run(): Promise<Run> {
    const { id } = this.act;
    // By its name, so that one goes too whose number nobody was told any more.
    this.act.undo(`experiment ${id} of MLflow`, () => this.removeExperiment(id));
    const made = await this.call<{ experiment_id: string }>("POST", "experiments/create", { name: id });
    const experiment = made.experiment_id;
    const asked = { experiment_id: experiment, run_name: id, start_time: Date.now() };
    const { run } = await this.call<{ run: { info: { run_id: string } } }>("POST", "runs/create", asked);
    return { experiment, run: run.info.run_id };
  }

  private async removeExperiment(name: string): Promise<void> {
    const found = await this.send({ path: `/api/2.0/mlflow/experiments/get-by-name?experiment_name=${name}` });
    if (found.status === 404) return;
    const { experiment } = json<{ experiment: { experiment_id: string } }>(this.place, "get-by-name", found);
    const { experiment_id } = experiment;
    const asked = { experiment_ids: [experiment_id], max_results: 100 };
    const { runs = [] } = await this.call<{ runs?: { info: { run_id: string } }[] }>("POST", "runs/search", asked);
    const refused: string[] = [];
    for (const { info } of runs) {
      const { status, text } = await this.send({ method: "DELETE", path: files(`${experiment_id}/${info.run_id}`) });
      if (status >= 300 && status !== 404) refused.push(`${status} ${shortened(text)}`);
      await this.call("POST", "runs/delete", { run_id: info.run_id });
    }
    await this.call("POST", "experiments/delete", { experiment_id });
    if (refused.length > 0) throw new Fault(`its files stay: ${refused.join(", ")}`);
  }

  /** A registered model of its own, which goes after the check. */
  async registeredModel(name: string): Promise<void> {
    this.act.undo(`model ${name} of MLflow`, () => this.removeModel(name));
    await this.call("POST", "registered-models/create", { name });
  }

  /** One that is not there is no fault. */
  async removeModel(name: string): Promise<void> {
    if (await this.isRegistered(name)) await this.call("DELETE", "registered-models/delete", { name });
  }

  /** Through the server, as its clients do: they have no key of the store. */
  async upload(run: Run, name: string, content: string | Buffer): Promise<void> {
    const path = files(`${run.experiment}/${run.run}/artifacts/${name}`);
    const { status, text } = await this.send({
      method: "PUT",
      path,
      body: content,
      headers: { "content-type": "application/octet-stream" },
    });
    if (status === 401) throw this.refused();
    if (status >= 300) {
      throw new Fault(
        `MLflow cannot keep an artifact (${status}: ${shortened(text)}); its server may not reach the store`,
      );
    }
  }

  async download(run: Run, name: string): Promise<Buffer> {
    const answer = await this.send({ path: files(`${run.experiment}/${run.run}/artifacts/${name}`) });
    if (answer.status !== 200) {
      throw new Fault(`MLflow does not give an artifact back (${answer.status}: ${shortened(answer.text)})`);
    }
    return answer.body;
  }

  async version(model: string, version: string): Promise<ModelVersion> {
    const path = `model-versions/get?name=${encodeURIComponent(model)}&version=${version}`;
    return versionOf((await this.call<{ model_version: Raw }>("GET", path)).model_version);
  }

  /** Numbers of all versions of a model, a hundred at most. */
  async versions(model: string): Promise<string[]> {
    const path = `model-versions/search?filter=${named(model)}&max_results=100`;
    const { model_versions: found = [] } = await this.call<{ model_versions?: Raw[] }>("GET", path);
    return found.map(({ version }) => String(version));
  }

  async isRegistered(model: string): Promise<boolean> {
    const path = `registered-models/search?filter=${named(model)}&max_results=1`;
    const { registered_models: found = [] } = await this.call<{ registered_models?: object[] }>("GET", path);
    return found.length > 0;
  }

  /** The version that an alias names; nothing where it names none. */
  async alias(model: string, alias: string): Promise<string | undefined> {
    const path = `/api/2.0/mlflow/registered-models/alias?name=${encodeURIComponent(model)}&alias=${alias}`;
    const answer = await this.send({ path });
    // What is not there is an error of the client to MLflow, and to its sign-in something that may not be read.
    if ([400, 403, 404].includes(answer.status)) return undefined;
    return String(json<{ model_version: Raw }>(this.place, "registered-models/alias", answer).model_version.version);
  }

  moveAlias(model: string, alias: string, version: string): Promise<unknown> {
    return this.call("POST", "registered-models/alias", { name: model, alias, version });
  }

  dropAlias(model: string, alias: string): Promise<unknown> {
    return this.call("DELETE", `registered-models/alias?name=${encodeURIComponent(model)}&alias=${alias}`);
  }

  /** @returns its number */
  async register(model: string, source: string, run?: string): Promise<string> {
    const asked = { name: model, source, ...(run === undefined ? {} : { run_id: run }) };
    const made = await this.call<{ model_version: Raw }>("POST", "model-versions/create", asked);
    return String(made.model_version.version);
  }
}

interface Raw {
  version: string | number;
  tags?: Pair[];
}

const versionOf = ({ version, tags = [] }: Raw): ModelVersion => ({
  version: String(version),
  tags: Object.fromEntries(tags.map(({ key, value }) => [key, value])),
});

const named = (model: string) => encodeURIComponent(`name='${model.replaceAll("'", "\\'")}'`);

const files = (path: string) => `/api/2.0/mlflow-artifacts/artifacts/${path}`;
