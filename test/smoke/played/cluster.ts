import { createServer, type RequestListener } from "node:http";
import type { KubernetesObject, V1Pod } from "@kubernetes/client-node";
import type { Cluster, Executed, Kind, Selection, Way } from "../../../smoke/cluster";
import { Fault } from "../../../smoke/fault";

/** A Service of the played cluster. */
export interface Service {
  answer: RequestListener;
  /** Why none of its pods is ready; nothing where one is. */
  unready?: () => string | undefined;
}

/** Objects, Secrets and Services in the memory of a test. */
export class PlayedCluster implements Cluster {
  objects: KubernetesObject[] = [];
  /** By namespace and name. */
  readonly secrets: Record<string, Record<string, string>> = {};
  /** By namespace, name and port, such as `mlflow/mlflow:5000`. */
  readonly services: Record<string, Service> = {};
  /** Kinds, namespaces and names of what was removed. */
  readonly removed: string[] = [];
  openWays = 0;
  /** What a command in a pod prints. */
  run: (pod: string, command: string[]) => Executed = () => ({ code: 1, stdout: "", stderr: "no command is played" });
  /** What a pod that is made does at once: its phase, and what it has printed. */
  starts: (pod: V1Pod) => { phase: string; log: string } = () => ({ phase: "Pending", log: "" });
  private readonly logs = new Map<string, string>();

  private same(object: KubernetesObject, { kind }: Kind, namespace: string | undefined, name: string): boolean {
    const { metadata } = object;
    return object.kind === kind && metadata?.namespace === namespace && metadata?.name === name;
  }

  async read<T extends KubernetesObject>(kind: Kind, namespace: string | undefined, name: string) {
    return this.objects.find((each) => this.same(each, kind, namespace, name)) as T | undefined;
  }

  async list<T extends KubernetesObject>({ kind }: Kind, { namespace, labels = {} }: Selection): Promise<T[]> {
    return this.objects.filter(
      (each) =>
        each.kind === kind &&
        (namespace === undefined || each.metadata?.namespace === namespace) &&
        Object.entries(labels).every(([key, value]) => each.metadata?.labels?.[key] === value),
    ) as T[];
  }

  async create(object: KubernetesObject): Promise<void> {
    if (object.kind !== "Pod") {
      this.objects.push(object);
      return;
    }
    const { phase, log } = this.starts(object as V1Pod);
    this.logs.set(object.metadata!.name!, log);
    this.objects.push({ ...object, status: { phase } } as KubernetesObject);
  }

  async log(_namespace: string, pod: string): Promise<string> {
    return this.logs.get(pod) ?? "";
  }

  async remove(kind: Kind, namespace: string | undefined, name: string): Promise<void> {
    this.objects = this.objects.filter((each) => !this.same(each, kind, namespace, name));
    // What is in a namespace goes with it.
    if (kind.kind === "Namespace") this.objects = this.objects.filter(({ metadata }) => metadata?.namespace !== name);
    this.removed.push(`${kind.kind} ${namespace === undefined ? "" : `${namespace}/`}${name}`);
  }

  async secret(namespace: string, name: string): Promise<Record<string, string> | undefined> {
    return this.secrets[`${namespace}/${name}`];
  }

  async forward(namespace: string, name: string, port: number): Promise<Way> {
    const service = this.services[`${namespace}/${name}:${port}`];
    if (service === undefined) throw new Fault(`the Service ${namespace}/${name} is not there`);
    const why = service.unready?.();
    if (why !== undefined) throw new Fault(`no pod of the Service ${namespace}/${name} is ready: ${why}`);
    const server = createServer(service.answer);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    this.openWays += 1;
    const host = `${name}.${namespace}.svc:${port}`;
    return {
      place: { url: `http://127.0.0.1:${(server.address() as { port: number }).port}`, name: host, host },
      close: () => {
        this.openWays -= 1;
        server.close();
        server.closeAllConnections();
      },
    };
  }

  async execute(_namespace: string, pod: string, _container: string, command: string[]): Promise<Executed> {
    return this.run(pod, command);
  }
}
