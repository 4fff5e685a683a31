import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { ownChart } from "../../../charts/own";
import {
  type MlflowChoices,
  type MlflowFacts,
  machineSecret,
  mlflow,
  mlflowValues,
} from "../../../charts/values/mlflow";
import type { AppSurroundings } from "../../contracts/app";
import type { Database, ObjectStore, WorkloadIdentity } from "../../contracts/foundation";
import { readWriteBelow } from "../../identity/policies/stores";
import { after, type Dependency } from "../../lib/dependencies";
import { merge } from "../../lib/merge";
import { type MlflowCredentials, MlflowSecrets } from "./secrets";
import { mlflowClosed, mlflowIngress } from "./traffic";

/** Folder of the artifacts' bucket in which MLflow keeps them. */
export const mlflowFolder = "mlflow/";

/** A piece of the platform that tracks runs or loads models. */
export interface MlflowClient {
  /**
   * `editor` logs runs and registers models, `viewer` only reads them, `controller` releases them. `people` has no password: its
   * pods act as whoever they belong to, by tokens that it signs with `tokenSeed`.
   */
  role: "controller" | "editor" | "viewer" | "people";
  /** Namespaces of its pods. */
  namespaces: readonly string[];
}

/** What the MLflow tracking server needs from the rest of the platform. */
export interface MlflowArgs extends AppSurroundings, MlflowChoices {
  /** Holds runs, models and accounts. The password never leaves the Secret made of it. */
  database: Database;
  /** Holds artifacts, below `mlflow/`. Only the server goes there: clients send and get artifacts through it. */
  artifacts: ObjectStore;
  identity: WorkloadIdentity;
  /** Models whose alias is moved by the release path alone. */
  gated: MlflowFacts["gated"];
  /** When and what of the deleted is removed for good; absent: nothing is. */
  garbageCollection?: { schedule: string; olderThanDays: number };
  /** By name: small letters, digits and hyphens, beginning with a letter. Of the role `people`, one at most. */
  clients: Record<string, MlflowClient>;
  /** From which metrics are read; comes with `monitors`. */
  monitoringNamespace?: string;
}

/** An MLflow tracking server: one namespace, one identity, the platform's own chart. */
export class Mlflow extends pulumi.ComponentResource {
  readonly namespace = mlflow.name;
  /** Tracking URI for clients inside the cluster. */
  readonly uri = `http://${mlflow.name}.${mlflow.name}.svc:${mlflow.portNumber}`;
  /** What network policies of clients must let through. */
  readonly portNumber = mlflow.portNumber;
  /** Where people reach it; inside the cluster's own network only, where there is no address. */
  readonly url: string;
  /** Secret with the `password` of user `admin`, whom the browser asks for; absent where people sign in. */
  readonly adminSecretName?: string;
  /** Depend on these to come after MLflow, and to be destroyed before it. */
  readonly ready: Dependency[];
  private readonly secrets: MlflowSecrets;

