import { createHmac, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ConfigMap, Secret } from "@pulumi/kubernetes/core/v1";
import { helmTemplate } from "../simulator/cloud/expansions/helmTemplate";
import { runWith } from "../test/platform/program";
import { madeUpKubeconfig } from "../test/program/kubeconfig";
import type { Registration } from "../test/support/record";
import { type Ports, stackConfig } from "./settings";

/** A Kubernetes object, generated or rendered. */
export interface KubernetesObject {
  kind: string;
  metadata: { name: string; namespace?: string; labels?: Record<string, string> };
  // biome-ignore lint/suspicious/noExplicitAny: objects are as their kind has them.
  [key: string]: any;
}

interface EnvironmentEntry {
  name: string;
  value?: string;
  valueFrom?: { secretKeyRef?: { name: string; key: string }; fieldRef?: object };
}

/** A container as far as a process can be made of it. */
export interface Container {
  command?: string[];
  args?: string[];
  env?: EnvironmentEntry[];
  envFrom?: { secretRef?: { name: string }; configMapRef?: { name: string } }[];
}

/**
 * What the program of this repository asks a cluster for: values of charts, ConfigMaps and Secrets, and objects of the own
 * charts. The program is run whole, with nothing to make them behind it; random values come from a seed of this machine.
 */
export class Generated {
  private constructor(
    private readonly all: Registration[],
    private readonly helm: string,
    private readonly names: [string, string][],
  ) {}

  /** @param dagRepository must be what the settings take; `local` gives it its real address */
  static async from(folder: string, helm: string, ports: Ports, dagRepository: string): Promise<Generated> {
    mkdirSync(folder, { recursive: true });
    const kubeconfig = join(folder, "kubeconfig.yaml");
    writeFileSync(kubeconfig, madeUpKubeconfig("demo"), { mode: 0o600 });
    const seed = seedOf(join(folder, "seed"));
    const repository = "https://git.fake.invalid/dags.git";
    const all = await runWith(stackConfig(kubeconfig, repository), {
      stack: "local",
      outputs: (type, name) => {
        const random = createHmac("sha256", seed).update(name);
        if (type === "random:index/randomBytes:RandomBytes") {
          const bytes = random.digest();
          return { base64: bytes.toString("base64"), hex: bytes.toString("hex") };
        }
        if (type === "random:index/randomPassword:RandomPassword") return { result: random.digest("hex").slice(0, 32) };
        return undefined;
      },
    });
    return new Generated(all, helm, [
      ["mlflow.mlflow.svc:5000", `127.0.0.1:${ports.mlflow}`],
      ["database-rw.mlplatform.svc:5432", `localhost:${ports.postgres}`],
      ["database-rw.mlplatform.svc", "localhost"],
      ["seaweedfs-all-in-one.mlplatform.svc:8333", `127.0.0.1:${ports.store}`],
      ["airflow-api-server.airflow.svc:8080", `127.0.0.1:${ports.airflow}`],
      [repository, dagRepository],
    ]);
  }

  /** The same with addresses of this machine in place of the cluster's. */
  local<T>(value: T): T {
    let text = JSON.stringify(value);
    for (const [name, address] of this.names) text = text.replaceAll(name, address);
    return JSON.parse(text);
  }

  /** All objects of a kind, by the end of its type: `ServiceMonitor`. */
  objects(kind: string): KubernetesObject[] {
    const own = this.all.filter(({ type }) => type.startsWith("kubernetes:") && type.endsWith(`:${kind}`));
    return this.local(own.map(({ inputs }) => ({ kind, ...inputs }) as unknown as KubernetesObject));
  }

  /** @param namespace where several have one of that name */
  object(kind: string, name: string, namespace?: string): KubernetesObject {
    return one(
      this.objects(kind).filter(
        ({ metadata }) => metadata.name === name && (namespace === undefined || metadata.namespace === namespace),
      ),
      `${kind} ${name}`,
    );
  }

  secret(name: string, namespace?: string): Record<string, string> {
    const object = this.object("Secret", name, namespace);
    return (object as unknown as { stringData: Secret["stringData"] }).stringData as never;
  }

  configMap(name: string, namespace?: string): Record<string, string> {
    const object = this.object("ConfigMap", name, namespace);
    return (object as unknown as { data: ConfigMap["data"] }).data as never;
  }

  /** Values that a chart gets. */
  // biome-ignore lint/suspicious/noExplicitAny: values are as their chart has them.
  values(chart: string): Record<string, any> {
    return this.local(this.chart(chart).inputs.values) as never;
  }

  /** Objects that an own chart makes of the values it gets. */
  async rendered(chart: string): Promise<KubernetesObject[]> {
    const { inputs } = this.chart(chart);
    const rendering = {
      releaseName: String(inputs.name),
      namespace: String(inputs.namespace),
      chart: String(inputs.chart),
      values: inputs.values as never,
      includeCrds: false,
      kubernetesVersion: "1.34",
    };
    return this.local(await helmTemplate(this.helm, rendering)) as unknown as KubernetesObject[];
  }

  /** Environment of a container: its own, and what its Secrets and ConfigMaps hold. What the cluster fills in is left out. */
  environment({ env = [], envFrom = [] }: Container): Record<string, string> {
    const named = envFrom.flatMap(({ secretRef, configMapRef }) =>
      Object.entries(secretRef ? this.secret(secretRef.name) : configMapRef ? this.configMap(configMapRef.name) : {}),
    );
    const own = env.flatMap(({ name, value, valueFrom }): [string, string][] => {
      if (value !== undefined) return [[name, value]];
      const reference = valueFrom?.secretKeyRef;
      return reference ? [[name, this.secret(reference.name)[reference.key]!]] : [];
    });
    return Object.fromEntries([...named, ...own]);
  }

  private chart(name: string): Registration {
    return one(
      this.all.filter(({ type, inputs }) => type === "kubernetes:helm.sh/v4:Chart" && inputs.name === name),
      `chart ${name}`,
    );
  }
}

export function one<T>(found: T[], what: string): T {
  if (found.length !== 1) throw new Error(`the program makes ${found.length} of ${what}`);
  return found[0]!;
}

/** Made at the first start, and never told to anybody: every password of the demo follows from it. */
function seedOf(file: string): string {
  if (!existsSync(file)) writeFileSync(file, randomBytes(32).toString("hex"), { mode: 0o600 });
  return readFileSync(file, "utf8");
}
