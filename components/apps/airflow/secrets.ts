import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { type AirflowSecretNames, logConnectionVariable } from "../../../charts/values/airflowFacts";
import type { SignIn } from "../../contracts/app";
import type { Database, StoreKey } from "../../contracts/foundation";
import { dataProtection } from "../../foundation/data/protection";
import { after, type Dependency } from "../../lib/dependencies";

/** A store of task logs that speaks S3 but is not Amazon's, and the keys for it. */
export interface S3Access {
  endpointUrl: pulumi.Input<string>;
  region: string;
  /** Of those that write logs. */
  writing: StoreKey;
  /** Of the one that shows them. */
  reading: StoreKey;
}

/** Everything secret that Airflow's pods need. */
export interface AirflowSecretsArgs {
  namespace: string;
  database: Database;
  /** Absent: pods reach Amazon's S3 with the identity of their service account. */
  s3?: S3Access;
  signIn?: Pick<SignIn, "clientId" | "clientSecret">;
  celery: boolean;
  /** Where tasks run, and where pods that DAGs start do. */
  workerNamespace: string;
  dagPodNamespace: string;
  /** Secret environment variables of tasks, and of no other pod. */
  taskEnvironment: Record<string, pulumi.Input<string>>;
  keepData: boolean;
  /** The namespaces. */
  after: Dependency[];
}

export const airflowSecretNames: AirflowSecretNames = {
  fernetKey: "airflow-fernet-key",
  apiSecretKey: "airflow-api-secret-key",
  jwtSecret: "airflow-jwt-secret",
  metadata: "airflow-metadata",
  brokerUrl: "airflow-broker-url",
  redisPassword: "airflow-redis-password",
  admin: "airflow-admin",
  signIn: "airflow-sign-in",
  environment: "airflow-environment",
  tasks: "airflow-tasks",
  taskLogs: "airflow-task-logs",
  taskLogsReading: "airflow-task-logs-reading",
};

/** The connection with which a pod reaches Amazon's S3 as its service account. */
export const withRole = "aws://";

/** Of the Redis the chart makes. */
const redisAddress = "airflow-redis:6379/0";

/**
 * Secrets of Airflow, generated once. Without the Fernet key nobody can read the connections in the database any more, so it
 * outlives the stack where data does; the others only end sessions when they change.
 */
export class AirflowSecrets extends pulumi.ComponentResource {
  /** Depend on these before any pod. */
  readonly ready: pulumi.Resource[];

  constructor(name: string, args: AirflowSecretsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:apps:AirflowSecrets", name, {}, opts);
    const child = { parent: this };
    const { database, s3 } = args;
    const secret = (
      role: keyof AirflowSecretNames,
      stringData: Record<string, pulumi.Input<string>>,
      { kept = false, namespace = args.namespace } = {},
    ) =>
      new k8s.core.v1.Secret(
        namespace === args.namespace ? `${name}-${role}` : `${name}-${role}-${namespace}`,
        { metadata: { name: airflowSecretNames[role], namespace }, stringData },
        { ...child, dependsOn: after(...args.after), ...(kept ? dataProtection(args.keepData).options : {}) },
      );
    const generated = (role: keyof AirflowSecretNames) =>
      new random.RandomPassword(`${name}-${role}`, { length: 64, special: false }, child).result;

    const fernetKey = new random.RandomBytes(
      `${name}-fernetKey`,
      { length: 32 },
      { ...child, ...dataProtection(args.keepData).options },
    );
    const redisPassword = args.celery ? generated("redisPassword") : undefined;
    const url = (driver: string, query: string) =>
      pulumi.interpolate`postgresql+${driver}://${database.userName}:${database.password.apply(encodeURIComponent)}@${database.host}:${database.portNumber}/${database.databaseName}?${query}`;

    this.ready = [
      secret("fernetKey", { "fernet-key": fernetKey.base64.apply(urlSafe) }, { kept: true }),
      secret("apiSecretKey", { "api-secret-key": generated("apiSecretKey") }),
      secret("jwtSecret", { "jwt-secret": generated("jwtSecret") }),
      secret("metadata", { connection: url("psycopg2", "sslmode=require") }),
      secret("environment", {
        // The second driver, which the API server uses too, knows the same option by another name.
        AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC: url("asyncpg", "ssl=require"),
        ...(s3 === undefined ? { [logConnectionVariable]: withRole } : {}),
      }),
      ...(Object.keys(args.taskEnvironment).length > 0
        ? [args.workerNamespace, args.dagPodNamespace].map((namespace) =>
            secret("tasks", args.taskEnvironment, { namespace }),
          )
        : []),
      ...(s3 === undefined
        ? []
        : [
            ...[...new Set([args.namespace, args.workerNamespace])].map((namespace) =>
              secret("taskLogs", { [logConnectionVariable]: awsConnection(s3, s3.writing) }, { namespace }),
            ),
            secret("taskLogsReading", { [logConnectionVariable]: awsConnection(s3, s3.reading) }),
          ]),
      ...(redisPassword === undefined
        ? []
        : [
            secret("redisPassword", { password: redisPassword }),
            secret("brokerUrl", { connection: pulumi.interpolate`redis://:${redisPassword}@${redisAddress}` }),
          ]),
      args.signIn === undefined
        ? secret("admin", { password: generated("admin") })
        : secret("signIn", { "client-id": args.signIn.clientId, "client-secret": args.signIn.clientSecret }),
    ];
    this.registerOutputs();
  }
}

/** The alphabet of Fernet keys. https://github.com/fernet/spec/blob/master/Spec.md#key-format */
function urlSafe(base64: string): string {
  return base64.replaceAll("+", "-").replaceAll("/", "_");
}

/** Airflow's connection to the object store. https://airflow.apache.org/docs/apache-airflow-providers-amazon/stable/connections/aws.html */
function awsConnection({ endpointUrl, region }: S3Access, key: StoreKey): pulumi.Output<string> {
  return pulumi.jsonStringify({
    conn_type: "aws",
    login: key.accessKeyId,
    password: key.secretAccessKey,
    extra: { endpoint_url: endpointUrl, region_name: region },
  });
}
