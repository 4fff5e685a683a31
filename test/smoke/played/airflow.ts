import { answering, type Received, type Reply } from "./answers";
import type { PlayedCluster } from "./cluster";
import { pod } from "./objects";

/** What a person sees of Airflow, which runs one DAG in a pod. */
export class PlayedAirflow {
  readonly runs = new Map<string, { words: string; ends: number }>();
  paused = false;
  tags = ["smoke"];
  id = "smoke";
  /** Faults. */
  open = false;
  takesAnything = false;
  silent: string | undefined;
  image: string | undefined;
  fails = false;
  losesLogs = false;
  keepsPods = false;

  constructor(
    private readonly cluster: PlayedCluster,
    private readonly password: string,
  ) {}

  readonly answer = answering((received) => this.reply(received));

  private reply({ method, path, headers, said, query }: Received): Reply {
    if (path === "/auth/token") {
      const right = this.takesAnything || said.password === this.password;
      return right ? { status: 201, body: { access_token: "made-up-token" } } : { status: 401 };
    }
    const what = path.replace("/api/v2", "");
    if (what === "/monitor/health") {
      const parts = ["metadatabase", "scheduler", "triggerer", "dag_processor"];
      const status = (part: string) => ({ status: part === this.silent ? "unhealthy" : "healthy" });
      return { body: Object.fromEntries(parts.map((part) => [part, status(part)])) };
    }
    if (headers.authorization !== "Bearer made-up-token" && !this.open) return { status: 401 };
    if (what === "/dags") {
      const found = this.tags.includes(query.get("tags") ?? "") ? [{ dag_id: this.id, is_paused: this.paused }] : [];
      return { body: { dags: found } };
    }
    if (method === "PATCH") {
      this.paused = said.is_paused;
      return { body: {} };
    }
    if (method === "POST") return this.start(said.dag_run_id, said.conf.words);
    const [, id = "", more] = /dagRuns\/([^/]+)(\/.*)?$/.exec(what) ?? [];
    const run = this.runs.get(id);
    if (run === undefined) return { status: 404 };
    if (method === "DELETE") {
      this.runs.delete(id);
      return { status: 204 };
    }
    const done = this.image === undefined && Date.now() > run.ends;
    if (done && !this.keepsPods) this.endPod(id);
    if (more === undefined) return { body: { state: done ? (this.fails ? "failed" : "success") : "running" } };
    const state = this.fails ? "failed" : "success";
    if (more === "/taskInstances") return { body: { task_instances: [{ task_id: "say", state, try_number: 1 }] } };
    return { body: { content: this.losesLogs ? "Could not read the log" : `[info] ${run.words}` } };
  }

  private start(id: string, words: string): Reply {
    this.runs.set(id, { words, ends: Date.now() + 300 });
    const made = pod("airflow-tasks", id, { dag_id: "smoke" });
    if (this.image !== undefined) {
      made.spec!.containers[0]!.image = this.image;
      made.status!.conditions = [{ type: "Ready", status: "False" }];
      made.status!.containerStatuses![0]!.state = { waiting: { reason: "ImagePullBackOff" } };
    }
    this.cluster.objects.push(made);
    return { body: {} };
  }

  private endPod(id: string): void {
    this.cluster.objects = this.cluster.objects.filter(({ metadata }) => metadata?.name !== id);
  }
}
