import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { dagsSecretName } from "../../../charts/values/airflowDags";
import { airflowNamespace, dagPodNamespace, environmentConfigMap, serviceAccounts } from "../../contracts/airflowNames";
import { after, type Dependency } from "../../lib/dependencies";
import { podQuota } from "../../lib/podQuota";
import type { TaskQuotaSettings } from "../../settings/airflow";
import { type DagsAccess, dagsSecret } from "../dagsSecret";
import { admitWorkers } from "./admission";
import { platformDags } from "./platformDags";
import { airflowRights, bindRights } from "./rights";
import { airflowSecretNames } from "./secrets";

/** Where code of DAGs runs, and what it needs there. */
export interface AirflowTasksArgs {
  executor: "kubernetes" | "celery";
  /** Of tasks: a namespace of their own, or Airflow's. */
  workerNamespace: string;
  /** Variables of tasks and of the pods that they start. */
  environment: Record<string, pulumi.Input<string>>;
  /** DAGs of the platform, by file; absent where there are none. */
  platformDags?: Record<string, pulumi.Input<string>>;
  dagsAccess?: DagsAccess;
  /** Lines of a known_hosts file, where the repository is fetched by ssh. */
  knownHosts?: string;
  /** Most that each of the namespaces may ask for at once. */
  quota: TaskQuotaSettings;
  /** Airflow's namespace. */
  space: k8s.core.v1.Namespace;
  /** Depend on these before making a namespace. */
  ready: Dependency[];
}

/** What the scheduler asks of each pod of a task. */
export const localSettings = readFileSync(
  join(__dirname, "../../../workloads/loops/airflow_local_settings.py"),
  "utf8",
);

/** Namespaces apart from Airflow's keys, for what people wrote: nobody but the scheduler gets at pods of tasks. */
export class AirflowTasks extends pulumi.ComponentResource {
  readonly namespaces: k8s.core.v1.Namespace[];
  /** Depend on these before the first pod. */
  readonly ready: pulumi.Resource[];

  constructor(name: string, args: AirflowTasksArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:apps:AirflowTasks", name, {}, opts);
    const child = { parent: this };
    const { workerNamespace } = args;
    const apart = workerNamespace !== airflowNamespace;
    const own = [...(apart ? [workerNamespace] : []), dagPodNamespace];
    this.namespaces = own.map(
      (namespace) =>
        new k8s.core.v1.Namespace(
          `${name}-${roleOf(namespace)}`,
          { metadata: { name: namespace, labels: { "pod-security.kubernetes.io/enforce": "restricted" } } },
          { ...child, dependsOn: after(...args.ready) },
        ),
    );
    const inside = { ...child, dependsOn: [args.space, ...this.namespaces] };
    const made: pulumi.Resource[] = own.flatMap((namespace) => [
      new k8s.core.v1.ServiceAccount(
        `${name}-${roleOf(namespace)}`,
        {
          metadata: { name: serviceAccounts.worker, namespace },
          automountServiceAccountToken: namespace === workerNamespace,
        },
        inside,
      ),
      new k8s.core.v1.ConfigMap(
        `${name}-${roleOf(namespace)}`,
        { metadata: { name: environmentConfigMap, namespace }, data: args.environment },
        inside,
      ),
      new k8s.networking.v1.NetworkPolicy(
        `${name}-${roleOf(namespace)}`,
        { metadata: { name: "closed", namespace }, spec: closed(namespace) },
        inside,
      ),
      ...podQuota(
        `${name}-${roleOf(namespace)}`,
        { namespace, objectName: "tasks", maxPods: args.quota.maxPods, requests: args.quota, defaultRequest },
        inside,
      ),
    ]);
    if (apart) {
      if (args.platformDags !== undefined) {
        made.push(...platformDags(`${name}-dags`, workerNamespace, args.platformDags, inside));
      }
      if (args.dagsAccess !== undefined) made.push(dagsSecret(`${name}-git`, workerNamespace, args.dagsAccess, inside));
      if (args.knownHosts !== undefined) {
        made.push(
          configMap(`${name}-config`, "airflow-config", workerNamespace, { known_hosts: args.knownHosts }, inside),
        );
      }
    }
    for (const rights of airflowRights({ namespace: workerNamespace, kind: args.executor })) {
      const role = `${roleOf(rights.namespace)}-${rights.name.slice("airflow-".length)}`;
      made.push(...bindRights(`${name}-${role}`, rights, inside));
    }
    if (args.executor === "kubernetes") {
      const secretNames = [airflowSecretNames.tasks, airflowSecretNames.taskLogs, dagsSecretName];
      made.push(...admitWorkers(`${name}-workers`, { namespace: workerNamespace, secretNames }, inside));
    }
    this.ready = [...this.namespaces, ...made];
    this.registerOutputs();
  }
}

const roleOf = (namespace: string) => (namespace === dagPodNamespace ? "pods" : "workers");

/** What a container of a DAG counts as that asks for nothing. */
const defaultRequest = { cpu: "500m", memory: "1Gi" };

/** Nobody has to come in; pods that a DAG starts may find each other. What they open themselves is not restricted. */
function closed(namespace: string): k8s.types.input.networking.v1.NetworkPolicySpec {
  return {
    podSelector: {},
    policyTypes: ["Ingress"],
    ...(namespace === dagPodNamespace ? { ingress: [{ from: [{ podSelector: {} }] }] } : {}),
  };
}

function configMap(
  name: string,
  objectName: string,
  namespace: string,
  data: Record<string, pulumi.Input<string>>,
  opts: pulumi.CustomResourceOptions,
): k8s.core.v1.ConfigMap {
  return new k8s.core.v1.ConfigMap(name, { metadata: { name: objectName, namespace }, data }, opts);
}