  /** @throws when a client cannot have its name. */
  constructor(name: string, args: MlflowArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:apps:Mlflow", name, {}, opts);
    refuse(Object.keys(args.clients));
    const child = { parent: this };
    const { address, signIn, monitors, artifacts } = args;
    const namespace = mlflow.name;
    const people =
      address && signIn
        ? { url: address.url, provider: signIn, clientId: signIn.clientId, groups: signIn.groups }
        : undefined;
    const tokens = clientsOf(args.clients, "people").length > 0;
    const own = Object.entries(args.clients).flatMap(([client, { role }]) =>
      role === "people" ? [] : [[client, role] as const],
    );
    const machines = [
      ...own.map(([client]) => client),
      ...(people ? [] : [mlflow.administrator]),
      ...(monitors ? [mlflow.scraper] : []),
      ...(args.garbageCollection ? [mlflow.collector] : []),
    ];

    const space = new k8s.core.v1.Namespace(
      name,
      { metadata: { name: namespace, labels: { "pod-security.kubernetes.io/enforce": "restricted" } } },
      { ...child, dependsOn: after(...args.ready) },
    );
    const inside = { ...child, dependsOn: [space] };
    const closed = mlflowClosed(`${name}-closed`, namespace, inside);
    this.secrets = new MlflowSecrets(
      `${name}-secrets`,
      {
        namespace,
        database: args.database,
        machines,
        tokens,
        keepData: args.keepData,
        signing: { by: clientsOf(args.clients, "controller"), checkedBy: clientsOf(args.clients, "viewer") },
        ...(artifacts.compatible ? { store: artifacts.compatible } : {}),
        ...(people && signIn ? { signIn } : {}),
      },
      inside,
    );
    // What only the cloud knows travels in an object the pods read; values stay literal, so the preview stays whole.
    const store = new k8s.core.v1.ConfigMap(
      `${name}-store`,
      {
        metadata: { name: mlflow.storeConfigMap, namespace },
        data: {
          MLFLOW_ARTIFACTS_DESTINATION: pulumi.interpolate`${artifacts.uri}/${mlflowFolder.replace(/\/$/, "")}`,
          ...(artifacts.compatible ? { MLFLOW_S3_ENDPOINT_URL: artifacts.compatible.endpoint } : {}),
        },
      },
      inside,
    );
    const granted = args.identity.grant(
      name,
      {
        namespace,
        serviceAccount: mlflow.name,
        statements: pulumi
          .all([artifacts.bucketArn, artifacts.keyArn])
          .apply(([bucketArn, keyArn]) => readWriteBelow({ bucketArn, keyArn }, mlflowFolder)),
      },
      child,
    );

    const values = mlflowValues({
      ...args,
      machines: Object.fromEntries(own),
      tokens,
      clientNamespaces: [
        ...new Set([
          ...Object.values(args.clients).flatMap((client) => client.namespaces),
          ...(args.monitoringNamespace === undefined ? [] : [args.monitoringNamespace]),
        ]),
      ],
      databasePort: args.database.portNumber,
      ...(artifacts.compatible ? { storePort: artifacts.compatible.portNumber } : {}),
      ...(address ? { url: address.url } : {}),
      ...(people ? { people } : {}),
      monitored: monitors !== undefined,
      ...args.placement,
    });
    const chart = new k8s.helm.v4.Chart(
      name,
      { ...ownChart("mlflow"), name: mlflow.name, namespace, values: merge(values, args.values) },
      {
        ...child,
        // Pods started before the grant run without credentials.
        dependsOn: after(closed, this.secrets, store, granted, ...args.database.ready, ...(monitors ?? [])),
      },
    );
    this.ready = [chart, chart.resources];
    if (address) {
      const ingress = mlflowIngress(
        `${name}-ingress`,
        { namespace, address, signIn: people !== undefined, maxUploadMiB: args.maxUploadMiB, after: this.ready },
        child,
      );
      this.ready.push(ingress);
    }
    this.url = address?.url ?? this.uri;
    if (!people) this.adminSecretName = machineSecret(mlflow.administrator);
    this.registerOutputs();
  }

  /** Public half of the key that records of versions are signed with, in hexadecimal. */
  get signingKey(): pulumi.Output<string> {
    return this.secrets.signingKey;
  }

  /** What the client of the role `people` signs its tokens with; secret. Absent where there is none. */
  get tokenSeed(): pulumi.Output<string> | undefined {
    return this.secrets.tokenSeed;
  }

  /**
   * Environment variables with which a client of MLflow signs in; secret. `uri` goes beside them as `MLFLOW_TRACKING_URI`.
   * @throws when it is none of `clients`.
   */
  credentials(client: string): MlflowCredentials {
    const found = this.secrets.credentials[client];
    if (found === undefined) {
      throw new Error(
        `MLflow knows no client "${client}", only ${Object.keys(this.secrets.credentials).join(", ") || "none"}: ` +
          "name it among the clients that MLflow is given.",
      );
    }
    return found;
  }
}

const clientsOf = (clients: Record<string, MlflowClient>, role: MlflowClient["role"]): string[] =>
  Object.keys(clients).filter((client) => clients[client]!.role === role);

function refuse(clients: string[]): void {
  const reserved: string[] = [mlflow.scraper, mlflow.collector, mlflow.administrator];
  for (const client of clients) {
    if (!/^[a-z][a-z0-9-]{0,39}$/.test(client) || reserved.includes(client)) {
      throw new Error(
        `MLflow cannot have a client named "${client}": allowed are up to 40 small letters, digits and hyphens, beginning ` +
          `with a letter, except ${reserved.join(", ")}.`,
      );
    }
  }
}
