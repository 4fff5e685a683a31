import { createServer, type Socket } from "node:net";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import {
  ApiException,
  CoreV1Api,
  Exec,
  KubeConfig,
  type KubernetesObject,
  KubernetesObjectApi,
  PortForward,
  type V1Pod,
  type V1Secret,
  type V1Service,
  type V1Status,
} from "@kubernetes/client-node";
import { Fault } from "./fault";
import type { Place } from "./http";
import { brokenPod, isReady } from "./pods";

/** A kind of objects, such as `{ apiVersion: "v1", kind: "Pod" }`. */
export interface Kind {
  apiVersion: string;
  kind: string;
}

export const podKind: Kind = { apiVersion: "v1", kind: "Pod" };

export interface Selection {
  namespace?: string;
  /** All of these. */
  labels?: Record<string, string>;
}

/** A way to a Service, on a port of this machine. */
export interface Way {
  place: Place;
  close(): void;
}

export interface Executed {
  code: number;
  stdout: string;
  stderr: string;
}

/** What the checks do with a cluster, each as a `Fault` where it cannot be done. */
export interface Cluster {
  /** Nothing where there is none of that name. */
  read<T extends KubernetesObject>(kind: Kind, namespace: string | undefined, name: string): Promise<T | undefined>;
  list<T extends KubernetesObject>(kind: Kind, selection: Selection): Promise<T[]>;
  create(object: KubernetesObject): Promise<void>;
  /** One that is gone is no fault. */
  remove(kind: Kind, namespace: string | undefined, name: string): Promise<void>;
  /** Values of a Secret by key; nothing where there is none. */
  secret(namespace: string, name: string): Promise<Record<string, string> | undefined>;
  /** To a ready pod of a Service. Network policies do not see it: it comes from the pod's own node. */
  forward(namespace: string, service: string, port: number): Promise<Way>;
  execute(namespace: string, pod: string, container: string, command: string[]): Promise<Executed>;
  /** What a pod's only container has printed. */
  log(namespace: string, pod: string): Promise<string>;
}

/** The cluster of a kubeconfig. */
export class KubeconfigCluster implements Cluster {
  private readonly config = new KubeConfig();
  private readonly api: KubernetesObjectApi;

  /** @param kubeconfig As a file has it. Its current context counts where none is named. */
  constructor(kubeconfig: string, context?: string) {
    this.config.loadFromString(kubeconfig);
    if (context !== undefined) this.config.setCurrentContext(context);
    this.api = KubernetesObjectApi.makeApiClient(this.config);
  }

  async read<T extends KubernetesObject>({ apiVersion, kind }: Kind, namespace: string | undefined, name: string) {
    const metadata = { name, ...(namespace === undefined ? {} : { namespace }) };
    return this.unlessGone(`read ${named(kind, namespace, name)}`, () =>
      this.api.read<T>({ apiVersion, kind, metadata } as T & { metadata: { name: string } }),
    );
  }

  async list<T extends KubernetesObject>({ apiVersion, kind }: Kind, { namespace, labels }: Selection): Promise<T[]> {
    const found = await this.attempt(`list ${kind}s${namespace === undefined ? "" : ` of ${namespace}`}`, () =>
      this.api.list<T>(
        ...([
          apiVersion,
          kind,
          namespace,
          undefined,
          undefined,
          undefined,
          undefined,
          labels && selector(labels),
        ] as const),
      ),
    );
    return found.items;
  }

  async create(object: KubernetesObject): Promise<void> {
    const { kind = "", metadata } = object;
    await this.attempt(`make ${named(kind, metadata?.namespace, metadata?.name ?? "")}`, () => this.api.create(object));
  }

  async remove({ apiVersion, kind }: Kind, namespace: string | undefined, name: string): Promise<void> {
    const metadata = { name, ...(namespace === undefined ? {} : { namespace }) };
    await this.unlessGone(`delete ${named(kind, namespace, name)}`, () =>
      this.api.delete({ apiVersion, kind, metadata }, undefined, undefined, undefined, undefined, "Background"),
    );
  }

