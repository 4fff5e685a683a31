import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { cloudNativePgNamespace, cloudNativePgValues } from "../../../charts/values/cloudNativePg";
import type { Placement } from "../../contracts/app";
import type { Database } from "../../contracts/foundation";
import { after, type Dependency } from "../../lib/dependencies";
import { monitoringNamespace } from "../../lib/monitoringNames";
import { urlPort } from "../../lib/urlPort";
import type { RestoredServer } from "../../settings/restoredServer";
import type { DataProtection } from "../data/protection";
import { Operator } from "./operator";
import { originAnnotation, originOf, recoverySpec } from "./restoredServer";
import { backupSpec, folderOfServer, type ServerBackup, scheduledBackup } from "./serverBackup";
import { dns, platformNamespace } from "./space";
import { UserPassword } from "./userPassword";

/** PostgreSQL in the cluster. */
export interface CreatedDatabasesArgs {
  /** Apps; each gets a database and a user by its own name. */
  apps: string[];
  /** Pods, 1 to 9; the first is the primary. */
  instances: number;
  /** Volume of each instance. */
  storageGiB: number;
  storageClass?: string;
  placement: Placement;
  protection: DataProtection;
  /** TCP ports by which policies know the API server. */
  apiServerPorts: number[];
  /** API groups whose custom resources the cluster knows already. */
  definedGroups: readonly string[];
  /** Absent where it is not backed up. */
  backup?: ServerBackup;
  /** What the server is made of where it is not there yet, with `backup` alone. Absent: nothing. */
  restoreFrom?: RestoredServer;
  /** The namespace. */
  ready: Dependency[];
}

/**
 * Images of one version: the second has Barman Cloud too, which writes backups.
 * @see https://github.com/cloudnative-pg/postgres-containers
 */
const images = {
  plain: "ghcr.io/cloudnative-pg/postgresql:17.6-standard-trixie",
  backedUp: "ghcr.io/cloudnative-pg/postgresql:17.6-system-trixie",
};
const group = "postgresql.cnpg.io/v1";
/** Name of the server. */
export const databaseServer = "database";
/** How long a server may take that is made of a backup; another has the provider's ten minutes. */
const restoreMinutes = 240;
const cluster = databaseServer;
const portNumber = 5432;
/** Where the operator asks its instances how they are. */
const statusPort = 8000;
/** By which its pods are found, and where they tell their metrics: https://cloudnative-pg.io/documentation/current/monitoring/ */
export const databasePods = { labels: { "cnpg.io/cluster": cluster }, metricsPortNumber: 9187 };

/** A PostgreSQL server kept by CloudNativePG, with a database and a user for each app. */
export class CreatedDatabases extends pulumi.ComponentResource {
  readonly host = pulumi.output(`${cluster}-rw.${platformNamespace}.svc`);
  readonly databases: Record<string, Database>;

  constructor(name: string, args: CreatedDatabasesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:foundation:CreatedDatabases", name, {}, opts);
    const child = { parent: this };
    const { apps, placement, protection } = args;
    const operator = new Operator(
      `${name}-operator`,
      {
        chart: "cloudnative-pg",
        namespace: cloudNativePgNamespace,
        webhookPortNumber: 9443,
        values: cloudNativePgValues({ ...placement, defined: args.definedGroups.includes("postgresql.cnpg.io") }),
      },
      child,
    );
    const passwords = apps.map(
      (app) =>
        new UserPassword(
          `${name}-${app}`,
          { userName: app, verifier: false },
          { ...child, dependsOn: after(...args.ready) },
        ),
    );
    const stores = args.backup === undefined ? [] : [urlPort(args.backup.store.endpoint)];
    const traffic = databaseTraffic(`${name}-traffic`, [...args.apiServerPorts, ...stores], {
      ...child,
      dependsOn: after(...args.ready),
    });
    const server = new k8s.apiextensions.CustomResource(
      name,
      {
        apiVersion: group,
        kind: "Cluster",
        metadata: {
          name: cluster,
          namespace: platformNamespace,
          annotations: { "pulumi.com/waitFor": "condition=Ready", ...originOfServer(args) },
        },
        spec: { ...serverSpec(args), ...backupOfServer(`${name}-backup`, args, child) },
      },
      {
        ...child,
        ...protection.options,
        dependsOn: after(...operator.ready, ...passwords, traffic),
        // A backup is copied, and all that was written since is done again: that takes longer than an empty server does.
        ...(args.restoreFrom === undefined ? {} : { customTimeouts: { create: `${restoreMinutes}m` } }),
      },
    );
    if (args.backup !== undefined) {
      scheduledBackup(`${name}-backup`, cluster, args.backup, { ...child, dependsOn: after(server) });
    }
    this.databases = Object.fromEntries(
      apps.map((app, index) => {
        const database = new k8s.apiextensions.CustomResource(
          `${name}-${app}`,
          {
            apiVersion: group,
            kind: "Database",
            metadata: {
              name: app,
              namespace: platformNamespace,
              annotations: { "pulumi.com/waitFor": "jsonpath={.status.applied}=true" },
            },
            spec: {
              name: app,
              owner: app,
              cluster: { name: cluster },
              databaseReclaimPolicy: protection.keep ? "retain" : "delete",
            },
          },
          { ...child, ...protection.options, dependsOn: after(server, ...operator.ready) },
        );
        const facts: Database = {
          host: this.host,
          portNumber,
          databaseName: app,
          userName: app,
          password: passwords[index]!.value,
          ready: [database, traffic],
        };
        return [app, facts];
      }),
    );
    this.registerOutputs();
  }
}

