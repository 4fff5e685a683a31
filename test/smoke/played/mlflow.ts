import { answering, basic, type Received, type Reply } from "./answers";

interface Version {
  version: string;
  source: string;
  tags: Record<string, string>;
}

interface Registered {
  versions: Version[];
  aliases: Record<string, string>;
}

const root = "/api/2.0/mlflow/";
const files = "/api/2.0/mlflow-artifacts/artifacts/";

/** What a client of MLflow's sees of it, with the platform's sign-in. */
export class PlayedMlflow {
  readonly experiments = new Map<string, string>();
  readonly runs = new Map<string, { metrics: { key: string; value: number }[] }>();
  readonly files = new Map<string, Buffer>();
  readonly models = new Map<string, Registered>();
  /** Faults. */
  open = false;
  storeDown = false;
  damaged = false;
  changeable = false;
  silent = false;
  /** A person's, registered when an alias is moved. */
  registersMeanwhile: Version | undefined;
  private made = 0;

  constructor(private readonly accounts: Record<string, string>) {}

  readonly answer = answering((received) => this.reply(received));

  private reply(received: Received): Reply | Promise<Reply> {
    if (this.silent) return new Promise(() => undefined);
    const who = basic(received);
    if (!this.open && (who === undefined || this.accounts[who.user] !== who.password)) return { status: 401 };
    if (received.path.startsWith(files)) return this.file(received, received.path.slice(files.length));
    return this.call(received, `${received.method} ${received.path.slice(root.length)}`);
  }

  private file({ method, body }: Received, path: string): Reply {
    if (this.storeDown) return { status: 500, body: "Could not connect to the endpoint URL" };
    if (method === "GET") {
      const kept = this.files.get(path);
      if (kept === undefined) return { status: 404 };
      return { body: this.damaged ? Buffer.from("other") : kept };
    }
    if (this.registered(path) && !this.changeable) return { status: 403, body: "belongs to a version" };
    if (method === "PUT") this.files.set(path, body);
    else for (const each of [...this.files.keys()]) if (each.startsWith(path)) this.files.delete(each);
    return {};
  }

  /** Whether a version was made of a file, or of one below it. */
  private registered(path: string): boolean {
    const [, run = "", , ...inner] = path.split("/");
    const sources = [...this.models.values()].flatMap(({ versions }) => versions.map(({ source }) => source));
    return sources.some(
      (source) => source.startsWith(`runs:/${run}`) && (inner.length === 0 || source.endsWith(inner[0]!)),
    );
  }

  private call({ said, query }: Received, what: string): Reply {
    const model = this.models.get(said.name ?? query.get("name") ?? "");
    switch (what) {
      case "GET experiments/search":
        return { body: { experiments: [] } };
      case "POST experiments/create":
        this.made += 1;
        this.experiments.set(String(this.made), said.name);
        return { body: { experiment_id: String(this.made) } };
      case "GET experiments/get-by-name": {
        const name = query.get("experiment_name");
        const [id] = [...this.experiments].find(([, each]) => each === name) ?? [];
        return id === undefined ? { status: 404 } : { body: { experiment: { experiment_id: id } } };
      }
      case "POST runs/search":
        return { body: { runs: [...this.runs.keys()].map((run_id) => ({ info: { run_id } })) } };
      case "POST experiments/delete":
        this.experiments.delete(said.experiment_id);
        return { body: {} };
      case "POST runs/create":
        this.made += 1;
        this.runs.set(`run${this.made}`, { metrics: [] });
        return { body: { run: { info: { run_id: `run${this.made}` } } } };
      case "POST runs/delete":
        this.runs.delete(said.run_id);
        return { body: {} };
      case "POST runs/log-metric":
        this.runs.get(said.run_id)!.metrics.push({ key: said.key, value: said.value });
        return { body: {} };
      case "GET runs/get":
        return { body: { run: { data: this.runs.get(query.get("run_id")!) } } };
      case "POST registered-models/create":
        this.models.set(said.name, { versions: [], aliases: {} });
        return { body: {} };
      case "DELETE registered-models/delete":
        this.models.delete(said.name);
        return { body: {} };
      case "GET registered-models/search": {
        const name = /^name='(.*)'$/.exec(query.get("filter")!)![1]!;
        return { body: this.models.has(name) ? { registered_models: [{ name }] } : {} };
      }
      case "GET model-versions/search": {
        const name = /^name='(.*)'$/.exec(query.get("filter")!)![1]!;
        return { body: { model_versions: this.models.get(name)?.versions ?? [] } };
      }
      case "POST model-versions/create": {
        const version = String(model!.versions.length + 1);
        model!.versions.push({ version, source: said.source, tags: {} });
        return { body: { model_version: { version } } };
      }
      case "GET model-versions/get": {
        const { version, tags } = model!.versions.find((each) => each.version === query.get("version"))!;
        const pairs = Object.entries(tags).map(([key, value]) => ({ key, value }));
        return { body: { model_version: { version, tags: pairs } } };
      }
      case "POST registered-models/alias":
        if (this.registersMeanwhile) model!.versions.push(this.registersMeanwhile);
        model!.aliases[said.alias] = said.version;
        return { body: {} };
      case "DELETE registered-models/alias":
        delete model!.aliases[query.get("alias")!];
        return { body: {} };
      case "GET registered-models/alias": {
        const version = model?.aliases[query.get("alias")!];
        return version === undefined ? { status: 404 } : { body: { model_version: { version } } };
      }
      default:
        return { status: 404, body: `${what} is not played` };
    }
  }
}
