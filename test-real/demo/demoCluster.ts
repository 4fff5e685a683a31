import type { KubernetesObject } from "@kubernetes/client-node";
import type { Demo } from "../../demo/demo";
import type { Executed, Kind, Selection, Way } from "../../smoke/cluster";
import type { Outputs } from "../../smoke/outputs";
import { PlayedCluster } from "../../test/smoke/played/cluster";
import { pod } from "../../test/smoke/played/objects";

/** Outputs of a stack that has what the demo runs. */
export const demoOutputs: Outputs = {
  clusterName: "demo",
  namespaces: ["airflow", "jupyterhub", "mlflow", "models", "monitoring"],
  models: { churn: { inClusterUrl: "http://churn.models.svc:8080" } },
};

/** The demo as a cluster: its Services are ports of this machine, and its Secrets those that the program made. */
export class DemoCluster extends PlayedCluster {
  constructor(private readonly demo: Demo) {
    super();
  }

  override async secret(namespace: string, name: string): Promise<Record<string, string> | undefined> {
    const found = this.demo.generated.objects("Secret").find(({ metadata }) => metadata.name === name);
    return found && this.demo.generated.secret(name, namespace);
  }

  override async read<T extends KubernetesObject>({ kind }: Kind, _namespace: string | undefined, name: string) {
    return this.demo.generated.objects(kind).find(({ metadata }) => metadata.name === name) as T | undefined;
  }

  override async list<T extends KubernetesObject>({ kind }: Kind, { namespace = "", labels = {} }: Selection) {
    // A server of a person is a process here.
    const person = labels["hub.jupyter.org/username"];
    if (kind === "Pod" && person !== undefined) return [pod(namespace, `jupyter-${person}`, labels)] as unknown as T[];
    return this.demo.generated
      .objects(kind)
      .filter(({ metadata }) => metadata.namespace === namespace)
      .filter(({ metadata }) =>
        Object.entries(labels).every(([key, value]) => metadata.labels?.[key] === value),
      ) as T[];
  }

  override async forward(namespace: string, service: string, port: number): Promise<Way> {
    const { ports } = this.demo;
    const places: Record<string, number> = {
      "mlflow/mlflow": ports.mlflow,
      "airflow/airflow-api-server": ports.airflow,
      "jupyterhub/proxy-public": ports.jupyterhub,
      "models/churn": ports.model,
      "monitoring/kps-prometheus": ports.prometheus,
    };
    const local = places[`${namespace}/${service}`];
    if (local === undefined) throw new Error(`the demo has no ${namespace}/${service}`);
    return { place: { url: `http://127.0.0.1:${local}`, name: `${service}.${namespace}.svc:${port}` }, close() {} };
  }

  /** As a notebook would, with the variables that one has. */
  override async execute(_namespace: string, _pod: string, _container: string, command: string[]): Promise<Executed> {
    const { generated } = this.demo;
    const given = generated.values("jupyterhub").singleuser.extraEnv as Record<string, string | object>;
    const env = generated.environment({
      env: Object.entries(given).map(([name, value]) =>
        typeof value === "string" ? { name, value } : { name, ...value },
      ),
    });
    const stdout = await this.demo.run(this.demo.python("notebooks"), command.slice(1), { env });
    return { code: 0, stdout, stderr: "" };
  }
}