function originOfServer({ restoreFrom }: CreatedDatabasesArgs): Record<string, string> {
  return restoreFrom === undefined ? {} : { [originAnnotation]: originOf(restoreFrom) };
}

/** Where it is backed up to, and what it is made of. */
function backupOfServer(
  name: string,
  { backup, restoreFrom }: CreatedDatabasesArgs,
  opts: pulumi.CustomResourceOptions,
): object {
  if (backup === undefined) return {};
  const origin = restoreFrom && originOf(restoreFrom);
  return {
    backup: backupSpec(backup, folderOfServer(name, cluster, origin, opts)),
    ...(restoreFrom === undefined ? {} : recoverySpec(restoreFrom, backup)),
  };
}

/** @see https://cloudnative-pg.io/documentation/current/cloudnative-pg.v1/ */
function serverSpec({ apps, instances, storageGiB, storageClass, placement, backup }: CreatedDatabasesArgs) {
  return {
    instances,
    imageName: backup === undefined ? images.plain : images.backedUp,
    storage: { size: `${storageGiB}Gi`, ...(storageClass === undefined ? {} : { storageClass }) },
    enableSuperuserAccess: false,
    enablePDB: instances > 1, // With one instance it would keep its node from ever being drained.
    managed: {
      roles: apps.map((app) => ({
        name: app,
        ensure: "present",
        login: true,
        passwordSecret: { name: `database-${app}` },
      })),
    },
    postgresql: {
      parameters: { max_connections: "200" },
      // Every user gets into the database of its own name and into no other, and only through TLS.
      pg_hba: ["hostssl sameuser all all scram-sha-256", "host all all all reject"],
    },
    affinity: stated(placement),
    resources: { requests: { cpu: "250m", memory: "512Mi" }, limits: { memory: "1Gi" } },
  };
}

/** Without what is empty: the operator takes an empty list for another than none at all, and starts each instance anew for ever. */
function stated({ nodeSelector, tolerations }: Placement): Partial<Placement> {
  return {
    ...(Object.keys(nodeSelector).length > 0 ? { nodeSelector } : {}),
    ...(tolerations.length > 0 ? { tolerations } : {}),
  };
}

/** Anyone may knock, since PostgreSQL asks who they are; metrics are for who monitors; instances reach each other, the cluster's API and the store of backups. */
function databaseTraffic(
  name: string,
  outsidePorts: number[],
  opts: pulumi.CustomResourceOptions,
): k8s.networking.v1.NetworkPolicy {
  const pods = { matchLabels: databasePods.labels };
  const ports = (...numbers: number[]) => numbers.map((port) => ({ port, protocol: "TCP" }));
  const inNamespace = (namespace: string) => ({
    namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } },
  });
  return new k8s.networking.v1.NetworkPolicy(
    name,
    {
      metadata: { name: "database", namespace: platformNamespace },
      spec: {
        podSelector: pods,
        policyTypes: ["Ingress", "Egress"],
        ingress: [
          { from: [{ namespaceSelector: {} }], ports: ports(portNumber) },
          { from: [inNamespace(monitoringNamespace)], ports: ports(databasePods.metricsPortNumber) },
          { from: [inNamespace(cloudNativePgNamespace), { podSelector: pods }], ports: ports(portNumber, statusPort) },
        ],
        egress: [
          dns,
          { to: [{ podSelector: pods }], ports: ports(portNumber, statusPort) },
          // The API server and the store of backups, at whatever addresses they have.
          { ports: ports(...new Set(outsidePorts)) },
        ],
      },
    },
    opts,
  );
}
