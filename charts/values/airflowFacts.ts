import type { Placement, SignIn, SignInProvider } from "../../components/contracts/app";
import type { AirflowDags } from "./airflowDags";

/** Secrets that pods read, by name. */
export interface AirflowSecretNames {
  /** `fernet-key`: encrypts connections and variables in the database. */
  fernetKey: string;
  /** `api-secret-key`: signs browser sessions. */
  apiSecretKey: string;
  /** `jwt-secret`: signs the tokens by which tasks and people call the API. */
  jwtSecret: string;
  /** `connection`: URL of the database. */
  metadata: string;
  /** `connection`: URL of Redis. Read with Celery only, yet named always: the chart makes one by a hook otherwise. */
  brokerUrl: string;
  /** `password` of Redis. */
  redisPassword: string;
  /** `password` of the first user, where nobody signs in. */
  admin: string;
  /** `client-id` and `client-secret`, where people sign in. */
  signIn: string;
  /** Every key is an environment variable of Airflow's pods. */
  environment: string;
  /** Every key is an environment variable of tasks. */
  tasks: string;
  /** The connection with which workers and the triggerer write task logs, where the store has keys. */
  taskLogs: string;
  /** The same for the API server, which only reads them. */
  taskLogsReading: string;
}

/** Environment variable that is Airflow's connection to the store of task logs. */
export const logConnectionVariable = "AIRFLOW_CONN_AWS_DEFAULT";

/** Where tasks run with the Kubernetes executor. */
export interface AirflowWorkers {
  /** Of their pods. */
  namespace: string;
  /** Of pods that their DAGs start besides. */
  dagPodNamespace: string;
  /** Python that the scheduler asks of each pod of a task before it makes it. */
  localSettings: string;
}

export interface AirflowServiceAccounts {
  apiServer: string;
  scheduler: string;
  dagProcessor: string;
  triggerer: string;
  worker: string;
  cleanup: string;
}

/** What the values depend on. */
export interface AirflowFacts {
  namespace: string;
  /** Repository with tag or digest; absent: the official image. */
  image?: string;
  executor: { kind: "kubernetes" } | { kind: "celery"; minWorkers: number; maxWorkers: number };
  workers: AirflowWorkers;
  /** Pods of each kind, at least 1. */
  schedulers: number;
  apiServers: number;
  /** What one task gets, or with Celery one worker. */
  workerCpu: string;
  workerMemoryMiB: number;
  dags: AirflowDags;
  /** ConfigMaps with DAGs of the platform itself; absent where there are none. */
  platformDags?: string[];
  secretNames: AirflowSecretNames;
  /** Environment variables that tasks alone have, from the Secret `tasks`. */
  taskVariables: string[];
  /** Whether the store of task logs has keys; without, pods reach it as their service account. */
  logKeys: boolean;
  /** ConfigMap whose keys are environment variables of Airflow's pods. */
  environmentConfigMap: string;
  /** Restarts every pod when it changes, which a changed Secret alone does not. */
  secretsRevision: string;
  /** Service accounts that have an identity of their own. */
  serviceAccounts: AirflowServiceAccounts;
  /** Where people reach it; absent where by port forwarding only. */
  url?: string;
  /** Absent: one user, `admin`, with a generated password. */
  signIn?: SignInProvider & { groups: SignIn["groups"] };
  placement: Placement;
  workerPlacement: Placement;
  /** Absent: the cluster's default class. */
  storageClass?: string;
}
