import { type MlflowPeople, peopleValues } from "./mlflowSignIn";
import { groupName } from "./signInProxy";

/** Names that the platform and the chart must agree on. */
export const mlflow = {
  /** Namespace, release, Deployment, Service and service account. */
  name: "mlflow",
  /** Of the Service and of the container: on the VPC CNI, network policies match only where both are the same. */
  portNumber: 5000,
  /** Of the proxy that people come through. */
  signInPortNumber: 4180,
  /** URI and libpq's variables. */
  databaseSecret: "mlflow-database",
  /** Keys of the server itself. */
  serverSecret: "mlflow-server",
  /** What the sign-in proxy needs. */
  signInSecret: "mlflow-sign-in",
  /** `public-key` of the tokens by which people's programs act as them. */
  tokenSecret: "mlflow-tokens",
  /** Where artifacts are. */
  storeConfigMap: "mlflow-store",
  /** Keys of a store that is not Amazon's. */
  storeSecret: "mlflow-store-credentials",
  /** Machines of its own: who scrapes, and who removes deleted runs. */
  scraper: "prometheus",
  collector: "garbage-collection",
  /** Whom people go by where there is no sign-in. */
  administrator: "admin",
} as const;

/** Secret with `username` and `password` of a machine. */
export function machineSecret(machine: string): string {
  return `mlflow-machine-${machine}`;
}

/**
 * What a machine may do: `metrics` reads `/metrics` and nothing else; `controller` writes the tags that decide, and moves the
 * aliases of models that have a gate.
 */
export type MachineRole = "admin" | "controller" | "editor" | "viewer" | "metrics";

/** A model whose alias is moved by releases alone. */
export interface GatedModel {
  /** In the registry. */
  name: string;
  alias: string;
  /** The provider's groups whose members approve its versions. */
  approvers: string[];
}

/** What a stack chooses of the server, by the names of its settings. */
export interface MlflowChoices {
  replicas: number;
  /** CPU that each pod asks for. */
  cpu: string;
  /** Memory of each pod, in MiB. */
  memoryMiB: number;
  workers: number;
  /** Largest artifact in one request, in MiB: it passes through the pod's disk. */
  maxUploadMiB: number;
}

/** What the values depend on. */
export interface MlflowFacts extends MlflowChoices {
  garbageCollection?: { schedule: string; olderThanDays: number };
  /** Roles by machine. */
  machines: Record<string, MachineRole>;
  /** Namespaces whose pods may reach the server. */
  clientNamespaces: string[];
  databasePort: number;
  /** Port of a store that is not Amazon's; its keys are then in a Secret. */
  storePort?: number;
  /** Public address; absent where it is reached by port forwarding only. */
  url?: string;
  /** Absent: there is the account `admin` with a password instead. */
  people?: MlflowPeople;
  gated: GatedModel[];
  /** Whether people's programs act as them, by tokens of JupyterHub. */
  tokens: boolean;
  /** Whether something scrapes it. */
  monitored: boolean;
  nodeSelector: Record<string, string>;
  tolerations: object[];
}

/** Uploads that may pass through one pod at a time before its disk is full. */
const uploadsAtATime = 4;

/** Ports other than 443 that the store and the provider of sign-ins listen on. */
function portsBeside({ storePort, people }: MlflowFacts): number[] {
  const { provider } = people ?? {};
  const issuerPort = provider?.provider === "oidc" ? Number(new URL(provider.issuer).port) : 0; // None is said where it is 443.
  return [...new Set([storePort ?? 0, issuerPort])].filter((port) => port !== 0);
}

/** From model to, by alias, who approves. Where nobody signs in, whoever has the administrator's password does. */
function gatedValues(models: GatedModel[], people?: MlflowPeople): Record<string, Record<string, string[]>> {
  const values: Record<string, Record<string, string[]>> = {};
  for (const { name, alias, approvers } of models) {
    const by = people
      ? approvers.map((group) => `group:${groupName(people.provider, group)}`)
      : [`machine:${mlflow.administrator}`];
    values[name] = { ...values[name], [alias]: [...new Set([...(values[name]?.[alias] ?? []), ...by])].sort() };
  }
  return values;
}

/** Values of the platform's own chart; see charts/mlflow/values.yaml. */
export function mlflowValues(facts: MlflowFacts) {
  const { garbageCollection } = facts;
  const machines = {
    ...facts.machines,
    ...(facts.people ? {} : ({ [mlflow.administrator]: "admin" } as const)),
    ...(facts.monitored ? ({ [mlflow.scraper]: "metrics" } as const) : {}),
    ...(garbageCollection ? ({ [mlflow.collector]: "admin" } as const) : {}),
  };
  const memory = `${facts.memoryMiB}Mi`;
  const beside = portsBeside(facts);
  return {
    fullnameOverride: mlflow.name,
    replicaCount: facts.replicas,
    server: {
      value_options: {
        port: mlflow.portNumber,
        workers: facts.workers,
        ...(facts.url === undefined
          ? {}
          : { allowed_hosts: new URL(facts.url).host, cors_allowed_origins: new URL(facts.url).origin }),
      },
    },
    mlflow: { backendStoreUriFrom: { secretKeyRef: { name: mlflow.databaseSecret, key: "MLFLOW_BACKEND_STORE_URI" } } },
    auth: {
      secretName: mlflow.serverSecret,
      databaseSecretName: mlflow.databaseSecret,
      ...(facts.tokens ? { tokenSecretName: mlflow.tokenSecret } : {}),
      machines: Object.entries(machines)
        .map(([name, role]) => ({ name, role, secretName: machineSecret(name) }))
        .sort((a, b) => (a.name < b.name ? -1 : 1)),
      gated: gatedValues(facts.gated, facts.people),
      ...(facts.people ? peopleValues(facts.people).auth : {}),
    },
    signIn: facts.people
      ? {
          enabled: true,
          port: mlflow.signInPortNumber,
          secretName: mlflow.signInSecret,
          args: peopleValues(facts.people).args,
        }
      : { enabled: false },
    networkPolicy: {
      clientNamespaces: [...facts.clientNamespaces].sort(),
      anyClient: facts.url !== undefined && facts.people === undefined,
      databasePort: facts.databasePort,
      ...(beside.length === 0 ? {} : { additionalEgressRules: [{ ports: beside.map((port) => ({ port })) }] }),
    },
    metrics: { enabled: facts.monitored },
    serviceMonitor: facts.monitored
      ? { enabled: true, basicAuthSecretName: machineSecret(mlflow.scraper) }
      : { enabled: false },
    garbageCollection: garbageCollection
      ? {
          enabled: true,
          schedule: garbageCollection.schedule,
          olderThan: `${garbageCollection.olderThanDays}d`,
          credentialsSecretName: machineSecret(mlflow.collector),
        }
      : { enabled: false },
    envFrom: [
      { configMapRef: { name: mlflow.storeConfigMap } },
      ...(facts.storePort === undefined ? [] : [{ secretRef: { name: mlflow.storeSecret } }]),
    ],
    serviceAccount: { create: true, name: mlflow.name },
    temporaryStorage: { sizeLimit: `${Math.max(1024, uploadsAtATime * facts.maxUploadMiB)}Mi` },
    resources: { requests: { cpu: facts.cpu, memory }, limits: { memory } },
    nodeSelector: facts.nodeSelector,
    tolerations: facts.tolerations,
  };
}