  async secret(namespace: string, name: string): Promise<Record<string, string> | undefined> {
    const found = await this.read<V1Secret>({ apiVersion: "v1", kind: "Secret" }, namespace, name);
    const data = found?.data ?? {};
    return (
      found &&
      Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value, "base64").toString()]))
    );
  }

  async forward(namespace: string, service: string, port: number): Promise<Way> {
    const { pod, podPort } = await this.podOf(namespace, service, port);
    const forwarding = new PortForward(this.config);
    const open = new Set<Socket>();
    const server = createServer((socket) => {
      open.add(socket);
      socket.on("close", () => open.delete(socket)).on("error", () => socket.destroy());
      forwarding.portForward(namespace, pod, [podPort], socket, null, socket).then(
        (connection) => {
          const tunnel = connection as { onclose: (() => void) | null; close(): void };
          tunnel.onclose = () => socket.end();
          socket.on("close", () => tunnel.close());
        },
        () => socket.destroy(),
      );
    });
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject).listen(0, "127.0.0.1", resolve);
    });
    const { port: local } = server.address() as { port: number };
    const host = `${service}.${namespace}.svc:${port}`;
    return {
      place: { url: `http://127.0.0.1:${local}`, name: host, host },
      close: () => {
        server.close();
        for (const socket of open) socket.destroy();
      },
    };
  }

  async execute(namespace: string, pod: string, container: string, command: string[]): Promise<Executed> {
    const stdout = new PassThrough();
    const stderr = new PassThrough();
    const printed = Promise.all([text(stdout), text(stderr)]);
    const status = await this.attempt(
      `run a command in ${namespace}/${pod}`,
      () =>
        new Promise<V1Status>((resolve, reject) => {
          new Exec(this.config)
            .exec(namespace, pod, container, command, stdout, stderr, null, false, resolve)
            .catch(reject);
        }),
    );
    const cause = status.details?.causes?.find(({ reason }) => reason === "ExitCode");
    const code = status.status === "Success" ? 0 : Number(cause?.message ?? 1);
    const [out, err] = await printed;
    return { code, stdout: out, stderr: err };
  }

  async log(namespace: string, name: string): Promise<string> {
    const core = this.config.makeApiClient(CoreV1Api);
    return this.attempt(`read the log of ${namespace}/${name}`, () => core.readNamespacedPodLog({ namespace, name }));
  }

  /** A ready pod of a Service, and which of its ports stands behind that of the Service. */
  private async podOf(namespace: string, name: string, port: number): Promise<{ pod: string; podPort: number }> {
    const service = await this.read<V1Service>({ apiVersion: "v1", kind: "Service" }, namespace, name);
    if (service === undefined) throw new Fault(`the Service ${namespace}/${name} is not there`);
    const target = service.spec?.ports?.find((each) => each.port === port)?.targetPort;
    if (target === undefined) throw new Fault(`the Service ${namespace}/${name} has no port ${port}`);
    const labels = service.spec?.selector;
    const pods = await this.list<V1Pod>(podKind, { namespace, ...(labels ? { labels } : {}) });
    const ready = pods.find(isReady);
    if (ready === undefined) {
      const reasons = pods.map(brokenPod).filter((reason) => reason !== undefined);
      const why = pods.length === 0 ? "it has none" : reasons.join("; ");
      throw new Fault(`no pod of the Service ${namespace}/${name} is ready: ${why}`);
    }
    const containers = [...(ready.spec?.containers ?? []), ...(ready.spec?.initContainers ?? [])];
    const byName = containers.flatMap(({ ports }) => ports ?? []).find((each) => each.name === target);
    const podPort = typeof target === "number" ? target : byName?.containerPort;
    if (podPort === undefined) throw new Fault(`no container of ${namespace}/${name} has a port ${target}`);
    return { pod: ready.metadata!.name!, podPort };
  }

  private async unlessGone<T>(what: string, act: () => Promise<T>): Promise<T | undefined> {
    try {
      return await act();
    } catch (error) {
      if (error instanceof ApiException && error.code === 404) return undefined;
      throw explained(what, error);
    }
  }

  private async attempt<T>(what: string, act: () => Promise<T>): Promise<T> {
    return act().catch((error) => {
      throw explained(what, error);
    });
  }
}

const named = (kind: string, namespace: string | undefined, name: string) =>
  `${kind} ${namespace === undefined ? "" : `${namespace}/`}${name}`;

const selector = (labels: Record<string, string>) =>
  Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(",");

function explained(what: string, error: unknown): Fault {
  if (error instanceof ApiException) {
    const { code, body } = error as ApiException<unknown>;
    const said = typeof body === "string" ? body : JSON.stringify(body);
    return new Fault(`the Kubernetes API answers ${code} to: ${what}. ${message(said)}`);
  }
  const { message: reason, code } = error as NodeJS.ErrnoException;
  return new Fault(`the Kubernetes API does not answer to: ${what}. ${reason || code || error}`);
}

function message(body: string): string {
  try {
    return (JSON.parse(body) as { message?: string }).message ?? body;
  } catch {
    return body;
  }
}
